"""Lists that come in pages by offset, of which neither the totals nor the limits can be relied on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from services.reconciliation.vendors.connector import NotReached
from services.reconciliation.vendors.watchguard.answers import Record, field, whole

# As many pages that cannot be read, one after another, are a vendor that is away.
MOST_BROKEN: Final = 3
# A vendor that gives other rows whatever it is asked for would never come to an end.
MOST_PAGES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer holds. `total` is what it says of the whole list, None where it does not."""

    rows: Sequence[JsonValue]
    total: int | None


def page_of(answer: JsonValue, rows: str, doing: str) -> Page:
    """The page of an answer, totals beside the rows or in pageControls or pagination. Raises NotReached for no page."""
    if isinstance(answer, list):
        return Page(answer, None)
    found = field(answer, rows) if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not isinstance(found, list):
        raise NotReached(f"Could not {doing}: WatchGuard's answer has no list {rows!r}; try again later")
    controls = field(answer, "pageControls", "pagination")
    inside: Record = controls if isinstance(controls, dict) else {}
    total = whole(field(answer, "totalItems", "total_items"))
    return Page(found, total if total is not None else whole(field(inside, "totalItems", "totalResults")))


async def all_pages(
    read: Callable[[int], Awaitable[Page]], size: int, *, past_broken: bool = False
) -> AsyncIterator[Page]:
    """Every page, from `read(offset)` on; `size` is how many rows are asked for.

    It ends at an empty page, at one that repeats the page before it, and at a short one that reaches the total; without
    a total only at an empty one, since the vendor may give fewer rows than it was asked for. With `past_broken` a page
    that is not reached is left out, the others come, and NotReached at the end says which is missing.
    """
    offset, step, total = 0, size, None
    before: Sequence[JsonValue] = ()
    missing: list[str] = []
    broken: NotReached | None = None
    asked = in_a_row = 0
    while broken is None or total is None or offset < total:
        if (asked := asked + 1) > MOST_PAGES:
            raise NotReached(f"WatchGuard's list has not ended after {MOST_PAGES} pages; try again later")
        try:
            page = await read(offset)
        except NotReached as error:
            in_a_row += 1
            if not past_broken or in_a_row == MOST_BROKEN:
                raise
            broken = error
            missing.append(f"{offset + 1} to {offset + step}")
            offset += step
            continue
        if not page.rows or page.rows == before:
            break
        yield page
        before, step, in_a_row = page.rows, len(page.rows), 0
        offset += step
        total = page.total if page.total is not None else total
        if total is not None and offset >= total and step < size:
            break
    if broken is not None:
        raise NotReached(f"All but {' and '.join(missing)} were read, counted from 1. {broken}")
