"""What projections said at a moment: built from what the log had by then, with the clock of then; read, and dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, sql

from shared.projections.rebuild import records
from shared.projections.rebuild.bulk import Told
from shared.projections.rebuild.catch_up import CatchUp
from shared.projections.rebuild.interrupted import discard
from shared.projections.rebuild.loading import Target
from shared.projections.rebuild.making import make, parked
from shared.projections.rebuild.wanted import Wanted
from shared.projections.spec import Key, Table
from shared.store.pool import connect

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class AsOf:
    """Rows by table, in the order of their keys; `parked` streams, with the reason, fail here and have none."""

    rows: Mapping[str, Rows]
    parked: Mapping[Key, str]


async def rows_as_of(wanted: Wanted, tables: Sequence[Table], told: Told) -> AsOf:
    """The rows of some tables of one projection at `wanted.until`.

    Raises what `make` raises, and AlreadyRebuilding.
    """
    async with await connect(wanted.dsn, application="seatledger as-of") as connection:
        await records.hold(connection)
        made = await make(connection, wanted, told)
        try:
            (target,) = made.targets
            rows = await _read(wanted, target, tables)
            return AsOf(rows, await parked(connection, target.generation))
        finally:
            await discard(connection, made.number)


async def _read(wanted: Wanted, target: Target, tables: Sequence[Table]) -> dict[str, Rows]:
    async with AsyncExitStack() as open_:
        other = await connect(wanted.dsn, target.generation.schema, application="seatledger as-of")
        connection = await open_.enter_async_context(other)
        catching = await CatchUp.on(target.spec, connection, wanted.broker)
        await catching.take_missing(target.live)
        await catching.fold_queued()
        return {table.name: await _rows(connection, table) for table in tables}


async def _rows(connection: AsyncConnection, table: Table) -> Rows:
    names = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    order = sql.SQL(", ").join(map(sql.Identifier, table.key))
    statement = sql.SQL("SELECT {} FROM {} ORDER BY {}").format(names, sql.Identifier(table.name), order)
    found = await (await connection.execute(statement)).fetchall()
    return [dict(zip(table.columns, row, strict=True)) for row in found]
