"""Reverse charge, transaction currency and related credit notes on the running system: as `simulate` has them."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

from services.invoicing.simulation import simulate
from services.prepare import migration_folders
from shared.store.migrations import migrate
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem, Event, billing_system
from tests.infrastructure.brokers import Broker
from tests.infrastructure.older_release import back_to
from tests.integration.invoicing.documents import facts_in, in_order, simulated

RESELLER = {"id": "res-1", "country": "DE", "vat_id": "DE123456789", "transaction_currency": "USD"}


def event(number: int, event_type: str, time: str, data: dict[str, Any]) -> Event:
    return {"id": str(number), "source": "urn:test", "type": event_type, "time": time, "data": data}


def order(number: int, time: str, sub: str, quantity: int, at: str, customer: str) -> Event:
    item = {"subscription_id": sub, "product": {"id": "office"}, "quantity": quantity, "unit_price": at}
    data = {"order_id": f"o-{sub}", "currency": "EUR", "reseller": RESELLER, "customer": {"id": customer}}
    return event(number, "OrderExecuted", time, data | {"items": [item]})


EVENTS: list[Event] = [
    event(1, "SettingChanged", "2019-01-01T00:00:00Z",
          {"scope": "organisation", "key": "seller_country", "value": "GR", "effective_from": "2019-01-01"}),
    event(2, "ExchangeRateSet", "2019-02-01T06:00:00Z",
          {"base": "EUR", "quote": "USD", "rate": "1.0837", "date": "2019-02-01"}),
    order(3, "2019-02-01T09:00:00Z", "sub-old", 1, "5.00", "b"),
    order(4, "2019-03-01T09:00:00Z", "sub-1", 9, "10.00", "a"),
    event(5, "SubscriptionCanceled", "2019-02-10T09:00:00Z",
          {"subscription_id": "sub-old", "customer_id": "b", "mode": "end_of_cycle"}),
    event(6, "LicensesChanged", "2019-03-20T09:00:00Z",
          {"subscription_id": "sub-1", "customer_id": "a", "quantity": 7}),
    event(7, "LicensesChanged", "2019-04-20T09:00:00Z",
          {"subscription_id": "sub-1", "customer_id": "a", "quantity": 6}),
]  # fmt: skip
RUNS = [date(2019, month, 1) for month in (2, 3, 4, 5)]

_DOCUMENTS = """
SELECT number, gross::text, taxes, transaction->>'total', relates_to, balance FROM read.documents ORDER BY number
"""
_OPEN = "SELECT number, open::text FROM read.open_invoices ORDER BY date, number"
_STORED = "SELECT document, open::text FROM invoicing.open_invoice WHERE open > 0 ORDER BY ordinal"
_ALL_STORED = """
SELECT document, day, recipient, customer, currency, gross, open FROM invoicing.open_invoice ORDER BY ordinal
"""


async def issued(system: BillingSystem) -> list[dict[str, Any]]:
    await system.emit(EVENTS)
    await system.settled()
    documents: list[dict[str, Any]] = []
    for day in RUNS:
        previewed = (await system.run(day, dry_run=True)).documents
        documents += (run := await system.run(day)).documents
        assert in_order(previewed) == in_order_by_reference(run.documents, documents)
    await system.settled()
    return documents


def in_order_by_reference(run: list[dict[str, Any]], so_far: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The documents of one run, comparable: what they relate to was issued by that run or before."""
    return [document for document in in_order(so_far) if document["date"] == run[0]["date"]]


def test_documents_are_those_of_simulate_with_tax_currency_and_relations(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            documents = await issued(system)

            assert in_order(documents) == simulated(EVENTS, RUNS)
            taxes = [
                [tax.reverse_charge for tax in one.taxes] for one in simulate(facts_in(EVENTS), RUNS[-1]).documents
            ]
            assert [[tax.get("reverse_charge", False) for tax in one["taxes"]] for one in documents] == taxes
            reverse = {"rate": "0", "amount": "0.00", "reverse_charge": True}
            rows = await system.query(_DOCUMENTS)
            assert rows == [
                ("CN-2019-000001", "7.74", [{**reverse, "base": "7.74"}], "8.39",
                 [{"document": "INV-2019-000001", "amount": "5.00"}, {"document": "INV-2019-000002", "amount": "2.74"}],
                 None),
                ("CN-2019-000002", "3.67", [{**reverse, "base": "3.67"}], "3.98",
                 [{"document": "INV-2019-000002", "amount": "3.67"}], None),
                ("INV-2019-000001", "5.00", [{**reverse, "base": "5.00"}], "5.42", None, None),
                ("INV-2019-000002", "90.00", [{**reverse, "base": "90.00"}], "97.53", None, None),
                ("INV-2019-000003", "70.00", [{**reverse, "base": "70.00"}], "75.86", None, None),
                ("INV-2019-000004", "60.00", [{**reverse, "base": "60.00"}], "65.02", None, None),
            ]  # fmt: skip
            left = [("INV-2019-000002", "83.59"), ("INV-2019-000003", "70.00"), ("INV-2019-000004", "60.00")]
            assert await system.query(_OPEN) == left
            assert await system.query(_STORED) == left
            assert (await system.run(RUNS[-1])).documents == []

    asyncio.run(scenario())


def test_an_installation_that_issued_documents_before_gets_its_open_invoices(
    empty_broker: Broker, database: str
) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await issued(system)
            before = await system.query(_ALL_STORED)
            async with await connect(database) as connection:
                await connection.execute("DROP TABLE invoicing.open_invoice")
                await connection.execute(
                    "ALTER TABLE invoicing.issued_line DROP COLUMN reverse_charge, DROP COLUMN why"
                )
                await connection.execute("ALTER TABLE invoicing.billing_run DROP COLUMN payers_left")
                await back_to(connection, 1)

                applied = await migrate(connection, migration_folders())

            assert [Path(one).name for one in applied] == [
                "0002_open_invoices.sql", "0003_why.sql", "0004_progress.sql", "0005_add_ons_again.sql",
                "0006_letterheads.sql", "0007_delivery.sql", "0008_described.sql", "0009_secrets_that_are_rotated.sql",
            ]  # fmt: skip
            assert await system.query(_ALL_STORED) == before

    asyncio.run(scenario())
