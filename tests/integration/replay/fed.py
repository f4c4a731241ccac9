"""Live projections that a test feeds batch by batch, each by two workers in turns; the log is a real one."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from shared.log.records import Partition, Record, identity
from shared.log.relay import relay_once
from shared.log.topics import CATALOG, INVOICES, ORDERS, SUBSCRIPTIONS
from shared.log.writer import LogWriter
from shared.projections.generations import generations
from shared.projections.position import positions
from shared.projections.rebuild import records
from shared.projections.rebuild.catch_up import CatchUp
from shared.projections.rebuild.compare import Comparison, compare, snapshot
from shared.projections.rebuild.interrupted import discard
from shared.projections.rebuild.loading import Target
from shared.projections.rebuild.making import Made, make
from shared.projections.rebuild.release import release_of
from shared.projections.rebuild.wanted import Wanted
from shared.projections.spec import ProjectionSpec
from shared.store.outbox import PostgresOutbox
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem, Event, record_of
from tests.infrastructure.brokers import Broker
from tests.infrastructure.plain_loop import log_of
from tests.integration.projections.generation import Worker, worker
from tests.integration.replay.systems import SPECS, not_told
from tests.strategies.histories import History

PARTITIONS = 3
# No day of the past: the clocks of a generation begin in the present, and go forward only.
FIRST = datetime.now(UTC).date() + timedelta(days=1)
LAST = max(date(2027, 1, 15), FIRST + timedelta(days=1))
TOPICS = tuple(topic.name for topic in (CATALOG, ORDERS, SUBSCRIPTIONS, INVOICES))
# So few of the queue after each batch that some of it still waits when the next one comes.
_RECOMPUTED_A_BATCH = 2


class Fed:
    """The live projections; `system` runs nothing by itself."""

    def __init__(self, system: BillingSystem, workers: Mapping[str, tuple[Worker, Worker]]) -> None:
        self.system = system
        self._workers = workers
        self._read: dict[Partition, int] = {}

    async def feed(self, batches: Sequence[History]) -> None:
        """Write events to the log, and apply them in these batches; what is left on the queue is folded then."""
        if not batches:
            return
        await self.system.emit([event for batch in batches for event in batch])
        for place, batch in enumerate(_as_delivered(batches, await self._new())):
            for spec in SPECS:
                one = self._workers[spec.name][place % 2]
                await one.apply([record for record in batch if record.topic in spec.topics])
                await one.runner.recompute(_RECOMPUTED_A_BATCH)
        await self._recompute()

    async def come_to(self, day: date) -> None:
        """Move the clocks on."""
        await self.system.come_to(day)
        await self._recompute()

    async def run(self, day: date) -> None:
        """Bill a day, and take the documents in."""
        await self.system.run(day, early=True)
        async with LogWriter(self.system.broker) as writer, await connect(self.system.dsn) as connection:
            while await relay_once(PostgresOutbox(connection), writer, 1_000):
                pass
        issued = await self._new()
        for spec in SPECS:
            await self._workers[spec.name][0].apply([record for record in issued if record.topic in spec.topics])
        await self._recompute()

    async def log(self) -> list[Record]:
        """All that was written."""
        return await log_of(self.system.broker, TOPICS, PARTITIONS)

    async def _new(self) -> list[Record]:
        log = [(Partition(record.topic, record.partition), record) for record in await self.log()]
        new = [record for partition, record in log if record.offset >= self._read.get(partition, 0)]
        self._read |= {partition: record.offset + 1 for partition, record in log}
        return new

    async def _recompute(self) -> None:
        for one, _ in self._workers.values():
            await one.recompute_all()


@asynccontextmanager
async def fed(dsn: str, broker: Broker) -> AsyncIterator[Fed]:
    """On a prepared database, and a broker that has the topics with nothing in them."""
    async with AsyncExitStack() as open_:
        workers = {}
        for spec in SPECS:
            one = await open_.enter_async_context(worker(dsn, spec))
            workers[spec.name] = one, await open_.enter_async_context(worker(dsn, spec))
        yield Fed(BillingSystem(dsn, broker.address, SPECS), workers)


def _as_delivered(batches: Sequence[History], log: Sequence[Record]) -> list[list[Record]]:
    """The records of the events, batch by batch: an event's n-th record is that of its n-th delivery."""
    waiting: dict[str, deque[Record]] = defaultdict(deque)
    for record in log:
        waiting[identity(record)].append(record)
    return [[waiting[_identity(event)].popleft() for event in batch] for batch in batches]


def _identity(event: Event) -> str:
    return identity(Record("", 0, 0, 0, None, None, record_of(event).headers))


class Rebuilt:
    """Generations that were rebuilt at a moment of the log, and not switched to."""

    def __init__(self, system: BillingSystem, home: Path) -> None:
        self._wanted = Wanted(system.dsn, system.broker, list(SPECS), release_of(SPECS), "verify", home, 1)

    async def made(self) -> Made:
        """Build them from what is in the log now."""
        async with await connect(self._wanted.dsn) as connection:
            await records.hold(connection)
            return await make(connection, self._wanted, not_told)

    async def caught_up(self, made: Made) -> Comparison:
        """Bring them to where live is now, event by event, compare, and throw them away."""
        found = Comparison()
        for target in made.targets:
            found += await self._compared(target)
        async with await connect(self._wanted.dsn) as connection:
            await discard(connection, made.number)
        return found

    async def _compared(self, target: Target) -> Comparison:
        dsn, spec = self._wanted.dsn, target.spec
        async with (
            await connect(dsn, target.generation.schema) as connection,
            snapshot(dsn, target.live) as live,
        ):
            catching = await CatchUp.on(spec, connection, self._wanted.broker)
            await catching.run(live.positions, target.live, lambda more: None)
            assert await positions(connection) == live.positions
            await catching.come_to(live.at)
            return await compare(spec, live.connection, connection)


async def live_schema(dsn: str, spec: ProjectionSpec) -> str:
    """What readers see of a projection."""
    async with await connect(dsn) as connection:
        return next(one.schema for one in await generations(connection, spec.name) if one.status == "live")
