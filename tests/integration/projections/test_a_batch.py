"""One batch, one transaction: what arrives becomes facts, state and rows, or a dead letter with its reason."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.projections import clock, waiting
from shared.projections.arrivals import read_arrivals
from shared.projections.position import PositionLost
from shared.projections.spec import Key
from tests.integration.projections.events import change, order, price, raw
from tests.integration.projections.generation import Seats, seats, worker

pytestmark = pytest.mark.database


def run(dsn: str, scenario: Callable[[Seats], Awaitable[None]]) -> None:
    async def main() -> None:
        async with seats(dsn) as generation:
            await scenario(generation)

    asyncio.run(main())


def test_given_an_order_and_a_change_the_row_has_the_last_quantity(database: str) -> None:
    async def scenario(g: Seats) -> None:
        await g.given(order("sub-1", 5), change("sub-1", 8))
        assert await g.seats() == [("sub-1", 8, "0", "active")]
        assert await g.worker.rows("SELECT quantity FROM change ORDER BY nth") == [(5,), (8,)]

    run(database, scenario)


def test_a_late_fact_and_one_that_sorts_last_give_the_same(database: str) -> None:
    async def scenario(g: Seats) -> None:
        await g.given(order("sub-1", 5), order("sub-2", 5))
        await g.given(change("sub-1", 6, "2026-02-01"), change("sub-2", 7, "2026-03-01"))
        await g.given(change("sub-1", 7, "2026-03-01"), change("sub-2", 6, "2026-02-01"))
        assert await g.worker.rows("SELECT nth, quantity FROM change WHERE subscription = 'sub-1' ORDER BY 1") == (
            await g.worker.rows("SELECT nth, quantity FROM change WHERE subscription = 'sub-2' ORDER BY 1")
        )

    run(database, scenario)


def test_a_duplicate_counts_once_within_and_across_batches(database: str) -> None:
    async def scenario(g: Seats) -> None:
        applied = await g.given(order("sub-1", 5), order("sub-1", 5))
        assert applied.duplicates == 1
        applied = await g.given(order("sub-1", 5), change("sub-1", 8), change("sub-1", 8))
        assert applied.duplicates == 2
        assert await g.worker.rows("SELECT quantity FROM change ORDER BY nth") == [(5,), (8,)]
        assert await g.dead() == []

    run(database, scenario)


@pytest.mark.parametrize("same_batch", [True, False])
@pytest.mark.parametrize("subscription", ["sub-1", "sub-2"])
def test_an_id_used_again_with_other_content_is_dead_and_what_follows_is_taken_in(
    database: str, same_batch: bool, subscription: str
) -> None:
    async def scenario(g: Seats) -> None:
        first, second = change("sub-1", 8, id="one"), change(subscription, 9, id="one")
        await g.given(order("sub-1", 5), order("sub-2", 5))
        if same_batch:
            await g.given(first, second, change("sub-2", 3))
        else:
            await g.given(first)
            await g.given(second, change("sub-2", 3))
        assert [row[:2] for row in await g.seats()] == [("sub-1", 8), ("sub-2", 3)]
        (reason,) = await g.dead()
        assert reason == (
            "id reused: source 'upstream' used id 'one' before, with other content, at subscriptions.events "
            "partition 0 offset 0; give this event an id of its own"
        )

    run(database, scenario)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"{not json", "is not JSON"),
        (None, "is not JSON"),
        (b"[]", "give a CloudEvent as a JSON object"),
        (b"\xff\xfe", "is not JSON"),
        (b'{"specversion":"1.0","id":"1","source":"s","type":"Nonsense","time":"2026-01-01","data":{}}', "Nonsense"),
        (b'{"specversion":"1.0","id":"1","source":"s","type":"LicensesChanged","time":"2026-02-30","data":{}}', "time"),
        (
            b'{"specversion":"1.0","id":"1","source":"s","type":"LicensesChanged","time":"2026-02-01",'
            b'"data":{"subscription_id":"sub-1","customer_id":"c","quantity":-1}}',
            "data.quantity",
        ),
    ],
)
def test_a_record_that_cannot_be_read_is_dead_and_what_follows_is_taken_in(
    database: str, value: bytes | None, words: str
) -> None:
    async def scenario(g: Seats) -> None:
        await g.given(raw(value), order("sub-1", 5), change("sub-1", 8))
        assert [row[:2] for row in await g.seats()] == [("sub-1", 8)]
        (reason,) = await g.dead()
        assert words in reason
        stored = await g.worker.rows("SELECT key, value FROM store.dead_letter")
        assert stored == [(b"key", value)]
        published = await g.worker.rows("SELECT topic, key, value FROM store.outbox")
        assert published == [("dead-letters", b"key", value)]

    run(database, scenario)


def test_a_record_of_40_mb_is_dead_and_its_bytes_are_kept_in_the_table_only(database: str) -> None:
    value = b"[" + b" " * (40 * 1024 * 1024) + b"]"

    async def scenario(g: Seats) -> None:
        await g.given(raw(value), order("sub-1", 5))
        assert [row[:2] for row in await g.seats()] == [("sub-1", 5)]
        (reason,) = await g.dead()
        assert "41,943,042 bytes" in reason
        assert await g.worker.rows("SELECT length(value) FROM store.dead_letter") == [(len(value),)]
        assert await g.worker.rows("SELECT value FROM store.outbox") == [(None,)]

    run(database, scenario)


def test_an_event_of_a_newer_version_is_kept_dead_and_its_subscription_stands_still(database: str) -> None:
    async def scenario(g: Seats) -> None:
        await g.given(order("sub-1", 5), order("sub-2", 5))
        await g.given(replace(change("sub-1", 8), version=2), change("sub-1", 9, "2026-03-01"), change("sub-2", 9))
        assert [row[:2] for row in await g.seats()] == [("sub-1", 5), ("sub-2", 9)]
        (reason,) = await g.dead()
        assert "newer than the newest known" in reason
        assert await g.worker.rows("SELECT scope, scope_id FROM parked") == [("subscription", "sub-1")]

    run(database, scenario)


def test_what_comes_before_its_order_waits_with_its_age_and_counts_once_the_order_is_there(database: str) -> None:
    async def scenario(g: Seats) -> None:
        await g.given(change("sub-1", 8))
        await g.given(change("sub-1", 9, "2026-03-01"))
        assert await g.seats() == []
        waiting_since = await g.worker.rows("SELECT scope_id, since, facts FROM pending")
        assert waiting_since == [("sub-1", datetime(2026, 1, 1, tzinfo=UTC), 2)]
        await g.given(order("sub-1", 5))
        assert await g.worker.rows("SELECT * FROM pending") == []
        assert await g.worker.rows("SELECT quantity FROM change ORDER BY nth") == [(5,), (8,), (9,)]

    run(database, scenario)


def test_a_handler_that_fails_parks_its_own_subscription_and_retry_folds_all_that_came_meanwhile(database: str) -> None:
    async def scenario(g: Seats) -> None:
        await g.given(order("sub-1", 5, "explodes"), order("sub-2", 5))
        await g.given(change("sub-1", 8), change("sub-2", 8))
        assert [row[:2] for row in await g.seats()] == [("sub-2", 8)]
        assert await g.worker.rows("SELECT scope_id, reason FROM parked") == [
            ("sub-1", "ValueError: a handler that fails")
        ]
        assert await g.worker.rows("SELECT count(*) FROM fact WHERE scope_id = 'sub-1'") == [(2,)]
        # The release that mends it: here the order says another product.
        await g.worker.connection.execute("UPDATE fact SET body = replace(body::text, 'explodes', 'office')::json")
        assert await waiting.retry(g.worker.connection, Key("subscription", "sub-1"))
        await g.worker.recompute_all()
        assert [row[:2] for row in await g.seats()] == [("sub-1", 8), ("sub-2", 8)]
        assert await g.worker.rows("SELECT * FROM parked") == []

    run(database, scenario)


def test_too_many_parked_streams_are_said_to_be_too_many(database: str) -> None:
    async def scenario(g: Seats) -> None:
        await g.given(*(order(f"sub-{n}", 5, "explodes") for n in range(3)))
        await waiting.check_parked(g.worker.connection, 3)
        with pytest.raises(waiting.TooManyParked, match="3 streams are parked, more than 2"):
            await waiting.check_parked(g.worker.connection, 2)

    run(database, scenario)


def test_a_price_reaches_the_subscriptions_of_its_product_through_the_queue(database: str) -> None:
    async def scenario(g: Seats) -> None:
        await g.given(order("sub-1"), order("sub-2", product="other"), order("sub-3"))
        await g.given(price("office", "11.00"))
        assert await g.worker.rows("SELECT scope_id FROM recompute_queue ORDER BY 1") == [("sub-1",), ("sub-3",)]
        await g.worker.recompute_all()
        assert [(row[0], row[2]) for row in await g.seats()] == [("sub-1", "11.00"), ("sub-2", "0"), ("sub-3", "11.00")]

    run(database, scenario)


def test_the_queue_is_drained_a_bounded_number_at_a_time(database: str) -> None:
    async def scenario(g: Seats) -> None:
        await g.given(*(order(f"sub-{n}") for n in range(5)))
        await g.given(price("office", "11.00"))
        applied = await g.worker.runner.recompute(2)
        assert applied is not None
        assert applied.streams == 2
        assert await g.worker.rows("SELECT count(*) FROM recompute_queue") == [(3,)]

    run(database, scenario)


def test_a_stream_asked_for_again_while_it_is_folded_stays_queued(database: str) -> None:
    async def scenario(g: Seats) -> None:
        await g.given(order("sub-1"))
        await g.given(price("office", "11.00"))
        ((asked,),) = await g.worker.rows("SELECT asked FROM recompute_queue")
        await g.given(price("office", "12.00", "2026-04-01T00:00:00Z"))
        ((later,),) = await g.worker.rows("SELECT asked FROM recompute_queue")
        assert later > asked
        await g.worker.recompute_all()
        assert [row[2] for row in await g.seats()] == ["12.00"]

    run(database, scenario)


def test_the_clock_changes_rows_whose_time_has_come_and_never_goes_back(database: str) -> None:
    async def scenario(g: Seats) -> None:
        await g.given(order("sub-1", trial_until="2026-02-01"), order("sub-2", trial_until="2026-05-01"))
        assert await clock.tick(g.worker.connection, datetime(2026, 3, 1, tzinfo=UTC)) == 1
        await g.worker.recompute_all()
        assert [row[3] for row in await g.seats()] == ["ended", "active"]
        assert await clock.tick(g.worker.connection, datetime(2026, 1, 1, tzinfo=UTC)) == 0
        await g.given(change("sub-1", 9))
        assert [row[3] for row in await g.seats()] == ["ended", "active"]

    run(database, scenario)


def test_positions_move_by_compare_and_set_so_a_batch_counts_once(database: str) -> None:
    async def scenario(g: Seats) -> None:
        records = g.log.append(order("sub-1", 5), change("sub-1", 8))
        moves = await g.worker.moves(records)
        await g.worker.runner.apply(read_arrivals(g.worker.spec, records), moves)
        with pytest.raises(PositionLost):
            await g.worker.runner.apply(read_arrivals(g.worker.spec, records), moves)
        assert await g.worker.rows("SELECT topic, next, last_identity FROM position WHERE next > 0 ORDER BY 1") == [
            ("orders.events", 1, "upstream order-sub-1"),
            ("subscriptions.events", 1, "upstream change-sub-1-8-2026-02-01T10:00:00Z"),
        ]

    run(database, scenario)


def test_two_workers_that_bring_the_first_two_facts_of_a_subscription_at_once_both_count(database: str) -> None:
    async def scenario(g: Seats) -> None:
        async with worker(database) as other:
            for n in range(20):
                first = g.log.append(order(f"sub-{n}", 5))
                second = g.log.append(change(f"sub-{n}", 8))
                await asyncio.gather(g.worker.apply(first), other.apply(second))
        assert [row[1] for row in await g.seats()] == [8] * 20

    run(database, scenario)


def test_a_price_and_a_new_subscription_brought_at_once_by_two_workers_meet(database: str) -> None:
    async def scenario(g: Seats) -> None:
        async with worker(database) as other:
            for n in range(20):
                await g.given(price(f"product-{n}", "6.00", "2026-01-01"))
                first = g.log.append(order(f"sub-{n}", 5, f"product-{n}"))
                second = g.log.append(price(f"product-{n}", "7.00"))
                await asyncio.gather(g.worker.apply(first), other.apply(second))
        await g.worker.recompute_all()
        assert [row[2] for row in await g.seats()] == ["7.00"] * 20

    run(database, scenario)


def test_what_every_order_says_again_of_its_reseller_is_stored_but_not_kept_for_folds(database: str) -> None:
    async def scenario(g: Seats) -> None:
        reseller = {"id": "res-1", "name": "Aegean Cloud"}
        for n in range(1, 6):
            await g.given(order(f"sub-{n}", at=f"2026-01-{n:02}T10:00:00Z", reseller=reseller))
        ((stored,),) = await g.worker.rows("SELECT count(*) FROM fact WHERE scope = 'reseller'")
        ((kept,),) = await g.worker.rows(
            "SELECT json_array_length(convert_from(state, 'UTF8')::json -> 1) FROM state WHERE scope = 'reseller'"
        )
        assert (stored, kept) == (5, 1)

    run(database, scenario)
