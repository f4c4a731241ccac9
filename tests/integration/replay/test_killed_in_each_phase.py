"""A replay whose process is killed where its bulk is done: readers see what they saw, and the next one goes on."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest
from psycopg import AsyncConnection

from shared.store.ledger import RUN_LOCK
from shared.store.pool import connect
from tests.infrastructure.billing_system import EVERY_PROJECTION, BillingSystem
from tests.infrastructure.brokers import Broker
from tests.infrastructure.plain_loop import log_of
from tests.integration.replay.command_line import FIRST, SECOND
from tests.integration.replay.crew import Crew, eventually
from tests.integration.replay.fed import LAST, TOPICS
from tests.integration.replay.systems import live, schemas, system
from tests.integration.replay.test_what_happens_meanwhile import MORE_SEATS
from tests.integration.replay.test_workers_and_kills import a_replay_is_killed_in_its_bulk, same_as_plainly

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.slow]

# Where a replay is held, by its phase: a lock that somebody else has, and the statement that waits for it.
INDEX = ("LOCK TABLE pg_statistic IN SHARE MODE", "ANALYZE %")
CATCH_UP = ("SELECT FROM subscriptions_g2.clock FOR UPDATE", "%FROM clock%")
# A table that no event of these tests writes to, so that it is not the catching up that waits for it.
COMPARE = ("LOCK TABLE subscriptions_g2.rejected_setting IN ACCESS EXCLUSIVE MODE", "%hashtextextended%")
IN_THE_SWITCH = ("LOCK TABLE store.operation IN SHARE MODE", "INSERT INTO store.operation%")
# Whoever has a lock says so behind the name of what it does.
_WAITS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
    AND application_name ~ '^seatledger (replay|rebuild|catch-up)' AND ltrim(query) LIKE %s
"""
_THERE = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND application_name ~ '^seatledger (replay|rebuild|catch-up|compare)'
"""
# The lock of rebuilds, and that of runs.
_ADVISORY = f"""
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid IN (7201005, {RUN_LOCK})
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Killing:
    """Somebody who kills replays of a system."""

    def __init__(self, system: BillingSystem, crew: Crew) -> None:
        self._system, self._crew = system, crew

    def starts(self) -> subprocess.Popen[bytes]:
        return self._crew.start("services.cli", "replay", "all", "--workers", "2")

    async def while_it_waits(self, held: tuple[str, str]) -> None:
        """A replay is held where it executes a statement, and dies there."""
        lock, statement = held

        async def waits() -> bool:
            return await self._system.query(_WAITS, statement) != [(0,)]

        async with await connect(self._system.dsn) as holding, holding.transaction():
            await holding.execute(lock.encode())
            replay = self.starts()
            await eventually(waits, f"a replay waits in {statement}")
            self._crew.kill(replay)
        await self._nothing_is_touched()

    async def while_somebody_reads(self, reading: AsyncConnection) -> None:
        """A replay wants to switch, and dies while it waits for a reader."""
        async with reading.transaction():
            await reading.execute("SELECT FROM read.next_charges")
            replay = self.starts()

            async def waits() -> bool:
                return "reads the views" in self._crew.said_by(replay)

            await eventually(waits, "a replay waits for the reader")
            self._crew.kill(replay)
        await self._nothing_is_touched()

    async def _nothing_is_touched(self) -> None:
        """Readers see what they saw, nothing is locked, and what was built is there to be gone on with."""

        async def is_gone() -> bool:
            return await self._system.query(_THERE) == [(0,)]

        await eventually(is_gone, "nothing is left of the replay")
        assert await self._system.query(_ADVISORY) == [(0,)]
        assert await live(self._system) == FIRST
        assert await schemas(self._system) == {*FIRST.values(), *SECOND.values()}
        assert await self._system.query("SELECT DISTINCT status FROM store.generation WHERE number = 2") == [
            ("building",)
        ]


def test_a_replay_that_is_killed_in_each_phase_after_its_bulk_goes_on_and_has_the_rows_of_the_plain_loop(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 200) as running:
            await running.come_to(LAST)
            await running.settled()
            with Crew(running, empty_broker, tmp_path) as crew:
                killing = Killing(running, crew)
                # When it dies while it makes keys, then nothing is made by half
                await killing.while_it_waits(INDEX)
                for schema in SECOND.values():
                    assert await running.query(f"SELECT count(*) FROM {schema}.position") == [(0,)]
                # And when the next one dies while it takes in what has come since, then none of that is there by half
                await running.emit([MORE_SEATS])
                await running.settled()
                await killing.while_it_waits(CATCH_UP)
                statistics = "SELECT count(*) FROM pg_stats WHERE schemaname = %s"
                for schema in SECOND.values():
                    assert await running.query(statistics, schema) != [(0,)], "what has positions has statistics"
                # And when others die while they compare, while they wait for readers, and in the middle of the switch
                await killing.while_it_waits(COMPARE)
                async with await connect(database, application="a dashboard") as reading:
                    await killing.while_somebody_reads(reading)
                await killing.while_it_waits(IN_THE_SWITCH)
                # Then the one that is let alone goes on with what they have left
                await crew.succeeds(killing.starts())
            await running.settled()
            assert await live(running) == SECOND
            assert await running.query("SELECT number FROM store.rebuild") == []
            assert not list((tmp_path / "rebuild").iterdir())
            acts = await running.query("SELECT what, target FROM store.operation")
            assert acts == [("replay", " ".join(SECOND.values()))]
        # And readers see the rows of the plain loop, as they did before
        log = await log_of(empty_broker.address, TOPICS, 3)
        for spec in EVERY_PROJECTION:
            await same_as_plainly(database, spec, log)

    asyncio.run(scenario())


def test_a_working_copy_whose_code_differs_does_not_go_on_with_what_another_has_built(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    # Given two working copies of one version
    copy, here = tmp_path / "copy", Path(__file__).parents[3]
    for package in ("shared", "services", "deploy"):
        shutil.copytree(here / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "shared" / "billing" / "pricing.py").open("a") as file:
        file.write("# Somebody is at this.\n")
    home = tmp_path / "home"
    home.mkdir()

    async def scenario() -> None:
        async with system(database, empty_broker, 50) as running:
            with Crew(running, empty_broker, home) as crew:
                # When a replay of one is killed in its bulk, and the other one is asked for a replay
                await a_replay_is_killed_in_its_bulk(running, crew)
                other = crew.start("services.cli", "replay", "all", "--workers", "2", code=copy)
                await crew.succeeds(other)
                # Then that begins anew, and says so
                assert "An interrupted replay was of another release of the code: what it had built is removed" in (
                    crew.said_by(other)
                )
            assert await live(running) == SECOND
            assert await running.query("SELECT number FROM store.rebuild") == []

    asyncio.run(scenario())
