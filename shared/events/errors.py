"""Why an event cannot be read, in one sentence: where, what, what to do.

Pydantic says what it found; people who mend an upstream system need where it stands, what was there and what belongs
there. `sentence_of` turns the first into the second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from shared.events.envelope import CloudEvent

_SHOWN = 60


class Unreadable(Exception):
    """The record can never be read as it is: a dead letter, or a problem of the file it stands in.

    `where` is the field ("data.items[0].quantity"), `what` the rest of the sentence, `more` how many further
    things are wrong with the same event.
    """

    def __init__(self, where: str, what: str, more: int = 0) -> None:
        self.where = where
        self.what = what + (f" (and {more} more {'problem' if more == 1 else 'problems'})" if more else "")
        super().__init__(self.reason)

    @property
    def reason(self) -> str:
        """The whole sentence, as it is stored with a dead letter."""
        return f"{self.where}: {self.what}"


class UnknownVersion(Exception):
    """The event was written by a newer release: its record is kept until one comes that reads it.

    Its subject stands still meanwhile. Where it names none nobody knows what would have to: its dead letter says so.
    """

    def __init__(self, event: CloudEvent, newest_known: int) -> None:
        self.event = event
        self.newest_known = newest_known
        super().__init__(self.reason)

    @property
    def reason(self) -> str:
        return (
            f"dataschema: version {self.event.version} of {self.event.type} is newer than the newest known here, "
            f"{self.newest_known}; install a release that knows it, then retry"
        )

    @property
    def reason_of_letter(self) -> str:
        """The same, as it is stored with the dead letter."""
        return self.reason if self.event.subject else f"{self.reason}. It names no subject, so nothing waits for it"


def shown(value: object) -> str:
    """The value as it stood in the JSON, shortened: what was got, in a sentence."""
    try:
        text = orjson.dumps(value).decode()
    except (TypeError, ValueError):
        # Half a surrogate pair, which Python's own JSON lets through, can stand in no sentence.
        text = str(value).encode(errors="replace").decode()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def got(value: object, advice: str) -> str:
    """The usual second half of a sentence."""
    return f"got {shown(value)}; {advice}"


def path_of(location: Sequence[str | int], root: str = "data") -> str:
    """("items", 0, "quantity") gives "data.items[0].quantity"."""
    return root + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)


def unreadable_of(error: ValidationError) -> Unreadable:
    """The first thing wrong with an event's data, and how many more there are."""
    details = _apart(error.errors(include_url=False))
    first = details[0]
    return Unreadable(path_of(first["loc"]), what_of(first), len(details) - 1)


def _apart(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without what is said of a list only because items of it are wrong: that it has too few good ones."""
    places = [detail["loc"] for detail in details]
    return [
        detail
        for detail in details
        if detail["type"] != "too_short"
        or not any(place[: len(detail["loc"])] == detail["loc"] != place for place in places)
    ]


def what_of(detail: ErrorDetails) -> str:
    """What is wrong with one value, and what to give instead: the sentence after its place."""
    context: Mapping[str, object] = detail.get("ctx", {})
    kind, value = detail["type"], detail["input"]
    if kind == "value_error":  # raised by `values`, which writes whole sentences
        return str(context["error"])
    if kind in _WITHOUT_VALUE:
        return _WITHOUT_VALUE[kind](context)
    if kind in _WHOLE and isinstance(value, float) and value.is_integer():
        # As a float 5.0 and a number of 31 digits look alike to who asks for a whole one.
        plainly = " of fewer digits" if abs(value) >= _EXACT else f", as {value:.0f}"
        return got(value, f"give a whole number{plainly}")
    if kind in _ADVICE:
        return got(value, _ADVICE[kind](context))
    return got(value, detail["msg"][:1].lower() + detail["msg"][1:])


_WITHOUT_VALUE: dict[str, Callable[[Mapping[str, object]], str]] = {
    "missing": lambda _: "is missing; add it",
    "extra_forbidden": lambda _: "is not known here; leave it out, or mend its name",
    "json_invalid": lambda c: f"is not JSON ({c['error']}); give a JSON object",
    "too_short": lambda c: f"is too short; give at least {c['min_length']}",
    "too_long": lambda c: f"is too long; give at most {c['max_length']}",
    "union_tag_invalid": lambda c: f"is a {c['tag']!r}, which is not known here; give {c['expected_tags']}",
    "string_too_short": lambda _: "is empty; give a text",
    "string_too_long": lambda c: f"is too long; give at most {c['max_length']} characters",
    "string_unicode": lambda _: "holds characters that are not Unicode; give plain text",
}

# Floats from here on are not exact, nor what a count can be.
_EXACT = 2.0**53
_WHOLE = frozenset({"int_type", "int_from_float"})
_ADVICE: dict[str, Callable[[Mapping[str, object]], str]] = {
    "int_type": lambda _: "give a whole number",
    "int_parsing": lambda _: "give a whole number",
    "bool_parsing": lambda _: "give true or false",
    "int_from_float": lambda _: "give a whole number",
    "greater_than": lambda c: f"give a whole number greater than {c['gt']}",
    "greater_than_equal": lambda c: f"give a whole number of {c['ge']} or more",
    "less_than_equal": lambda c: f"give a whole number of at most {c['le']}",
    "string_type": lambda _: "give a text in quotes",
    "string_pattern_mismatch": lambda _: "give a text without control characters",
    "bool_type": lambda _: "give true or false",
    "literal_error": lambda c: f"give {c['expected']}",
    "model_type": lambda _: "give an object with named fields",
    "model_attributes_type": lambda _: "give an object with named fields",
    "tuple_type": lambda _: "give a list",
}
