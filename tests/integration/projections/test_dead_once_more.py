"""What becomes of a dead letter whose record is found dead once more, and how letters are counted."""

from __future__ import annotations

import asyncio

import pytest
from psycopg import AsyncConnection

from shared.log.records import Record
from shared.store import dead_letters, operations
from shared.store.dead_letters import DeadLetter, Place, bury
from shared.store.pool import connect
from tests.integration.projections.events import raw
from tests.integration.projections.generation import Seats
from tests.integration.projections.stopped import (
    all_of,
    run,
    status,
)

pytestmark = pytest.mark.database


def test_a_letter_that_is_found_dead_once_more_stays_what_it_is(database: str) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        (record,) = g.log.append(raw(b"{"))
        place = Place("subscriptions.events", 0, 0)

        async def buried(reason: str, found_by: str) -> int:
            async with operator.transaction():
                return await bury(operator, [DeadLetter(record, reason)], found_by)

        assert [await buried("first", "seats"), await buried("second", "fine")] == [1, 0]
        assert await all_of(operator, "SELECT status, reason, found_by FROM store.dead_letter") == [
            ("dead", "first", "seats")
        ]
        async with operator.transaction():
            await dead_letters.settle(operator, place, "dropped")
        assert await buried("third", "fine") == 0
        assert await status(operator, place) == "dropped"
        assert await operations.history(operator, str(place)) == []

    run(database, scenario)


def test_a_letter_that_was_taken_in_and_is_found_dead_is_dead_again_and_says_so(database: str) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        (record,) = g.log.append(raw(b"{"))
        place = Place("subscriptions.events", 0, 0)
        async with operator.transaction():
            await bury(operator, [DeadLetter(record, "first")], "seats")
            await dead_letters.settle(operator, place, "taken_in")
        async with operator.transaction():
            assert await bury(operator, [DeadLetter(record, "not for me")], "fine") == 1
        assert await all_of(operator, "SELECT status, reason, found_by FROM store.dead_letter") == [
            ("dead", "not for me", "fine")
        ]
        (act,) = await operations.history(operator, str(place))
        assert (act.who, act.what, act.reason) == ("projector of fine", "dead again", "not for me")
        assert await all_of(operator, "SELECT count(*) FROM store.outbox") == [(2,)]

    run(database, scenario)


def test_a_projector_that_finds_a_record_dead_while_it_is_taken_in_waits_and_says_so_then(database: str) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        (record,) = g.log.append(raw(b"{"))
        place = Place("subscriptions.events", 0, 0)
        async with operator.transaction():
            await bury(operator, [DeadLetter(record, "first")], "seats")
        async with await connect(database) as projector:
            async with operator.transaction():
                await dead_letters.settle(operator, place, "taken_in")
                burying = asyncio.create_task(buried(projector, record))
                await asyncio.sleep(0.2)
                assert not burying.done()
            assert await burying == 1
        assert await status(operator, place) == "dead"

    async def buried(connection: AsyncConnection, record: Record) -> int:
        async with connection.transaction():
            return await bury(connection, [DeadLetter(record, "not for me")], "fine")

    run(database, scenario)


def test_the_dead_are_counted_by_what_became_of_them(database: str) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        await g.given(*(raw(b"{%d" % n) for n in range(3)))
        async with operator.transaction():
            await dead_letters.settle(operator, Place("subscriptions.events", 0, 1), "dropped")
            await dead_letters.settle(operator, Place("subscriptions.events", 0, 2), "taken_in")
        assert await dead_letters.count(operator) == 1
        assert await dead_letters.counts(operator) == {"dead": 1, "dropped": 1, "taken_in": 1}

    run(database, scenario)
