"""Dead records that are retried: all of it or nothing, and rows as if nothing had ever failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from psycopg import AsyncConnection

from shared.log.records import Record
from shared.projections.retrying import NoLetter, retry_record
from shared.projections.stopped import parked_streams
from shared.store import operations
from shared.store.dead_letters import DeadLetter, Place, bury
from tests.integration.projections.events import change, order, raw
from tests.integration.projections.generation import Seats, Worker, worker
from tests.integration.projections.mended import everything, faulty_with, knows_version_2
from tests.integration.projections.seats import SPEC
from tests.integration.projections.stopped import (
    FINE,
    SECOND,
    SUB_1,
    all_of,
    another,
    given_a_newer_version,
    run,
    status,
)

pytestmark = pytest.mark.database


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
            assert await everything(fine) == await everything(g.worker)
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
        faulty, whole = faulty_with(FINE, "second"), replace(SPEC, name="whole")
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
        async with worker(database, faulty_with(FINE, "second")) as other:
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
        one.spec = faulty_with(SPEC, "second")
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


def test_many_are_retried_on_one_connection_each_in_every_generation(database: str) -> None:
    ids = [f"change-{n}" for n in range(12)]

    async def scenario(g: Seats, operator: AsyncConnection) -> None:
        await another(database, FINE)
        said = [change("sub-1", n + 1, f"2026-02-{n + 1:02}", event_id) for n, event_id in enumerate(ids)]
        records = g.log.append(order("sub-1", 50), *said)
        g.worker.spec = faulty_with(SPEC, *ids)
        await g.worker.apply(records)
        async with worker(database, faulty_with(FINE, *ids)) as other:
            await other.apply(records)
        for offset in range(len(ids)):
            retried = await retry_record(operator, [SPEC, FINE], Place("subscriptions.events", 0, offset))
            assert [one.how for one in retried.generations] == ["taken_in", "taken_in"]
        for schema in ("seats_g1", "fine_g1"):
            assert await all_of(operator, f"SELECT quantity FROM {schema}.change ORDER BY nth") == [
                (50,), *((n + 1,) for n in range(len(ids)))
            ]  # fmt: skip

    run(database, scenario)
