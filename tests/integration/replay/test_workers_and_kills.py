"""Workers that are killed and joined while events come and a replay dies and is run again: the rows of a quiet life."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from services.prepare import prepare
from shared.log.outgoing import Outgoing
from shared.log.records import Record, identity
from shared.projections.generations import projected
from shared.projections.spec import ProjectionSpec
from shared.store.config import Config
from shared.store.pool import connect
from tests.infrastructure.billing_system import EVERYWHERE, BillingSystem
from tests.infrastructure.brokers import Broker
from tests.infrastructure.plain_loop import log_of, project_plainly, rows_in, waiting_in
from tests.integration.replay.crew import Crew, eventually
from tests.integration.replay.fed import LAST, TOPICS
from tests.integration.replay.systems import SPECS, live, written

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.slow]

PARTITIONS = 4
EVENTS = 500
HOLD_BUCKETS = "LOCK TABLE store.rebuild_bucket IN SHARE MODE"
HELD = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'seatledger rebuild' AND wait_event_type = 'Lock' AND datname = current_database()
"""
REBUILDING = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name ~ '^seatledger (rebuild|replay)' AND datname = current_database()
"""
_IN_ITS_BULK = "SELECT spooled_at IS NOT NULL AND loaded_at IS NULL FROM store.rebuild"
_DEAD = 'SELECT topic, partition, "offset" FROM store.dead_letter'


class Workers:
    """The projectors of one service: two at first."""

    def __init__(self, crew: Crew, spec: ProjectionSpec) -> None:
        self._crew = crew
        self._module = f"services.{spec.name}.projector"
        self._running = [crew.start(self._module), crew.start(self._module)]

    def one_is_killed(self, chance: random.Random) -> None:
        """And started again."""
        self._crew.kill(self._running.pop(chance.randrange(len(self._running))))
        self.one_joins()

    def one_joins(self) -> None:
        """One more, beside those that run."""
        self._running.append(self._crew.start(self._module))


async def upstream(system: BillingSystem, records: Sequence[Outgoing]) -> None:
    """Tells of some, and of some more a moment later."""
    for first in range(0, len(records), 20):
        await system.write(records[first : first + 20])
        await asyncio.sleep(0.3)


async def mishaps(workers: Sequence[Workers], chance: random.Random) -> None:
    """Two of each service are killed, at any moment, and a third one joins."""
    for _ in range(2):
        for one in chance.sample(workers, len(workers)):
            await asyncio.sleep(chance.uniform(0.5, 3.0))
            one.one_is_killed(chance)
    for one in workers:
        one.one_joins()


async def a_replay_is_killed_in_its_bulk(system: BillingSystem, crew: Crew) -> None:
    """It is held where buckets are written, so that it is there that it dies."""

    async def is_held() -> bool:
        return await system.query(HELD) != [(0,)]

    async def is_gone() -> bool:
        return await system.query(REBUILDING) == [(0,)]

    async with await connect(system.dsn) as holding, holding.transaction():
        await holding.execute(HOLD_BUCKETS)
        replay = crew.start("services.cli", "replay", "all", "--workers", "2")
        await eventually(is_held, "the replay writes a bucket")
        crew.kill(replay)
    # Processes that it started finish the bucket that they are at; only then is nobody at it any more.
    await eventually(is_gone, "nothing is left of the replay")
    assert await system.query(_IN_ITS_BULK) == [(True,)]


def dead_of(log: Sequence[Record]) -> set[tuple[str, int, int]]:
    """Where records lie that are no events, or whose id another event had before, in the same partition."""
    first: dict[str, Record] = {}
    return {
        (one.topic, one.partition, one.offset)
        for one in log
        if one.value == b"{no json" or first.setdefault(identity(one), one).value != one.value
    }


@pytest.mark.parametrize("seed", [1])
def test_workers_killed_and_joined_and_a_replay_that_died_leave_the_rows_of_the_plain_loop(
    seed: int, empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    records, chance = written(EVENTS, seed), random.Random(seed)

    async def scenario() -> None:
        await prepare(Config(database=database, broker=empty_broker.address, partitions=PARTITIONS, home=tmp_path))
        system = BillingSystem(database, empty_broker.address, SPECS)
        # From the beginning: what is folded again because time went by would hide what arrivals did not fold.
        await system.come_to(LAST)
        with Crew(system, empty_broker, tmp_path) as crew:
            # Given two workers of each service, one that relays, a part of the log, and an upstream that goes on
            crew.start("services.orders.worker")
            workers = [Workers(crew, spec) for spec in SPECS]
            await system.write(records[: len(records) // 3])
            telling = asyncio.create_task(upstream(system, records[len(records) // 3 :]))
            # When a replay is killed, and run again while workers are killed, started again and joined
            await a_replay_is_killed_in_its_bulk(system, crew)
            killing = asyncio.create_task(mishaps(workers, chance))
            await crew.succeeds(crew.start("services.cli", "replay", "all", "--workers", "2"))
            await asyncio.gather(telling, killing)
            await system.settled(240)
            # Then readers see what the replay made, and a rebuild of everything has the same rows
            assert set((await live(system)).values()) == {f"{spec.name}_g2" for spec in SPECS}
            await crew.succeeds(crew.start("services.cli", "verify", "--workers", "2"))
        # And those are the rows of the plain loop, in what was live before too: nothing is lost, nothing there twice
        log = await log_of(system.broker, TOPICS, PARTITIONS)
        for spec in SPECS:
            await same_as_plainly(database, spec, log)
        assert set(await system.query(_DEAD)) == dead_of(log)

    asyncio.run(scenario())


async def same_as_plainly(dsn: str, spec: ProjectionSpec, log: Sequence[Record]) -> None:
    """What was live first and what a replay made have the rows that the plain loop makes of a log, on the day LAST."""
    events = await project_plainly(dsn, spec, log, datetime.combine(LAST, EVERYWHERE))
    plain = f"{spec.name}_plain"
    rows, waiting = await rows_in(dsn, spec, plain), await waiting_in(dsn, plain, "waits")
    assert all(rows[table.name] for stream in spec.streams for table in stream.tables[:1])
    async with await connect(dsn) as connection:
        schemas = [one.schema for one in await projected(connection, spec)]
    assert schemas == [f"{spec.name}_g1", f"{spec.name}_g2"]
    for schema in schemas:
        assert await rows_in(dsn, spec, schema) == rows
        assert await waiting_in(dsn, schema) == waiting
        async with await connect(dsn, schema) as connection:
            cursor = await connection.execute("SELECT count(*) FROM event")
            assert await cursor.fetchall() == [(events,)]
