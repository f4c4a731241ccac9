"""Subscriptions and invoicing running inside the test: projectors and relay as tasks, on a real broker and database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import orjson
from psycopg.conninfo import conninfo_to_dict

from services.invoicing.invoice_run import Options, RunReport, run_day
from services.invoicing.projection import SPEC as INVOICING
from services.prepare import prepare
from services.prepare import specs as projections
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.events.envelope import event_of, to_record
from shared.events.reading import addressed, read
from shared.log.ends import end_offsets
from shared.log.records import Partition
from shared.log.relay import run_relay
from shared.log.topics import topic_of_type
from shared.log.writer import LogWriter, Outgoing
from shared.projections import clock
from shared.projections.generations import projected
from shared.projections.projector import Limits, Projector
from shared.projections.spec import ProjectionSpec
from shared.store.config import Config
from shared.store.outbox import PostgresOutbox, depth
from shared.store.pool import connect
from tests.infrastructure import brokers

SPECS = (SUBSCRIPTIONS, INVOICING)
# The projections of every service, as a platform runs them and `replay all` makes them anew.
EVERY_PROJECTION = tuple(projections())
Event = dict[str, Any]
EVERYWHERE = time(10, 30, tzinfo=UTC)


def record_of(event: Event) -> Outgoing:
    """The Kafka record of a public event that has its id and source."""
    attributes = {name: value for name, value in event.items() if name != "data"} | {"specversion": "1.0"}
    found, model, _ = read(event_of(attributes, orjson.dumps(event["data"])))
    key, value, headers = to_record(addressed(found, model))
    return Outgoing(topic_of_type(event["type"]).name, key, value, headers)


@dataclass(frozen=True)
class BillingSystem:
    """What a test does with the running system."""

    dsn: str
    broker: str
    specs: Sequence[ProjectionSpec] = SPECS

    async def emit(self, events: Sequence[Event]) -> None:
        await self.write([record_of(event) for event in events])

    async def write(self, records: Sequence[Outgoing]) -> None:
        async with LogWriter(self.broker) as writer:
            await writer.write(records)

    async def settled(self, timeout_s: float = 180) -> None:
        """Wait until everything that is in log and outbox is projected and nothing waits to be folded again."""
        async with asyncio.timeout(timeout_s), await connect(self.dsn) as connection:
            while not await self._is_settled(connection):  # noqa: ASYNC110 - the projectors are told nothing of us
                await asyncio.sleep(0.05)

    async def come_to(self, day: date) -> None:
        """Move the clock of every generation on to a day, as the workers would in the course of time.

        It is that day then from New York to Auckland: who is in the zones of our tests sees the same one.
        """
        async with await connect(self.dsn) as finding:
            for spec in self.specs:
                for generation in await projected(finding, spec):
                    async with await connect(self.dsn, generation.schema) as connection:
                        await clock.tick(connection, datetime.combine(day, EVERYWHERE))

    async def run(self, day: date, **options: Any) -> RunReport:
        return await run_day(self.dsn, self.broker, day, Options(**options))

    async def query(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        async with await connect(self.dsn) as connection:
            return await (await connection.execute(statement.encode(), arguments)).fetchall()

    async def _is_settled(self, connection: Any) -> bool:
        if await depth(connection):
            return False
        for spec in self.specs:
            for generation in await projected(connection, spec):
                rows = await connection.execute(f"SELECT topic, partition, next FROM {generation.schema}.position")
                positions = {Partition(topic, partition): at for topic, partition, at in await rows.fetchall()}
                ends = await end_offsets(self.broker, positions)
                if any(positions[partition] < end for partition, end in ends.items()):
                    return False
                queue = await connection.execute(f"SELECT count(*) FROM {generation.schema}.recompute_queue")
                if (await queue.fetchone())[0]:
                    return False
        return True


@asynccontextmanager
async def billing_system(
    dsn: str, broker: str, *, partitions: int = 3, workers: int = 1, specs: Sequence[ProjectionSpec] = SPECS
) -> AsyncIterator[BillingSystem]:
    """A prepared system whose projectors and relay run for the time of the block; an error of theirs ends the test.

    Each has consumer groups of its own: one broker serves all tests of a session, and a group that a former test left
    in the middle of joining would keep this one waiting.
    """
    await prepare(Config(database=dsn, broker=broker, partitions=partitions))
    stop = asyncio.Event()
    limits = Limits(batch=50, recompute_batch=50, rest_s=0.05 if brokers.chosen() == brokers.EMBEDDED else 0.0)
    async with asyncio.TaskGroup() as tasks, await connect(dsn) as connection, await connect(dsn) as relaying:
        for spec in specs:
            for generation in await projected(connection, spec):
                for _ in range(workers):
                    group = f"{generation.group}-{conninfo_to_dict(dsn)['dbname']}"
                    projector = Projector(spec, generation, dsn, broker, limits, group)
                    tasks.create_task(projector.run(stop))
        tasks.create_task(run_relay(PostgresOutbox(relaying), broker, stop))
        try:
            yield BillingSystem(dsn, broker, specs)
        finally:
            stop.set()
            await asyncio.sleep(0.3)
