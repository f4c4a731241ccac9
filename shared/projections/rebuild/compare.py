"""Comparing a generation with the live one: at the same positions and the same clock both must say the same.

The live one is read in one snapshot (REPEATABLE READ) while it goes on; the other is brought to exactly the positions
and the clock of that snapshot. Each table is compared by the number of its rows and a checksum that no order matters
to; where those differ, row by row, of which the first ones are kept and all are counted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg import AsyncConnection, IsolationLevel, sql

from shared.projections.generations import Generation
from shared.projections.position import Positions, positions
from shared.projections.rebuild.side_by_side import Values, differing
from shared.projections.spec import Key, ProjectionSpec, Table
from shared.projections.writes import column_types
from shared.store.pool import connect

_CLOCK = "SELECT at FROM clock"
_QUEUED = "SELECT count(*) FROM recompute_queue"
# What waits, by table, and the column that says why or how much.
_WAITING = {"pending": "facts", "parked": "reason"}
# Differences that are kept of one table; all are counted.
MOST = 1_000


class Row(NamedTuple):
    """A row as text, by its columns; None on the side where there is none."""

    live: Mapping[str, str | None] | None
    rebuilt: Mapping[str, str | None] | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that differs. `stream` is the thing it is about, where that is known."""

    projection: str
    table: str
    key: Mapping[str, str | None]
    row: Row
    stream: Key | None

    @property
    def columns(self) -> list[str]:
        """The columns that differ; all of a row that is only on one side."""
        live, rebuilt = self.row
        if live is None or rebuilt is None:
            return sorted((live or rebuilt or {}).keys())
        return [name for name in live if live[name] != rebuilt[name]]


class Total(NamedTuple):
    """Money of one payer in one currency: the sum of a column in the live rows and in the rebuilt ones."""

    projection: str
    table: str
    column: str
    payer: str | None
    currency: str
    live: Decimal | None
    rebuilt: Decimal | None


@dataclass(slots=True)
class Comparison:
    """What a comparison found. `rows` counts the compared rows; of `differences` the first ones of each table."""

    rows: int = 0
    differing: int = 0
    differences: list[Difference] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)

    @property
    def same(self) -> bool:
        return not self.differing and not self.totals

    def __iadd__(self, other: Comparison) -> Comparison:
        self.rows += other.rows
        self.differing += other.differing
        self.differences += other.differences
        self.totals += other.totals
        return self


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The live generation at one moment; `queued` streams were to be folded again, so their rows may be old."""

    connection: AsyncConnection
    positions: Positions
    at: datetime
    queued: int


@asynccontextmanager
async def snapshot(dsn: str, live: Generation) -> AsyncIterator[Snapshot]:
    """The live generation as it is now, for as long as the block lasts."""
    async with await connect(dsn, live.schema, application="seatledger compare") as connection:
        await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        await connection.set_read_only(True)
        async with connection.transaction():
            at = await _one(connection, _CLOCK)
            queued = await _one(connection, _QUEUED)
            yield Snapshot(connection, await positions(connection), at, queued)


async def compare(spec: ProjectionSpec, live: AsyncConnection, rebuilt: AsyncConnection) -> Comparison:
    """Compare all tables of a projection, and what waits or is parked; each connection has its search_path."""
    found = Comparison()
    for table in spec.tables:
        found += await _table(spec, table, live, rebuilt)
    for name, says in _WAITING.items():
        found += await _waiting(spec, name, says, live, rebuilt)
    return found


async def _table(spec: ProjectionSpec, table: Table, live: AsyncConnection, rebuilt: AsyncConnection) -> Comparison:
    # A release may have added a column, which the generation of the one before does not have.
    there = await column_types(live, table)
    columns = [column for column in table.columns if column in there]
    checksum = _checksum(table, columns)
    before, after = await _row(live, checksum), await _row(rebuilt, checksum)
    found = Comparison(rows=int(after[0]))
    if before != after:
        scope = next((stream.scope for stream in spec.streams if table in stream.tables), None)
        async for pair in differing(live, rebuilt, sql.Identifier(table.name), columns, table.key):
            found.differing += 1
            if len(found.differences) < MOST:
                found.differences.append(_difference(spec, table, columns, scope, pair))
    for column in table.amounts:
        found.totals += await _totals(spec, table, column, live, rebuilt)
    return found


def _difference(
    spec: ProjectionSpec, table: Table, columns: Sequence[str], scope: str | None,
    pair: tuple[Values | None, Values | None],
) -> Difference:  # fmt: skip
    before, after = pair
    row = Row(_named(columns, before), _named(columns, after))
    owner = row.live or row.rebuilt or {}
    stream = None if scope is None else Key(scope, str(owner[table.owner]))
    return Difference(spec.name, table.name, {column: owner[column] for column in table.key}, row, stream)


def _checksum(table: Table, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL("SELECT count(*), coalesce(sum(hashtextextended(ROW({})::text, 0)::numeric), 0) FROM {}").format(
        _listed(columns), sql.Identifier(table.name)
    )


async def _totals(
    spec: ProjectionSpec, table: Table, column: str, live: AsyncConnection, rebuilt: AsyncConnection
) -> list[Total]:
    """The sums of payers that are not the same, the first ones."""
    assert table.payer is not None
    sums = sql.SQL("(SELECT {} AS payer, currency, sum({}) AS total FROM {} GROUP BY 1, 2) AS sums").format(
        sql.Identifier(table.payer), sql.Identifier(column), sql.Identifier(table.name)
    )
    found = list[Total]()
    async for before, after in differing(live, rebuilt, sums, ("payer", "currency", "total"), ("payer", "currency")):
        payer, currency, _ = before or after or (None, None, None)
        total = Total(spec.name, table.name, column, payer, str(currency), _sum(before), _sum(after))
        # 10.0 and 10.00 are the same money.
        if total.live != total.rebuilt and len(found) < MOST:
            found.append(total)
    return found


def _sum(row: Values | None) -> Decimal | None:
    return None if row is None or row[2] is None else Decimal(row[2])


async def _waiting(
    spec: ProjectionSpec, name: str, says: str, live: AsyncConnection, rebuilt: AsyncConnection
) -> Comparison:
    """Streams that wait or are parked on one side only, or for another reason."""
    found = Comparison(
        rows=int((await _row(rebuilt, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))))[0])
    )
    columns = ("scope", "scope_id", says)
    async for before, after in differing(live, rebuilt, sql.Identifier(name), columns, columns[:2]):
        found.differing += 1
        if len(found.differences) < MOST:
            scope, scope_id, _ = before or after or ("", "", "")
            key = {"scope": scope, "scope_id": scope_id}
            row = Row(_said(before), _said(after))
            found.differences.append(Difference(spec.name, name, key, row, Key(str(scope), str(scope_id))))
    return found


def _said(row: Values | None) -> Mapping[str, str | None] | None:
    return None if row is None else {"says": row[2]}


def _named(columns: Sequence[str], row: Values | None) -> Mapping[str, str | None] | None:
    return None if row is None else dict(zip(columns, row, strict=True))


def _listed(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


async def _row(connection: AsyncConnection, statement: sql.Composed) -> tuple[Any, ...]:
    row = await (await connection.execute(statement)).fetchone()
    assert row is not None
    return row


async def _one(connection: AsyncConnection, statement: str) -> Any:
    row = await (await connection.execute(statement.encode())).fetchone()
    assert row is not None
    return row[0]
