"""Lists: searched, filtered, sorted and paged by what stands in the address, so that each view of one has a link."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, LiteralString, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request
from psycopg import AsyncConnection, sql
from psycopg.rows import class_row

from shared.web.errors import BadRequest

ROWS: Final = 50
# Rows that an export reads and writes at a time.
AT_ONCE: Final = 1_000
_LAST_PAGE = 1_000_000
T = TypeVar("T")

Sort = Annotated[str | None, Query(max_length=50, description="a column; with - before it the other way round")]
PageNumber = Annotated[int, Query(alias="page", ge=1, le=_LAST_PAGE)]


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """One page of a list. `sort` is the column that it is sorted by, `descending` which way; `total` of all pages."""

    rows: Sequence[T]
    total: int
    page: int
    sort: str
    descending: bool

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // ROWS))

    @property
    def first(self) -> int:
        """The place of its first row among all, from 1 on."""
        return (self.page - 1) * ROWS + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


@dataclass(frozen=True, slots=True)
class Lister(Generic[T]):
    """A list: `rows` selects what is wanted with `{order}` where its order goes, `count` counts the same.

    `columns` are what it may be sorted by; `key` is the unique one, which settles what sorts alike.
    """

    model: type[T]
    rows: LiteralString
    count: LiteralString
    columns: Sequence[str]
    key: Sequence[str]
    default: str

    async def page(
        self, connection: AsyncConnection, wanted: Mapping[str, Any], sort: str | None, page: int
    ) -> Listed[T]:
        """One page, and how many rows there are. Raises BadRequest for a column that it cannot be sorted by."""
        column, descending = self.sorted_by(sort)
        # Planned anew each time: which filters there are makes another plan of it.
        row = await (await connection.execute(self.count, wanted, prepare=False)).fetchone()
        total = 0 if row is None else row[0]
        page = min(page, max(1, -(-total // ROWS)))
        where = {**wanted, "limit": ROWS, "offset": (page - 1) * ROWS}
        async with connection.cursor(row_factory=class_row(self.model)) as cursor:
            found = await (await cursor.execute(self._query(column, descending), where, prepare=False)).fetchall()
        return Listed(found, total, page, column, descending)

    async def everything(
        self, connection: AsyncConnection, wanted: Mapping[str, Any], sort: str | None, most: int
    ) -> AsyncIterator[list[T]]:
        """The first `most` rows of all, some at a time, for an export."""
        query = self._query(*self.sorted_by(sort))
        async with (
            connection.transaction(),
            connection.cursor(name="everything", row_factory=class_row(self.model)) as cursor,
        ):
            await cursor.execute(query, {**wanted, "limit": most, "offset": 0})
            while rows := await cursor.fetchmany(AT_ONCE):
                yield rows

    def _query(self, column: str, descending: bool) -> sql.Composed:
        return sql.SQL(self.rows).format(order=self._order(column, descending))

    def sorted_by(self, sort: str | None) -> tuple[str, bool]:
        """The column, and whether the other way round."""
        wanted = sort or self.default
        column = wanted.removeprefix("-")
        if column not in self.columns:
            raise BadRequest(f"sort: {column!r} is no column here; there are {', '.join(self.columns)}")
        return column, wanted.startswith("-")

    def _order(self, column: str, descending: bool) -> sql.Composed:
        # As an index has it, either way: what has nothing there comes last, and first the other way round.
        way = sql.SQL(" DESC" if descending else " ASC")
        keys = [sql.Identifier(key) + way for key in self.key if key != column]
        return sql.SQL(", ").join([sql.Identifier(column) + way, *keys])


def address(request: Request, **changed: object) -> str:
    """The address of this list with something changed; None takes a part away. Another filter begins at page 1."""
    parts = {name: value for name, value in request.query_params.items() if value and name not in changed}
    if "page" not in changed:
        parts.pop("page", None)
    parts |= {name: str(value) for name, value in changed.items() if value is not None}
    return f"{request.url.path}?{urlencode(parts)}" if parts else request.url.path


def sorting(request: Request, listed: Listed[Any], column: str) -> str:
    """Where a column's header leads: sorted by it, and the other way round where it is already."""
    turned = listed.sort == column and not listed.descending
    return address(request, sort=f"-{column}" if turned else column)
