"""Comparing a generation with the live one: at the same positions and the same clock both must say the same.

The live one is read in one snapshot (REPEATABLE READ) while it goes on; the other is brought to exactly the positions
and the clock of that snapshot. Each table is compared by the number of its rows and a checksum that no order matters
to; where those differ, row by row.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg import AsyncConnection, IsolationLevel, sql

from shared.projections.generations import Generation
from shared.projections.position import Positions, positions
from shared.projections.spec import Key, ProjectionSpec, Table
from shared.projections.writes import column_types
from shared.store.pool import connect

_CLOCK = "SELECT at FROM clock"
_QUEUED = "SELECT count(*) FROM recompute_queue"
_WAITING = {
    "pending": "SELECT scope, scope_id, facts::text FROM pending",
    "parked": "SELECT scope, scope_id, reason FROM parked",
}
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
    for name, statement in _WAITING.items():
        found += await _waiting(spec, name, statement, live, rebuilt)
    return found


async def _table(spec: ProjectionSpec, table: Table, live: AsyncConnection, rebuilt: AsyncConnection) -> Comparison:
    # A release may have added a column, which the generation of the one before does not have.
    there = await column_types(live, table)
    columns = [column for column in table.columns if column in there]
    checksum = _checksum(table, columns)
    before, after = await _row(live, checksum), await _row(rebuilt, checksum)
    found = Comparison(rows=int(after[0]))
    if before != after:
        differences = [
            difference async for difference in _differing(spec, table, columns, live, rebuilt)
        ]  # fmt: skip
        found.differing, found.differences = len(differences), differences[:MOST]
    for column in table.amounts:
        found.totals += await _totals(spec, table, column, live, rebuilt)
    return found


def _checksum(table: Table, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL("SELECT count(*), coalesce(sum(hashtextextended(ROW({})::text, 0)::numeric), 0) FROM {}").format(
        _listed(columns), sql.Identifier(table.name)
    )


async def _differing(
    spec: ProjectionSpec, table: Table, columns: Sequence[str], live: AsyncConnection, rebuilt: AsyncConnection
) -> AsyncIterator[Difference]:
    """Row by row, both sides in the order of the key."""
    statement = sql.SQL("SELECT {} FROM {} ORDER BY {}").format(
        sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in columns),
        sql.Identifier(table.name),
        sql.SQL(", ").join(sql.SQL('{}::text COLLATE "C"').format(sql.Identifier(column)) for column in table.key),
    )
    scopes = {one.name: stream.scope for stream in spec.streams for one in stream.tables}
    scope = scopes.get(table.name)
    places = [columns.index(column) for column in table.key]

    def key_of(row: Sequence[Any]) -> tuple[str, ...]:
        return tuple(str(row[place]) for place in places)

    async for before, after in _side_by_side(live, rebuilt, statement, key_of):
        if before != after:
            row = before or after
            assert row is not None
            owner = dict(zip(columns, row, strict=True))
            stream = None if scope is None else Key(scope, str(owner[table.owner]))
            yield Difference(
                spec.name, table.name, {column: owner[column] for column in table.key},
                Row(_named(columns, before), _named(columns, after)), stream,
            )  # fmt: skip


async def _side_by_side(
    live: AsyncConnection, rebuilt: AsyncConnection, statement: sql.Composed, key_of: Any
) -> AsyncIterator[tuple[Sequence[Any] | None, Sequence[Any] | None]]:
    async with live.cursor("live") as one, rebuilt.transaction(), rebuilt.cursor("rebuilt") as other:
        await one.execute(statement)
        await other.execute(statement)
        before, after = await one.fetchone(), await other.fetchone()
        while before is not None or after is not None:
            if after is None or (before is not None and key_of(before) < key_of(after)):
                yield before, None
                before = await one.fetchone()
            elif before is None or key_of(after) < key_of(before):
                yield None, after
                after = await other.fetchone()
            else:
                yield before, after
                before, after = await one.fetchone(), await other.fetchone()


async def _totals(
    spec: ProjectionSpec, table: Table, column: str, live: AsyncConnection, rebuilt: AsyncConnection
) -> list[Total]:
    assert table.payer is not None
    statement = sql.SQL("SELECT {}, currency, sum({}) FROM {} GROUP BY 1, 2").format(
        sql.Identifier(table.payer), sql.Identifier(column), sql.Identifier(table.name)
    )
    before = {tuple(row[:2]): row[2] for row in await (await live.execute(statement)).fetchall()}
    after = {tuple(row[:2]): row[2] for row in await (await rebuilt.execute(statement)).fetchall()}
    return [
        Total(spec.name, table.name, column, key[0], key[1], before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys(), key=str)
        if before.get(key) != after.get(key)
    ]


async def _waiting(
    spec: ProjectionSpec, name: str, statement: str, live: AsyncConnection, rebuilt: AsyncConnection
) -> Comparison:
    """Streams that wait or are parked on one side only, or for another reason."""
    before = {Key(*row[:2]): row[2] for row in await (await live.execute(statement.encode())).fetchall()}
    after = {Key(*row[:2]): row[2] for row in await (await rebuilt.execute(statement.encode())).fetchall()}
    differences = [
        Difference(
            spec.name, name, {"scope": key.scope, "scope_id": key.scope_id},
            Row(_said(before, key), _said(after, key)), key,
        )
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]  # fmt: skip
    return Comparison(len(after), len(differences), differences[:MOST])


def _said(side: Mapping[Key, str], key: Key) -> Mapping[str, str | None] | None:
    return {"says": side[key]} if key in side else None


def _named(columns: Collection[str], row: Sequence[Any] | None) -> Mapping[str, str | None] | None:
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
