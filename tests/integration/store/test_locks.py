"""Locks of which somebody else has one: who that is, as a person who waits for it is told."""

from __future__ import annotations

import asyncio
import os
import re
import socket

import pytest

from shared.projections.rebuild import records
from shared.projections.rebuild.records import AlreadyRebuilding
from shared.projections.rebuild.switch import run_lock
from shared.store.ledger import RUN_LOCK
from shared.store.locks import holder, sign, try_lock
from shared.store.pool import connect

pytestmark = pytest.mark.database

_LOCK = 4_711
_ME = f"of process {os.getpid()} on {socket.gethostname()}"[:40]
_SINCE = r", since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(session \d+ of the database\)"


def test_who_has_a_lock_is_told_until_it_is_let_go(database: str) -> None:
    async def scenario() -> None:
        async with await connect(database) as waiting:
            async with await connect(database, application="a test") as having:
                assert await try_lock(having, _LOCK)
                # A second lock, and one asked for again, leave the name as it is.
                assert await try_lock(having, _LOCK)
                await sign(having)
                assert not await try_lock(waiting, _LOCK)
                who = await holder(waiting, _LOCK)
                assert re.match(rf"a test {re.escape(_ME)}", who)
                assert re.search(_SINCE + "$", who)
                assert who.count("of process") == 1
            assert await holder(waiting, _LOCK) == "somebody who has just ended"
            assert await try_lock(waiting, _LOCK)

    asyncio.run(scenario())


def test_a_second_rebuild_is_told_who_rebuilds(database: str) -> None:
    async def scenario() -> None:
        async with (
            await connect(database, application="seatledger replay") as first,
            await connect(database) as second,
        ):
            await records.hold(first)
            with pytest.raises(AlreadyRebuilding, match=f"goes on: seatledger replay {_ME}.*{_SINCE}; wait for it"):
                await records.hold(second)

    asyncio.run(scenario())


def test_a_switch_is_told_which_run_it_waits_for(database: str) -> None:
    async def scenario() -> list[str]:
        said: list[str] = []
        async with await connect(database) as switching:
            async with await connect(database, application="seatledger invoice-run") as running:
                assert await try_lock(running, RUN_LOCK)
                waits = asyncio.create_task(run_lock(switching, said.append))
                while not said:  # noqa: ASYNC110 - nobody tells us
                    await asyncio.sleep(0.01)
            await waits
        return said

    (said, *_) = asyncio.run(scenario())
    assert re.fullmatch(f"an invoice run goes on: seatledger invoice-run {_ME}.*{_SINCE}", said)
