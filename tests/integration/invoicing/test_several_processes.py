"""A run of many subscriptions is looked at by several processes: it issues what one process would, in its order."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from datetime import date

import pytest

from services.invoicing import looking
from shared.errors import UserError
from tests.benchmarks.history import Size, history
from tests.infrastructure.billing_system import billing_system
from tests.infrastructure.brokers import Broker

DAY = date(2025, 9, 1)


@pytest.fixture(autouse=True)
def few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_A_READ", 3)


def test_several_processes_issue_what_one_does(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        # Given some forty subscriptions of four resellers
        async with billing_system(database, empty_broker.address) as system:
            await system.write(list(history(Size(400))))
            await system.settled()
            # When one process looks at them, and when three do
            alone, together = [await system.run(DAY, dry_run=True, workers=count) for count in (1, 3)]
            # Then the same is issued, in the same order
            assert alone.lines > 100
            assert (together.documents, together.looked_at) == (alone.documents, alone.looked_at)
            issued = await system.run(DAY, workers=3)
            assert issued.lines == alone.lines

    asyncio.run(scenario())


def test_a_process_that_is_killed_ends_the_run_which_can_be_run_again(
    empty_broker: Broker, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*given: object) -> None:
        assert multiprocessing.parent_process() is not None, "the test itself"
        os.kill(os.getpid(), signal.SIGKILL)

    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.write(list(history(Size(400))))
            await system.settled()
            # Given a run one of whose processes is killed
            with monkeypatch.context() as patched:
                patched.setattr(looking, "look", killed)
                # When it is run
                with pytest.raises(UserError, match="ended from outside; run it again"):
                    await system.run(DAY, workers=2)
            # Then nothing was issued, and run again it bills all
            assert await system.query("SELECT count(*) FROM read.documents") == [(0,)]
            assert (await system.run(DAY, workers=2)).lines > 100

    asyncio.run(scenario())
