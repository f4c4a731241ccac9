"""Pages of one document's lines: whole customers as long as they fit, so that lines stand by their subtotal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

LINES: Final = 200


class CustomerGroup(NamedTuple):
    """The lines of one end customer in a document: how many there are, and their sum."""

    customer: str
    name: str | None
    lines: int
    net: Decimal


class Part(NamedTuple):
    """`size` lines of a customer from the `first` on (from 1), that stand on one page."""

    group: CustomerGroup
    first: int
    size: int

    @property
    def last(self) -> int:
        return self.first + self.size - 1

    @property
    def is_whole(self) -> bool:
        return self.size == self.group.lines


class LinesPage(NamedTuple):
    """One page: its parts, and how many lines of the document stand before it."""

    parts: tuple[Part, ...]
    offset: int

    @property
    def lines(self) -> int:
        return sum(part.size for part in self.parts)


def pages_of(groups: Sequence[CustomerGroup], most: int = LINES) -> list[LinesPage]:
    """The pages of a document with at most `most` lines each; a customer that has more is spread over several."""
    pages: list[LinesPage] = []
    offset, waiting, taken = 0, list[Part](), 0
    for part in _parts(groups, most):
        if waiting and taken + part.size > most:
            pages.append(LinesPage(tuple(waiting), offset))
            offset, waiting, taken = offset + taken, [], 0
        waiting.append(part)
        taken += part.size
    if waiting:
        pages.append(LinesPage(tuple(waiting), offset))
    return pages


def page_with(pages: Sequence[LinesPage], customer: str) -> int | None:
    """The number, from 1 on, of the first page with lines of a customer; None where it has none."""
    found = (number for number, page in enumerate(pages, 1) if any(p.group.customer == customer for p in page.parts))
    return next(found, None)


def _parts(groups: Sequence[CustomerGroup], most: int) -> Iterator[Part]:
    for group in groups:
        for first in range(1, group.lines + 1, most):
            yield Part(group, first, min(most, group.lines - first + 1))
