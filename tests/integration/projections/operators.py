"""A projector that runs beside a test, and what an operator does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from services import position_commands
from shared.log.records import Partition
from shared.log.topics import ensure_topics
from shared.projections.generations import projected
from shared.projections.projector import Limits, Projector
from shared.projections.spec import ProjectionSpec
from shared.projections.stopped import StreamName
from shared.stopped.names import Name
from shared.stopped.outcomes import Outcome
from shared.stopped.retrying import retry_all
from shared.store.pool import connect
from tests.infrastructure.brokers import Broker
from tests.integration.projections.generation import create
from tests.integration.projections.seats import SPEC
from tests.integration.projections.test_the_projector import query

CHANGES = Partition("subscriptions.events", 0)
SUB_1 = StreamName("seats", "subscription", "sub-1")


class Running:
    """A projector with this spec, for the time of the block."""

    def __init__(self, dsn: str, broker: Broker, spec: ProjectionSpec = SPEC) -> None:
        self._dsn, self._broker, self._spec = dsn, broker, spec
        self._stop = asyncio.Event()

    async def __aenter__(self) -> asyncio.Task[None]:
        async with await connect(self._dsn) as connection:
            generation = (await projected(connection, self._spec))[0]
        projector = Projector(self._spec, generation, self._dsn, self._broker.address, Limits(tick_seconds=None))
        self._task = asyncio.create_task(projector.run(self._stop))
        return self._task

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._task


async def prepared(dsn: str, broker: Broker) -> None:
    await create(dsn, partitions=1)
    await ensure_topics(broker.address, partitions=1)


async def position(dsn: str) -> list[tuple[object, ...]]:
    return list(
        await query(dsn, "SELECT next, last_offset, last_identity FROM position WHERE topic = 'subscriptions.events'")
    )


async def retried(dsn: str, spec: ProjectionSpec, *names: Name) -> Sequence[Outcome]:
    async with await connect(dsn) as connection:
        return await retry_all(connection, [spec], names, by="Ada", wait_s=20.0)


async def stands(dsn: str, offset: int) -> bool:
    return (await position(dsn))[0][0] == offset


async def has(dsn: str, statement: str, expected: list[int]) -> bool:
    return [row[0] for row in await query(dsn, statement)] == expected


async def set_position(
    dsn: str, broker: Broker, offset: int, reason: str | None = "a test", number: int | None = None
) -> None:
    await asyncio.to_thread(
        position_commands.set_position, lambda: dsn, lambda: broker.address, "seats", CHANGES, offset,
        number=number, reason=reason, by="Ada", as_json=False,
    )  # fmt: skip
