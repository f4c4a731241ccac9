"""Pages by offset, of a vendor that says and gives what it likes."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.vendors.connector import NotReached
from services.reconciliation.vendors.watchguard import paging
from services.reconciliation.vendors.watchguard.paging import MOST_BROKEN, Page, all_pages


def rows(
    count: int, size: int, at_most: int, total: int | None, broken: frozenset[int] = frozenset()
) -> tuple[list[int], str | None]:
    """The rows that come out of a list of `count`, and what is said at the end."""

    async def read(offset: int) -> Page:
        if offset in broken:
            raise NotReached("a page that is broken")
        return Page(list(range(offset, min(offset + min(size, at_most), count))), total)

    async def scenario() -> tuple[list[int], str | None]:
        found: list[int] = []
        try:
            async for page in all_pages(read, size, past_broken=True):
                found += [row for row in page.rows if isinstance(row, int)]
        except NotReached as error:
            return found, str(error)
        return found, None

    return asyncio.run(scenario())


@given(count=st.integers(0, 60), size=st.integers(1, 20), at_most=st.integers(1, 20), says=st.integers(0, 2))
def test_every_row_comes_once(count: int, size: int, at_most: int, says: int) -> None:
    total = {0: None, 1: count, 2: count + 7}[says]
    assert rows(count, size, at_most, total) == (list(range(count)), None)


@given(count=st.integers(1, 60), size=st.integers(1, 20), broken=st.integers(0, 60), told=st.booleans())
def test_a_broken_page_costs_its_own_rows_only(count: int, size: int, broken: int, told: bool) -> None:
    offset = broken // size * size
    found, said = rows(count, size, size, count if told else None, frozenset({offset}))
    assert found == [row for row in range(count) if not offset <= row < offset + size]
    if offset < count:
        assert said is not None
        assert said.startswith(f"All but {offset + 1} to {offset + size} were read")


def test_a_list_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST_PAGES", 7)
    found, said = rows(10**9, 10, 10, None)
    assert (len(found), said) == (70, "WatchGuard's list has not ended after 7 pages; try again later")


def test_a_list_of_broken_pages_ends() -> None:
    asked = frozenset(range(0, 1000, 10))
    found, said = rows(1000, 10, 10, None, asked)
    assert (found, said) == ([], "a page that is broken")
    assert len(asked) > MOST_BROKEN
