"""One generation in a database of the test, driven batch by batch without a broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection

from shared.log.records import Partition, Record, identity
from shared.projections.arrivals import read_arrivals
from shared.projections.generations import ensure_generation, projected
from shared.projections.position import Move, standings
from shared.projections.runner import Applied, Runner
from shared.projections.spec import ProjectionSpec
from shared.store.migrations import STORE_MIGRATIONS, migrate
from shared.store.pool import connect
from tests.integration.projections.events import Log, Said
from tests.integration.projections.seats import SPEC

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


class Worker:
    """A runner on a connection of its own."""

    def __init__(self, spec: ProjectionSpec, connection: AsyncConnection, runner: Runner) -> None:
        self.spec = spec
        self.connection = connection
        self.runner = runner

    async def apply(self, records: Sequence[Record]) -> Applied:
        """Apply records that follow on from where the generation stands."""
        return await self.runner.apply(read_arrivals(self.spec, records), await self.moves(records))

    async def moves(self, records: Sequence[Record]) -> list[Move]:
        partitions = sorted({Partition(record.topic, record.partition) for record in records})
        at = await standings(self.connection, partitions)
        moves = []
        for partition in partitions:
            last = max((r for r in records if (r.topic, r.partition) == partition), key=lambda record: record.offset)
            moves.append(Move(partition, at[partition].next, last.offset + 1, last.offset, identity(last)))
        return moves

    async def recompute_all(self) -> None:
        while await self.runner.recompute(100) is not None:
            pass

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        return await (await self.connection.execute(query.encode())).fetchall()


class Seats:
    """A seats generation and its log in memory."""

    def __init__(self, dsn: str, worker: Worker) -> None:
        self.dsn = dsn
        self.log = Log()
        self.worker = worker

    async def given(self, *said: Said | Record) -> Applied:
        """The events arrive in one batch."""
        return await self.worker.apply(self.log.append(*said))

    async def seats(self) -> list[tuple[Any, ...]]:
        """Subscription, quantity, price as text, status."""
        return await self.worker.rows("SELECT subscription, quantity, price::text, status FROM seats ORDER BY 1")

    async def dead(self) -> list[str]:
        """The reasons of the dead letters, in the order of the log."""
        return [reason for (reason,) in await self.worker.rows(
            'SELECT reason FROM store.dead_letter ORDER BY topic, partition, "offset"'
        )]  # fmt: skip


async def migrated(dsn: str) -> None:
    """The store's tables."""
    connection = await connect(dsn)
    try:
        await migrate(connection, {"store": STORE_MIGRATIONS})
    finally:
        await connection.close()


async def create(dsn: str, spec: ProjectionSpec = SPEC, at: datetime = NEW_YEAR, partitions: int = 2) -> None:
    """The store's tables and a live generation whose clock stands at `at`."""
    await migrated(dsn)
    connection = await connect(dsn)
    try:
        await ensure_generation(connection, spec, partitions, at)
    finally:
        await connection.close()


@asynccontextmanager
async def worker(dsn: str, spec: ProjectionSpec = SPEC) -> AsyncIterator[Worker]:
    """One more worker on the generation."""
    listing = await connect(dsn)
    generation = (await projected(listing, spec))[0]
    await listing.close()
    connection = await connect(dsn, generation.schema)
    try:
        yield Worker(spec, connection, await Runner.on(connection, spec))
    finally:
        await connection.close()


@asynccontextmanager
async def seats(dsn: str, spec: ProjectionSpec = SPEC, at: datetime = NEW_YEAR) -> AsyncIterator[Seats]:
    """A new generation and one worker."""
    await create(dsn, spec, at)
    async with seats_in(dsn, spec) as generation:
        yield generation


def make_ready(dsn: str) -> None:
    """A new generation in a database that is to be copied."""
    asyncio.run(create(dsn))


@asynccontextmanager
async def seats_in(dsn: str, spec: ProjectionSpec = SPEC) -> AsyncIterator[Seats]:
    """One worker on a generation that is there."""
    async with worker(dsn, spec) as one:
        yield Seats(dsn, one)
