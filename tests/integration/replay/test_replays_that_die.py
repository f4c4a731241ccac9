"""Replays whose processes die, in whatever phase: the next one goes on from there, and gives the same rows."""

from __future__ import annotations

import asyncio
import multiprocessing
from pathlib import Path

import pytest

from shared.projections.rebuild.bulk import Progress
from shared.workers import WorkerEnded
from tests.infrastructure.billing_system import Event
from tests.infrastructure.brokers import Broker
from tests.integration.replay.command_line import FIRST, SECOND
from tests.integration.replay.systems import live, replay, schemas, system

pytestmark = pytest.mark.slow

LATER: Event = {
    "id": "later", "source": "urn:test", "type": "LicensesChanged", "time": "2026-02-01T08:00:00Z",
    "data": {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 1234},
}  # fmt: skip


def test_a_rebuild_whose_process_was_killed_goes_on_where_it_was(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker) as running:
            for phase in ("read", "fold"):
                killed: list[int] = []

                def kill(progress: Progress, phase: str = phase, killed: list[int] = killed) -> None:
                    children = multiprocessing.active_children()
                    if progress.phase == phase and children and not killed:
                        killed.append(1)
                        for child in children:
                            child.kill()

                # When a worker is killed in the middle
                with pytest.raises(WorkerEnded):
                    await replay(running, tmp_path, told=kill, dry_run=True)
                assert killed
            done = await running.query("SELECT count(*) FROM store.rebuild_bucket")
            number = await running.query("SELECT number FROM store.rebuild")
            ((events,),) = await running.query("SELECT sum(events) FROM store.rebuild_bucket")
            # Then the next one takes up what is there, and counts it
            folded: list[Progress] = []
            report = await replay(running, tmp_path, told=folded.append, dry_run=True)
            assert report.comparison.same
            assert done != [(0,)]
            first = next(progress for progress in folded if progress.phase == "fold")
            assert first.done == min(int(events), first.total) > 0
            assert {one.projection for one in folded if one.phase == "catch-up"} == set(FIRST)
            assert len(number) == 1
            assert await running.query("SELECT count(*) FROM store.rebuild") == [(0,)]
            assert await schemas(running) == set(FIRST.values())

    asyncio.run(scenario())


@pytest.mark.parametrize("phase", ["index", "compare"])
def test_a_replay_that_died_in_a_later_phase_is_run_again(
    phase: str, empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    class Died(Exception):
        pass

    def dies(progress: Progress) -> None:
        if progress.phase == phase:
            raise Died

    async def scenario() -> None:
        async with system(database, empty_broker, 200) as running:
            with pytest.raises(Died):
                await replay(running, tmp_path, told=dies)
            assert (await live(running))["invoicing"] == "invoicing_g1"
            # When more has come before somebody runs it again
            await running.emit([LATER])
            await running.settled(60)
            report = await replay(running, tmp_path)
            # Then it catches up from where it was
            assert report.comparison.same
            assert await live(running) == SECOND
            rows = await running.query("SELECT quantity FROM read.subscriptions WHERE subscription = 'sub-1'")
            assert rows == [(LATER["data"]["quantity"],)]

    asyncio.run(scenario())
