"""Ctrl-C in the middle of a replay: it says how things stand, leaves nothing running, and the next one goes on."""

from __future__ import annotations

import asyncio
import re
import signal
from pathlib import Path

import pytest

from shared.store.pool import connect
from tests.infrastructure.brokers import Broker
from tests.integration.replay.command_line import FIRST
from tests.integration.replay.crew import Crew, eventually
from tests.integration.replay.systems import live, system
from tests.integration.replay.test_workers_and_kills import HELD, HOLD_BUCKETS, REBUILDING

pytestmark = [pytest.mark.database, pytest.mark.broker, pytest.mark.slow]


def test_a_replay_that_is_stopped_says_so_and_the_next_one_goes_on_from_there(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 200) as running:
            with Crew(running, empty_broker, tmp_path) as crew:

                async def is_held() -> bool:
                    return await running.query(HELD) != [(0,)]

                async def is_gone() -> bool:
                    return await running.query(REBUILDING) == [(0,)]

                # Given a replay whose processes fold
                async with await connect(database) as holding, holding.transaction():
                    await holding.execute(HOLD_BUCKETS)
                    replay = crew.start("services.cli", "replay", "all", "--workers", "2")
                    await eventually(is_held, "the replay writes a bucket")
                    # When somebody presses Ctrl-C
                    replay.send_signal(signal.SIGINT)
                    code = await asyncio.to_thread(replay.wait, 60)
                    # Then it says what became of it, in one sentence
                    assert code == 130, crew.said_by(replay)
                    assert crew.said_by(replay).splitlines()[-1] == (
                        "stopped: nothing was switched, and readers see what they saw; the same command goes on where "
                        "this one was"
                    )
                    assert "Traceback" not in crew.said_by(replay)
                # The database finds out that nobody is there any more once the lock is had.
                await eventually(is_gone, "nothing is left of the replay")
                assert await live(running) == FIRST
                # And the same command goes on
                again = crew.start("services.cli", "replay", "all", "--workers", "2")
                await crew.succeeds(again)
                assert "Reading the log" not in crew.said_by(again)
                assert re.search(r"^Folding: ([\d,]+) of \1 events", crew.said_by(again), re.MULTILINE)
                assert (await live(running))["orders"] == "orders_g2"

    asyncio.run(scenario())
