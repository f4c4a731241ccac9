"""Dead records and parked streams that are retried: all of it or nothing, and rows as if nothing had ever failed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from psycopg import AsyncConnection

from shared.log.records import Record
from shared.projections import waiting
from shared.projections.generations import ensure_generation
from shared.projections.retrying import NoLetter, retry_record
from shared.projections.spec import Key, ProjectionSpec
from shared.projections.stopped import Folded, StreamName, parked_streams, retry_stream, until_folded
from shared.store import dead_letters, operations
from shared.store.dead_letters import DeadLetter, Place, bury
from shared.store.pool import connect
from tests.integration.projections.events import Said, change, order, raw
from tests.integration.projections.generation import NEW_YEAR, Seats, Worker, seats, worker
from tests.integration.projections.mended import everything, faulty_with, knows_version_2, mended
from tests.integration.projections.seats import SPEC

pytestmark = pytest.mark.database

SECOND = Place("subscriptions.events", 0, 1)
SUB_1 = StreamName("seats", "subscription", "sub-1")
FINE = replace(SPEC, name="fine")


def run(dsn: str, scenario: Callable[[Seats, AsyncConnection], Awaitable[None]]) -> None:
    """One generation of seats, and the connection of an operator."""

    async def main() -> None:
        async with seats(dsn) as generation, await connect(dsn) as operator:
            await scenario(generation, operator)

    asyncio.run(main())


async def another(dsn: str, spec: ProjectionSpec) -> None:
    async with await connect(dsn) as connection:
        await ensure_generation(connection, spec, 2, NEW_YEAR)


async def all_of(connection: AsyncConnection, query: str) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query.encode())).fetchall()


async def status(connection: AsyncConnection, place: Place = SECOND) -> str | None:
    async with connection.transaction():
        return await dead_letters.status_of(connection, place)


def newer(subscription: str, quantity: int, at: str = "2026-02-01T10:00:00Z") -> Said:
    return replace(change(subscription, quantity, at), version=2)


async def given_a_newer_version(g: Seats) -> None:
    """sub-1 stands still at 6 seats for an event that the release does not know, and another one waits behind it."""
    await g.given(order("sub-1", 5), order("sub-2", 5), change("sub-1", 6, "2026-01-20T10:00:00Z"))
    await g.given(newer("sub-1", 8), change("sub-1", 9, "2026-03-01T10:00:00Z"), change("sub-2", 7))


def test_given_a_release_that_knows_the_version_a_retry_gives_what_a_projection_has_that_always_knew_it(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        await given_a_newer_version(g)
        assert [row[:2] for row in await g.seats()] == [("sub-1", 6), ("sub-2", 7)]
        records = logged(g)
        knows_version_2(monkeypatch)
        retried = await retry_record(operator, [SPEC], SECOND, "Ada")
        assert (retried.status, retried.reason) == ("taken_in", None)
        assert [(one.how, one.freed, one.parked) for one in retried.generations] == [("taken_in", [SUB_1.key], {})]
        await g.worker.recompute_all()
        assert [row[:2] for row in await g.seats()] == [("sub-1", 9), ("sub-2", 7)]
        monkeypatch.undo()
        # What always knew it got the same event as version 1, which says the same.
        await another(database, FINE)
        async with worker(database, FINE) as fine:
            await fine.apply(records)
            assert [*await everything(fine)][:2] == [*await everything(g.worker)][:2]
        assert await parked_streams(operator) == {}

    def logged(g: Seats) -> Sequence[Record]:
        said = [order("sub-1", 5), order("sub-2", 5), change("sub-1", 6, "2026-01-20T10:00:00Z")]
        said += [change("sub-1", 8), change("sub-1", 9, "2026-03-01T10:00:00Z"), change("sub-2", 7)]
        return type(g.log)().append(*said)

    run(database, scenario)


def test_what_is_dead_again_stays_dead_with_the_new_reason_and_the_first_publication(database: str) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        await g.given(order("sub-1", 5), change("sub-1", 6), raw(b"{"))
        await operator.execute("UPDATE store.dead_letter SET reason = 'an older release said so'")
        retried = await retry_record(operator, [SPEC], SECOND)
        assert retried.status == "dead"
        assert "is not JSON" in str(retried.reason)
        assert await g.dead() == [retried.reason]
        assert await all_of(operator, "SELECT count(*) FROM store.outbox") == [(1,)]
        assert [row[:2] for row in await g.seats()] == [("sub-1", 6)]

    run(database, scenario)


def test_an_id_that_was_used_before_is_dead_again_and_the_first_event_stands(database: str) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        await g.given(order("sub-1", 5), change("sub-1", 6, id="one"), change("sub-1", 7, id="one"))
        retried = await retry_record(operator, [SPEC], SECOND)
        assert retried.status == "dead"
        assert str(retried.reason).startswith("id reused")
        assert [row[:2] for row in await g.seats()] == [("sub-1", 6)]

    run(database, scenario)


def test_a_record_that_the_database_refuses_is_dead_again_in_the_projectors_words(database: str) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        (record,) = g.log.append(order("sub-2", 5, "poison"))
        async with operator.transaction():
            await bury(operator, [DeadLetter(record, "once refused")], "seats")
        await operator.execute("UPDATE seats_g1.position SET next = 1 WHERE topic = 'orders.events'")
        retried = await retry_record(operator, [SPEC], Place("orders.events", 0, 0))
        assert str(retried.reason).startswith("the database refuses what it says: DataError")
        assert await all_of(operator, "SELECT count(*) FROM seats_g1.event") == [(0,)]

    run(database, scenario)


def test_what_one_projection_cannot_take_the_others_do_and_the_letter_stays_dead(database: str) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        faulty, whole = faulty_with("second", FINE), replace(SPEC, name="whole")
        await another(database, faulty)
        await another(database, whole)
        async with worker(database, faulty) as other:
            records = g.log.append(order("sub-1", 5), change("sub-1", 6), change("sub-1", 7, "2026-03-01", id="second"))
            await other.apply(records)
            await g.worker.apply(records)
        retried = await retry_record(operator, [SPEC, faulty, whole], SECOND)
        # Seats has it, fine cannot, whole has not read as far and will find it itself.
        assert [(one.generation.schema, one.how) for one in retried.generations] == [
            ("fine_g1", "dead"), ("seats_g1", "had_it"), ("whole_g1", "not_read"),
        ]  # fmt: skip
        assert retried.status == "dead"
        assert retried.reason == "cannot be taken in here: RuntimeError: a fault of ours"
        again = await retry_record(operator, [SPEC, FINE, whole], SECOND)
        assert again.status == "taken_in"
        assert [one.how for one in again.generations] == ["taken_in", "had_it", "not_read"]
        assert await all_of(operator, "SELECT quantity FROM fine_g1.seats") == [(7,)]

    run(database, scenario)


def test_a_failure_in_the_second_generation_leaves_the_first_as_it_was(database: str) -> None:
    class Broken(Exception):
        pass

    def names(fact: object) -> Any:
        raise Broken

    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        await another(database, FINE)
        async with worker(database, faulty_with("second", FINE)) as other:
            records = g.log.append(order("sub-1", 5), change("sub-1", 6), change("sub-1", 7, "2026-03-01", id="second"))
            await other.apply(records)
            await worker_of_a_fault(g.worker).apply(records)
        with pytest.raises(Broken):
            # By name: fine comes first and takes it in, then seats breaks.
            await retry_record(operator, [FINE, replace(SPEC, names=names)], SECOND)
        assert await all_of(operator, "SELECT quantity FROM fine_g1.seats") == [(6,)]
        assert await status(operator) == "dead"
        assert await operations.newest(operator, 10) == []

    def worker_of_a_fault(one: Worker) -> Worker:
        one.spec = faulty_with("second", SPEC)
        return one

    run(database, scenario)


def test_nothing_is_done_with_what_was_never_dead(database: str) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        await g.given(order("sub-1", 5))
        with pytest.raises(NoLetter):
            await retry_record(operator, [SPEC], Place("orders.events", 0, 0))
        assert await operations.newest(operator, 10) == []

    run(database, scenario)


def test_a_letter_stays_as_it_is_where_no_projection_has_read_as_far(database: str) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        await g.given(order("sub-1", 5), change("sub-1", 6), raw(b"{"))
        await operator.execute("UPDATE seats_g1.position SET next = 1 WHERE topic = 'subscriptions.events'")
        retried = await retry_record(operator, [SPEC], SECOND)
        assert [one.how for one in retried.generations] == ["not_read"]
        assert retried.status == "dead"
        assert retried.reason is None

    run(database, scenario)


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


def test_the_dead_are_counted_and_a_replay_is_told_what_counts_for_nobody(database: str) -> None:
    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        await g.given(*(raw(b"{%d" % n) for n in range(3)))
        async with operator.transaction():
            await dead_letters.settle(operator, Place("subscriptions.events", 0, 1), "dropped")
            await dead_letters.settle(operator, Place("subscriptions.events", 0, 2), "taken_in")
        assert await dead_letters.count(operator) == 1
        assert await dead_letters.counts(operator) == {"dead": 1, "dropped": 1, "taken_in": 1}
        assert await dead_letters.held(operator) == {("subscriptions.events", 0, 0), ("subscriptions.events", 0, 1)}

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
