"""Paging by the key of the last row: a page costs the same wherever it stands, and new rows shift nothing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel, Field

from shared.web.errors import BadRequest

MOST = 1000

Limit = Annotated[int, Query(ge=1, le=MOST, description="how many at most")]
Cursor = Annotated[str | None, Query(description="`next` of the page before; none: the first page")]
T = TypeVar("T", bound=BaseModel)


class Page(BaseModel, Generic[T]):
    """Some rows in the order of their key. `next` is the cursor of the page after; null on the last one."""

    items: list[T]
    next: str | None = Field(description="give it as `cursor` for what follows; null: there is no more")


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], Sequence[str]]) -> Page[T]:
    """A page out of at most `limit` + 1 rows that were read: the one too many says that more follow."""
    items = list(rows[:limit])
    more = len(rows) > limit
    return Page(items=items, next=cursor_of(key(items[-1])) if more else None)


def cursor_of(key: Sequence[str]) -> str:
    """The cursor after a row with this key. Opaque to clients: what is inside may change."""
    return base64.urlsafe_b64encode(orjson.dumps(list(key))).decode().rstrip("=")


def key_of(cursor: str | None, first: Sequence[str]) -> list[str]:
    """The key in a cursor, or `first` (which sorts before all) without one. Raises BadRequest for another's cursor."""
    if cursor is None:
        return list(first)
    try:
        key = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        key = None
    if not isinstance(key, list) or len(key) != len(first) or not all(isinstance(part, str) for part in key):
        raise BadRequest(f"cursor: {cursor!r} is none of this list; give `next` of the page before")
    return key
