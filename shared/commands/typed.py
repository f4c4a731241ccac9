"""How the fields of a command were typed on the command line, so that a sentence names what a person typed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# The one item that an order has when its fields are options.
_ITEM = "items[0]."


@dataclass(frozen=True, slots=True)
class Typed:
    """`names`: the option or argument of a field that has another name: {"effective_from": "--from", "key": "KEY"}.

    A field that is not there is the option of its own name: unit_price is --unit-price.
    """

    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, place: str) -> str:
        """What was typed for a place in the body: items[0].unit_price is --unit-price, pricing[0].rate is --rule."""
        place = place.removeprefix(_ITEM)
        head = re.split(r"[.\[]", place)[0]
        return self.names.get(place) or self.names.get(head) or f"--{head.replace('_', '-')}"

    def sentence(self, text: str, fields: Iterable[str]) -> str:
        """A sentence of the rules, which names fields of the API, with the options instead.

        Only names that no word of a sentence is, as unit_price: what is quoted, or a part of something, stays.
        """
        named = sorted(name for name in {*fields, *self.names} if "_" in name and name.isidentifier())
        if not named:
            return text
        return re.sub(rf"(?<![\w.'\"-])({'|'.join(named)})(?![\w'\"-])", lambda found: self.name(found[0]), text)
