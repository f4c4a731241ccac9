"""Paging: every row once, whatever the size of a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from shared.web.errors import BadRequest
from shared.web.paging import cursor_of, key_of, page_of


class Row(BaseModel):
    name: str


@given(st.sets(st.text(min_size=1, max_size=5), max_size=20), st.integers(1, 7))
def test_pages_give_every_row_once_in_order(names: set[str], limit: int) -> None:
    rows = sorted(names)
    seen: list[str] = []
    cursor = None
    for _ in range(len(rows) + 1):
        (after,) = key_of(cursor, [""])
        page = page_of([Row(name=n) for n in rows if n > after][: limit + 1], limit, lambda row: [row.name])
        seen += [row.name for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert (seen, cursor) == (rows, None)


@pytest.mark.parametrize("cursor", ["", "x", "é", "bnVsbA", cursor_of(["a", "b"]), "WzFd"])
def test_a_cursor_of_another_list_is_refused_with_a_sentence(cursor: str) -> None:
    with pytest.raises(BadRequest, match=r"cursor: .* is none of this list"):
        key_of(cursor, [""])
