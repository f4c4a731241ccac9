"""One end customer among those of a document, who may be thousands: a page shows a few and finds the others. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

MOST: Final = 20


class Sought(NamedTuple):
    """What was searched for, and how many customers fit: the `first` of them by id and name.

    `one` is the id of whom it can only be: whose id it is, or the only one that fits.
    """

    text: str
    first: Sequence[tuple[str, str | None]]
    total: int
    one: str | None = None

    @property
    def is_all(self) -> bool:
        return 0 < self.total == len(self.first)


def sought(customers: Iterable[tuple[str, str | None]], text: str) -> Sought:
    """Those whose id or name has the text in it, without regard to case; without a text all of them fit."""
    plain = text.strip().lower()
    fitting = [one for one in customers if any(plain in part.lower() for part in one if part is not None)]
    found = Sought(text.strip(), fitting[:MOST], len(fitting))
    if not plain:
        return found
    exact = [customer for customer, _ in fitting if customer.lower() == plain]
    only = exact or [customer for customer, _ in fitting]
    return found._replace(one=only[0] if len(only) == 1 else None)
