"""What projections said at a moment: built from what the log had by then, with the clock of then; read, and dropped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from shared.projections.rebuild import records
from shared.projections.rebuild.bulk import Told
from shared.projections.rebuild.catch_up import CatchUp
from shared.projections.rebuild.interrupted import discard
from shared.projections.rebuild.making import make, parked
from shared.projections.rebuild.runs import Came, watched
from shared.projections.rebuild.wanted import Wanted
from shared.projections.spec import Key, Table
from shared.store.pool import connect
from shared.store.streaming import streamed

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AsOf:
    """One projection at a moment; `parked` streams, with the reason, fail here and have no rows."""

    connection: AsyncConnection
    parked: Mapping[Key, str]

    async def rows(self, table: Table) -> AsyncIterator[Row]:
        """The rows of a table in the order of their keys, as they are asked for: a few at a time are in memory."""
        statement = sql.SQL("SELECT {} FROM {} ORDER BY {}").format(
            sql.SQL(", ").join(map(sql.Identifier, table.columns)),
            sql.Identifier(table.name),
            sql.SQL(", ").join(map(sql.Identifier, table.key)),
        )
        async with (
            self.connection.cursor(f"{table.name} as of", row_factory=dict_row) as cursor,
            aclosing(streamed(cursor, statement)) as rows,
        ):
            async for row in rows:
                yield row


@asynccontextmanager
async def as_of(wanted: Wanted, told: Told) -> AsyncIterator[AsOf]:
    """One projection at `wanted.until`, for as long as the block lasts. Raises as `make`, and AlreadyRebuilding."""
    async with await connect(wanted.dsn, application="seatledger as-of") as connection:
        await records.hold(connection)
        async with watched(wanted, told) as run:
            made = await make(connection, wanted, run.told)
            run.came = Came("built")
        try:
            (target,) = made.targets
            async with await connect(wanted.dsn, target.generation.schema, application="seatledger as-of") as reading:
                catching = await CatchUp.on(target.spec, reading, wanted.broker)
                await catching.take_missing(target.live)
                await catching.fold_queued()
                async with reading.transaction():
                    yield AsOf(reading, await parked(connection, target.generation))
        finally:
            await discard(connection, made.number)
