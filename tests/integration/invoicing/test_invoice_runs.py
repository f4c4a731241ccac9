"""What `invoice-run` issues on the running system: the same as `simulate`, once, whatever happens around it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.invoicing.invoice_run import Options, run_day
from shared.errors import UserError
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem, Event, billing_system, record_of
from tests.infrastructure.brokers import Broker
from tests.integration.invoicing.documents import in_order, simulated

RELEASE_NOTES: list[Event] = [
    {"id": "1", "source": "urn:test", "type": "OrderExecuted", "time": "2019-01-15T09:00:00Z",
     "data": {"order_id": "ord-1", "currency": "EUR", "reseller": {"id": "res-1", "tax_rate": "0.24"},
              "customer": {"id": "cus-1", "billing_day": 1},
              "items": [{"subscription_id": "sub-1", "product": {"id": "o365"}, "quantity": 5, "unit_price": "10.00",
                         "free_period": True, "price_protection_months": 12}]}},
    {"id": "2", "source": "urn:test", "type": "LicensesChanged", "time": "2019-01-25T09:00:00Z",
     "data": {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 8}},
    {"id": "3", "source": "urn:test", "type": "LicensesChanged", "time": "2019-02-22T09:00:00Z",
     "data": {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 9}},
    {"id": "4", "source": "urn:test", "type": "PriceChanged", "time": "2019-05-20T09:00:00Z",
     "data": {"product_id": "o365", "currency": "EUR", "unit_price": "11.00", "effective_from": "2019-06-01"}},
]  # fmt: skip
FIRSTS = [date(2019, month, 1) for month in range(2, 13)] + [date(2020, 1, 1), date(2020, 2, 1)]


async def all_runs(system: BillingSystem, days: Sequence[date]) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = []
    for day in days:
        documents += (await system.run(day)).documents
    return documents


def test_the_release_notes_example_comes_out_of_the_running_system_as_simulate_says(
    empty_broker: Broker, database: str
) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(list(reversed(RELEASE_NOTES)) + RELEASE_NOTES)
            await system.settled()
            issued = await all_runs(system, FIRSTS)
            await system.settled()

            assert in_order(issued) == simulated(RELEASE_NOTES, FIRSTS)
            nets = await system.query("SELECT net::text FROM read.documents ORDER BY date")
            assert [net for (net,) in nets] == ["80.00", "92.50", *["90.00"] * 10, "99.00"]
            numbers = await system.query("SELECT number FROM read.documents ORDER BY number")
            assert [n for (n,) in numbers] == [f"INV-2019-{i:06d}" for i in range(1, 12)] + [
                "INV-2020-000001", "INV-2020-000002",
            ]  # fmt: skip

    asyncio.run(scenario())


def test_a_day_that_was_run_twice_or_by_two_at_once_has_no_second_document(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(RELEASE_NOTES)
            await system.settled()
            day = date(2019, 2, 1)

            first, second = await asyncio.gather(system.run(day), system.run(day))
            third = await system.run(day)

            assert sorted([len(first.documents), len(second.documents), len(third.documents)]) == [0, 0, 1]

    asyncio.run(scenario())


def test_two_days_at_once_issue_what_one_after_the_other_would(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(RELEASE_NOTES)
            await system.settled()
            earlier, later = date(2019, 2, 1), date(2019, 3, 1)

            results = await asyncio.gather(system.run(earlier), system.run(later), return_exceptions=True)
            await system.settled()

            refused = [str(result) for result in results if isinstance(result, UserError)]
            lines = await system.query("SELECT sum(net)::text FROM read.document_lines")
            assert lines == [("172.50",)]
            assert all("is closed" in reason for reason in refused)

    asyncio.run(scenario())


def test_a_day_before_the_last_completed_run_is_refused(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(RELEASE_NOTES)
            await system.settled()
            await system.run(date(2019, 3, 1))

            with pytest.raises(UserError, match=r"2019-02-01 is closed: .* run is of 2019-03-01"):
                await system.run(date(2019, 2, 1))

    asyncio.run(scenario())


def test_a_day_that_has_not_ended_needs_early(empty_broker: Broker, database: str) -> None:
    today = datetime.now(UTC).date()

    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            with pytest.raises(UserError, match="has not ended in every time zone"):
                await system.run(today)
            assert (await system.run(today, early=True)).documents == []

    asyncio.run(scenario())


def invoice_of(lines: int) -> list[Event]:
    """One reseller with `lines` subscriptions, a hundred an order, all charged on the same day."""
    return [
        {"id": f"o{order}", "source": "urn:test", "type": "OrderExecuted", "time": "2025-03-01T08:00:00Z",
         "data": {"order_id": f"ord-{order}", "currency": "EUR", "reseller": {"id": "res-1", "tax_rate": "0.24"},
                  "customer": {"id": f"cus-{order}"},
                  "items": [{"subscription_id": f"sub-{order}-{item}", "product": {"id": "p"}, "quantity": 1,
                             "unit_price": "10.00"} for item in range(100)]}}
        for order in range(lines // 100)
    ]  # fmt: skip


@pytest.mark.slow
def test_an_aggregated_invoice_of_20_000_lines_goes_through(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(invoice_of(20_000))
            await system.settled(timeout_s=600)

            report = await system.run(date(2025, 3, 1))
            await system.settled(timeout_s=600)

            assert [(d["net"], d["tax"], d["gross"]) for d in report.documents] == [
                ("200000.00", "48000.00", "248000.00")
            ]
            rows = await system.query("SELECT count(*), sum(net)::text FROM read.document_lines")
            assert rows == [(20_000, "200000.00")]
            assert await system.query("SELECT reason FROM store.outbox_parked") == []

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_run_behind_a_lagging_projector_waits_and_misses_no_line(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(invoice_of(5_000))
            waited_for: list[str] = []

            report = await system.run(date(2025, 3, 1), waiting=waited_for.append)

            assert waited_for, "the run began before the projector was done"
            assert report.lines == 5_000

    asyncio.run(scenario())


def test_a_fact_that_comes_late_is_corrected_on_the_next_documents_and_the_issued_one_stays(
    empty_broker: Broker, database: str
) -> None:
    late: Event = {
        "id": "5", "source": "urn:test", "type": "SubscriptionCanceled", "time": "2019-03-10T09:00:00Z",
        "data": {"subscription_id": "sub-1", "customer_id": "cus-1", "mode": "immediate", "effective_at": "2019-02-15"},
    }  # fmt: skip

    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(RELEASE_NOTES)
            await system.settled()
            before = await all_runs(system, FIRSTS[:2])
            await system.emit([late])
            await system.settled()
            after = await all_runs(system, [date(2019, 3, 10)])

            assert in_order(before + after) == simulated([*RELEASE_NOTES, late], [*FIRSTS[:2], date(2019, 3, 10)])
            assert [document["kind"] for document in after] == ["credit_note"]

    asyncio.run(scenario())


class _Died(Exception):
    """What ends a run between two chunks."""


def test_a_run_that_dies_between_two_chunks_is_run_again_and_goes_on(empty_broker: Broker, database: str) -> None:
    """Five payers, a chunk each: the second run bills the four that the first did not reach."""
    orders = invoice_of(500)
    for number, order in enumerate(orders):
        order["data"]["reseller"]["id"] = f"res-{number}"

    def die(lines: int) -> None:
        raise _Died

    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(orders)
            await system.settled()
            with pytest.raises(_Died):
                await system.run(date(2025, 3, 1), lines_a_chunk=1, step=die)
            await system.settled()
            done = await system.query("SELECT number FROM read.documents")

            report = await system.run(date(2025, 3, 1), lines_a_chunk=1)
            await system.settled()

            assert (len(done), len(report.documents)) == (1, 4)
            numbers = await system.query("SELECT number FROM read.documents ORDER BY number")
            assert [n for (n,) in numbers] == [f"INV-2025-{i:06d}" for i in range(1, 6)]
            assert await system.query("SELECT count(*) FROM read.document_lines") == [(500,)]

    asyncio.run(scenario())


def test_a_dry_run_shows_the_documents_and_writes_nothing(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(RELEASE_NOTES)
            await system.settled()

            shown = await system.run(date(2019, 2, 1), dry_run=True)

            assert in_order(shown.documents) == simulated(RELEASE_NOTES, [date(2019, 2, 1)])
            for written in ("issued_line", "billing_run", "document_counter", "returnable_tax", "billed"):
                assert await system.query(f"SELECT count(*) FROM invoicing.{written}") == [(0,)]

    asyncio.run(scenario())


def test_a_dry_run_may_be_of_a_day_that_has_not_begun(empty_broker: Broker, database: str) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)

    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(RELEASE_NOTES)
            await system.settled()

            options = Options(dry_run=True)
            shown = await run_day(database, empty_broker.address, tomorrow, options)

            assert shown.documents
            with pytest.raises(UserError, match="has not ended in every time zone"):
                await run_day(database, empty_broker.address, tomorrow, Options())

    asyncio.run(scenario())


def ordered(subscription: str, customer: str = "cus-1", **more: Any) -> Event:
    return {
        "id": f"order-{subscription}", "source": "urn:test", "type": "OrderExecuted", "time": "2025-01-01T08:00:00Z",
        "data": {"order_id": f"ord-{subscription}", "currency": "EUR", "customer": {"id": customer},
                 "items": [{"subscription_id": subscription, "product": {"id": "p"}, "quantity": 5,
                            "unit_price": "10.00"}], **more},
    }  # fmt: skip


def test_an_earlier_day_is_refused_after_a_run_that_issued_something_and_died(
    empty_broker: Broker, database: str
) -> None:
    def die(lines: int) -> None:
        raise _Died

    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit([ordered("sub-1")])
            await system.settled()
            with pytest.raises(_Died):
                await system.run(date(2025, 2, 5), step=die)

            with pytest.raises(UserError, match="2025-02-02 is closed"):
                await system.run(date(2025, 2, 2))

            await system.run(date(2025, 2, 5))
            await system.emit([ordered("sub-2", "cus-2")])
            await system.settled()
            with pytest.raises(_Died):
                await system.run(date(2025, 2, 5), step=die)
            with pytest.raises(UserError, match="2025-02-02 is closed"):
                await system.run(date(2025, 2, 2))

    asyncio.run(scenario())


def test_a_line_that_changes_its_payer_keeps_its_revisions_apart_in_two_chunks(
    empty_broker: Broker, database: str
) -> None:
    """The credit goes to the old reseller, the new charge to the new one: one layer, two chunks."""
    events: list[Event] = [
        ordered("sub-1", reseller={"id": "res-1"}),
        {"id": "moved", "source": "urn:test", "type": "CustomerChanged", "time": "2025-02-10T08:00:00Z",
         "data": {"id": "cus-1", "reseller_id": "res-2"}},
        {"id": "price", "source": "urn:test", "type": "PriceChanged", "time": "2025-02-20T08:00:00Z",
         "data": {"product_id": "p", "currency": "EUR", "unit_price": "12.00", "effective_from": "2025-02-01",
                  "backdate": True}},
    ]  # fmt: skip
    days = [date(2025, 2, 1), date(2025, 2, 20)]

    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(events)
            await system.settled()
            issued = [d for day in days for d in (await system.run(day, lines_a_chunk=1)).documents]

            assert in_order(issued) == simulated(events, days)
            assert {(d["kind"], d["recipient"]) for d in issued} == {
                ("invoice", "res-1"), ("credit_note", "res-1"), ("invoice", "res-2"),
            }  # fmt: skip

    asyncio.run(scenario())


def test_a_parked_outbox_stream_does_not_hold_up_billing(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit([ordered("sub-1")])
            await system.settled()
            async with await connect(database) as connection:
                await connection.execute(
                    "INSERT INTO store.outbox_parked (stream_id, reason) VALUES ('s', 'too large')"
                )
                await connection.execute(
                    "INSERT INTO store.outbox (stream_id, topic, headers) VALUES ('s', 'invoices.events', '[]')"
                )

            assert len((await system.run(date(2025, 2, 1), timeout_s=5)).documents) == 1

    asyncio.run(scenario())


def test_the_payer_of_a_parked_subscription_is_billed_once_it_is_mended_and_the_others_now(
    empty_broker: Broker, database: str
) -> None:
    newer = {"dataschema": "urn:seatledger:LicensesChanged:99"}

    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit([ordered("sub-1", "cus-1"), ordered("sub-2", "cus-2")])
            seats = {"id": "s", "source": "urn:test", "type": "LicensesChanged", "time": "2025-01-20T08:00:00Z"}
            record = record_of({**seats, "data": {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 1}})
            headers = [h for h in record.headers if h[0] != "ce_dataschema"]
            headers += [(f"ce_{name}", value.encode()) for name, value in newer.items()]
            await system.write([replace(record, headers=headers)])
            await system.settled()

            report = await system.run(date(2025, 2, 1))

            assert [document["recipient"] for document in report.documents] == ["cus-2"]
            assert list(report.unbillable) == ["cus-1"]
            assert "sub-1 is parked" in report.unbillable["cus-1"]
            assert await system.query("SELECT payer FROM invoicing.parked_payer") == [("cus-1",)]

    asyncio.run(scenario())
