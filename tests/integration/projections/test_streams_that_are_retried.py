"""Parked streams that are retried: never without the event for which they stand still."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from psycopg import AsyncConnection

from shared.events.registry import EVENT_TYPES
from shared.projections import waiting
from shared.projections.retrying import retry_record
from shared.projections.spec import Key
from shared.projections.stopped import Folded, StreamName, parked_streams, retry_stream, until_folded
from shared.store import dead_letters, operations
from shared.store.dead_letters import Place
from shared.store.pool import connect
from tests.integration.projections.events import change, order
from tests.integration.projections.generation import Seats, worker
from tests.integration.projections.mended import everything, knows_version_2, mended
from tests.integration.projections.seats import SPEC
from tests.integration.projections.stopped import (
    FINE,
    SECOND,
    SUB_1,
    another,
    given_a_newer_version,
    newer,
    run,
)

pytestmark = pytest.mark.database


def test_a_stream_is_not_folded_without_the_event_for_which_it_stands_still(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        await given_a_newer_version(g)
        knows_version_2(monkeypatch)
        asked = await retry_stream(operator, [SPEC], SUB_1)
        assert (asked.generations, asked.held_by) == ((), [SECOND])
        assert list(await parked_streams(operator)) == [SUB_1]
        assert await operations.newest(operator, 10) == []

    run(database, scenario)


def test_a_stream_with_two_events_of_a_newer_version_waits_for_both(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        await given_a_newer_version(g)
        await g.given(newer("sub-1", 11, "2026-04-01T10:00:00Z"))
        last = Place("subscriptions.events", 0, 4)
        knows_version_2(monkeypatch)
        first = await retry_record(operator, [SPEC], SECOND)
        assert first.status == "taken_in"
        assert list(first.generations[0].parked) == [SUB_1.key]
        await g.worker.recompute_all()
        assert [row[:2] for row in await g.seats()] == [("sub-1", 6), ("sub-2", 7)]
        second = await retry_record(operator, [SPEC], last)
        assert second.generations[0].freed == [SUB_1.key]
        await g.worker.recompute_all()
        assert [row[:2] for row in await g.seats()] == [("sub-1", 11), ("sub-2", 7)]

    run(database, scenario)


def test_a_stream_goes_on_without_an_event_that_was_dropped(database: str) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        await given_a_newer_version(g)
        async with operator.transaction():
            await dead_letters.settle(operator, SECOND, "dropped")
        asked = await retry_stream(operator, [SPEC], SUB_1, "Ada")
        assert [one.schema for one in asked.generations] == ["seats_g1"]
        await g.worker.recompute_all()
        assert [row[:2] for row in await g.seats()] == [("sub-1", 9), ("sub-2", 7)]
        (act,) = await operations.history(operator, str(SUB_1))
        assert (act.who, act.what, act.detail) == ("Ada", "dead-letters retry", {"generations": ["seats_g1"]})

    run(database, scenario)


def test_a_poison_stream_is_folded_again_in_every_generation_that_is_projected(database: str) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        another_version = replace(SPEC, version=2)
        await another(database, another_version)
        said = [order("sub-1", 5, "explodes"), order("sub-2", 5), change("sub-1", 8)]
        records = g.log.append(*said)
        await g.worker.apply(records)
        async with worker(database, another_version) as other:
            await other.apply(records)
            where = (await parked_streams(operator))[SUB_1]
            assert [(one.generation.schema, one.generation.status) for one in where] == [
                ("seats_g1", "live"), ("seats_g2", "catching_up"),
            ]  # fmt: skip
            # This release has version 2 only: what holds version 1 would never be folded.
            asked = await retry_stream(operator, [mended(another_version)], SUB_1)
            assert [one.schema for one in asked.generations] == ["seats_g2"]
            queued = [(one, SUB_1.key) for one in asked.generations]
            assert list((await until_folded(operator, queued, 0.0, lambda _: None)).values()) == [Folded(queued=True)]
        async with worker(database, mended(another_version)) as other:
            await other.recompute_all()
            assert list((await until_folded(operator, queued, 0.0, lambda _: None)).values()) == [Folded()]
            await another(database, mended(FINE))
            async with worker(database, mended(FINE)) as fine:
                await fine.apply(records)
                assert await everything(fine) == await everything(other)
        assert [one.generation.schema for one in (await parked_streams(operator))[SUB_1]] == ["seats_g1"]

    run(database, scenario)


def test_a_stream_that_fails_again_is_parked_again(database: str) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        await g.given(order("sub-1", 5, "explodes"))
        asked = await retry_stream(operator, [SPEC], SUB_1)
        await g.worker.recompute_all()
        found = await until_folded(operator, [(one, SUB_1.key) for one in asked.generations], 0.0, lambda _: None)
        assert list(found.values()) == [Folded("ValueError: a handler that fails")]

    run(database, scenario)


def test_a_retry_waits_for_a_batch_that_holds_the_same_stream(database: str) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        await g.given(order("sub-1", 5, "explodes"))
        async with await connect(database, "seats_g1") as batch:
            async with batch.transaction():
                await batch.execute("SELECT FROM anchor WHERE scope_id = 'sub-1' FOR UPDATE")
                retrying = asyncio.create_task(retry_stream(operator, [SPEC], SUB_1))
                await asyncio.sleep(0.2)
                assert not retrying.done()
                await waiting.park(batch, {Key("subscription", "sub-1"): "parked by the batch"})
            assert [one.schema for one in (await retrying).generations] == ["seats_g1"]
        assert await parked_streams(operator) == {}

    run(database, scenario)


def test_what_is_no_stream_of_the_projection_stands_still_no_more_either(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        await g.given(replace(order("sub-1", 5), version=2))
        name = StreamName("seats", "order", "ord-sub-1")
        assert list(await parked_streams(operator)) == [name]
        known = EVENT_TYPES["OrderExecuted"]
        monkeypatch.setitem(EVENT_TYPES, "OrderExecuted", replace(known, version=2))
        retried = await retry_record(operator, [SPEC], Place("orders.events", 0, 0))
        assert retried.generations[0].freed == [name.key]
        await g.worker.recompute_all()
        assert [row[:2] for row in await g.seats()] == [("sub-1", 5)]
        assert await parked_streams(operator) == {}

    run(database, scenario)
