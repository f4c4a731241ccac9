"""What operators, upstream and the calendar do while a replay goes on: nothing is lost, and nobody sees a step back."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import cast

import orjson
import pytest

from services.invoicing.projection import SPEC as INVOICING
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.log.records import Partition, record_of
from shared.log.span import Bounds, Span
from shared.projections import recompute
from shared.projections.rebuild.bulk import NewErrors, Progress
from shared.projections.retrying import retry_record
from shared.projections.spec import Key
from shared.store.dead_letters import DeadLetter, Place, bury
from shared.store.ledger import RUN_LOCK
from shared.store.pool import connect
from tests.infrastructure.billing_system import EVERY_PROJECTION, BillingSystem, Event
from tests.infrastructure.brokers import Broker
from tests.integration.replay.systems import DAY, failing, live, replay, system

pytestmark = pytest.mark.slow

MORE_SEATS: Event = {
    "id": "later", "source": "urn:test", "type": "LicensesChanged", "time": "2026-01-09T08:00:00Z",
    "data": {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 1234},
}  # fmt: skip
NEXT_MONTH = date(2026, 2, 2)


async def lines_of(running: BillingSystem, subscription: str) -> list[str]:
    """What a run of the next month would issue of a subscription."""
    report = await running.run(NEXT_MONTH, early=True, dry_run=True)
    lines = [line for document in report.documents for line in cast("list[Event]", document["lines"])]
    return sorted(str(line["line"]) for line in lines if line["subscription"] == subscription)


def test_what_a_live_generation_that_lags_has_not_read_is_billed_after_the_switch(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 100) as running:
            # Given a subscription that was billed, and a live generation that is held from reading more
            await running.run(DAY, early=True)
            await running.settled()
            holding = await connect(database, "invoicing_g1")
            await holding.execute("BEGIN")
            await holding.execute("SELECT FROM position FOR UPDATE")
            await running.emit([MORE_SEATS])
            folded = asyncio.Event()

            async def let_go() -> None:
                await folded.wait()
                await holding.execute("COMMIT")
                await holding.close()

            # When a replay overtakes it, and live comes after
            def told(progress: Progress) -> None:
                if progress.phase == "index":
                    folded.set()

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(let_go())
                report = await replay(running, tmp_path, [INVOICING], told=told)
            assert report.switched is not None
            await running.settled()
            # Then the next run bills it as one does that looks at everything
            billed = await lines_of(running, "sub-1")
            async with await connect(database) as connection:
                await connection.execute("UPDATE invoicing.billed SET touched = -1")
            assert billed == await lines_of(running, "sub-1")
            assert any("/2026-01-09" in line for line in billed)

    asyncio.run(scenario())


def test_a_dead_letter_that_is_retried_while_the_log_is_read_is_in_the_new_generation(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 100) as running:
            # Given an event that no projection has taken in, and a dead letter of it
            place = await _made_dead(running)
            read = asyncio.Event()

            def told(progress: Progress) -> None:
                if progress.phase == "fold":
                    read.set()

            async def operator() -> None:
                await read.wait()
                async with await connect(database) as connection:
                    assert (await retry_record(connection, list(EVERY_PROJECTION), place)).status == "taken_in"

            # When it is retried after a replay has left it out
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(operator())
                report = await replay(running, tmp_path, told=told)
            # Then the new generations have it like the ones before
            assert report.comparison.same, report.comparison.differences[:3]
            for schema in ("subscriptions_g1", "subscriptions_g2", "invoicing_g2"):
                there = f'SELECT count(*) FROM {schema}.event WHERE (topic, partition, "offset") = (%s, %s, %s)'
                assert await running.query(there, *place) == [(1,)], schema

    asyncio.run(scenario())


async def _made_dead(running: BillingSystem) -> Place:
    """As if no release had been able to take in the last event of a partition: nowhere a fact, and a dead letter."""
    where = "SELECT topic, partition, \"offset\" FROM subscriptions_g1.event WHERE topic = 'subscriptions.events' "
    ((topic, partition, offset),) = await running.query(where + 'ORDER BY partition, "offset" DESC LIMIT 1')
    async with Span(running.broker, {Partition(topic, partition): Bounds(offset, offset + 1)}) as span:
        (record,) = [record_of(raw) async for pieces in span.pieces(10) for piece in pieces for raw in piece.records]
    subscription = orjson.loads(record.value or b"")["subscription_id"]
    event_id = dict(record.headers)["ce_id"].decode()
    async with await connect(running.dsn) as connection:
        await bury(connection, [DeadLetter(record, "not known here")], "test")
    for schema in ("subscriptions_g1", "invoicing_g1"):
        async with await connect(running.dsn, schema) as connection:
            await connection.execute(
                'DELETE FROM event WHERE (topic, partition, "offset") = (%s, %s, %s)', [topic, partition, offset]
            )
            await connection.execute("DELETE FROM fact WHERE id = %s", [event_id])
            await recompute.ask(connection, [Key("subscription", subscription)])
    await running.settled()
    return Place(topic, partition, offset)


def test_what_the_calendar_brings_before_the_switch_is_not_taken_back_by_it(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    rows = "SELECT subscription, status, quantity, term_start, term_end FROM read.subscriptions ORDER BY 1"

    async def scenario() -> None:
        async with system(database, empty_broker, 100) as running:
            # Given a replay that has compared, and waits for an invoice run before it switches
            billing = await connect(database)
            await billing.execute("SELECT pg_advisory_lock(%s)", [RUN_LOCK])
            waits = asyncio.Event()

            def waiting(what: str) -> None:
                if "invoice run" in what:
                    waits.set()

            going_on = asyncio.create_task(replay(running, tmp_path, [SUBSCRIPTIONS, INVOICING], waiting=waiting))
            await waits.wait()
            # When another day comes meanwhile
            before = await running.query(rows)
            await running.come_to(date(2027, 9, 1))
            await running.settled()
            seen = await running.query(rows)
            assert seen != before
            await billing.close()
            await going_on
            # Then readers see that day after the switch too
            assert (await live(running))["subscriptions"] == "subscriptions_g2"
            assert await running.query(rows) == seen

    asyncio.run(scenario())


def test_a_new_error_in_the_catching_up_halts_every_replay_and_is_not_expected_away(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    class Died(Exception):
        pass

    def dies(progress: Progress) -> None:
        if progress.phase == "compare":
            raise Died

    async def scenario() -> None:
        async with system(database, empty_broker, 100) as running:
            # Given a rebuild that is full, and an event after it on which the release fails
            with pytest.raises(Died):
                await replay(running, tmp_path, [SUBSCRIPTIONS], told=dies)
            await running.emit([MORE_SEATS])
            await running.settled()
            # When it is run again, and again
            for _ in range(2):
                with pytest.raises(NewErrors, match="a release that is wrong"):
                    await replay(running, tmp_path, [failing(SUBSCRIPTIONS, "sub-1")], expect_diff=True)
            # Then readers see what they saw
            assert (await live(running))["subscriptions"] == "subscriptions_g1"

    asyncio.run(scenario())


def test_what_is_parked_is_carried_into_a_release_with_a_new_column(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 100) as running:
            # Given a live generation of before a column, with a stream that stands still
            async with await connect(database, "subscriptions_g1") as connection:
                await connection.execute("ALTER TABLE subscription RENAME COLUMN protected_until TO what_was_before")
                await connection.execute("INSERT INTO parked VALUES ('subscription', 'sub-3', 'it failed')")
            # When it is compared with a rebuild, then nothing is in the way
            report = await replay(running, tmp_path, [SUBSCRIPTIONS], dry_run=True)
            assert report.comparison.same, report.comparison.differences[:3]

    asyncio.run(scenario())
