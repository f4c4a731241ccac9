"""`explain` on the running system: an issued line down to the events behind it and where they lie in the log."""

import asyncio
from datetime import date
from typing import Any

import pytest

from services.invoicing import explain_issued
from shared.errors import UserError
from shared.log.topics import CATALOG, ORDERS, SUBSCRIPTIONS
from tests.infrastructure.billing_system import BillingSystem, Event, billing_system
from tests.infrastructure.brokers import Broker
from tests.integration.invoicing.test_invoice_runs import FIRSTS, RELEASE_NOTES, all_runs

FEWER: Event = {
    "id": "5", "source": "urn:test", "type": "LicensesChanged", "time": "2019-03-20T09:00:00Z",
    "data": {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 7},
}  # fmt: skip
EVENTS = [*RELEASE_NOTES, FEWER]


async def explained(system: BillingSystem, line: str) -> dict[str, Any]:
    return (await explain_issued.explain(system.dsn, line)).shape()


@pytest.mark.slow
def test_an_issued_line_is_explained_down_to_its_events(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(EVENTS)
            await system.settled()
            await all_runs(system, FIRSTS)
            await system.settled()

            added = await explained(system, "sub-1/2019-02-01/2019-02-22")
            assert added["sentence"] == (
                "7 of 28 days of 10.00 (price protected until 2020-02-01), rounded to 2.50 for one licence, "
                "times 1 = 2.50, because LicensesChanged 3 of 2019-02-22 added 1 seat "
                "(rules R0.10, R3.1, R1.9, R0.2, R2.4)"
            )
            assert added["document"] == {
                "number": "INV-2019-000002", "kind": "invoice", "date": "2019-03-01", "recipient": "res-1",
                "customer": None, "currency": "EUR",
            }  # fmt: skip
            assert [(one["role"], one["type"], one["id"], one["time"][:10]) for one in added["events"]] == [
                ("seats", "LicensesChanged", "3", "2019-02-22"), ("terms", "OrderExecuted", "1", "2019-01-15"),
            ]  # fmt: skip
            await _lie_where_it_says(system, added["events"])

            renewed = await explained(system, "sub-1/2020-02-01/2020-02-01")
            assert [(one["role"], one["topic"]) for one in renewed["events"]] == [
                ("seats", SUBSCRIPTIONS.name), ("terms", ORDERS.name), ("price", CATALOG.name),
            ]  # fmt: skip

            credited = await explained(system, "sub-1/2019-03-01/2019-03-01/2")
            assert credited["document"]["number"] == "CN-2019-000001"
            assert [(one["line"], one["document"], one["net"]) for one in credited["layer"]] == [
                ("sub-1/2019-03-01/2019-03-01",
                 {"number": "INV-2019-000002", "kind": "invoice", "date": "2019-03-01"}, "90.00"),
                ("sub-1/2019-03-01/2019-03-01/2",
                 {"number": "CN-2019-000001", "kind": "credit_note", "date": "2019-04-01"}, "7.74"),
            ]  # fmt: skip
            assert "12 of 31" not in credited["sentence"]
            assert credited["sentence"].startswith("19 of 31 days of 10.00 stay charged")

    asyncio.run(scenario())


async def _lie_where_it_says(system: BillingSystem, events: list[dict[str, Any]]) -> None:
    for one in events:
        place = 'SELECT topic, partition, "offset" FROM invoicing_g1.event WHERE identity = store.identity(%s, %s)'
        found = await system.query(place, one["source"], one["id"])
        assert found == [(one["topic"], one["partition"], one["offset"])]


def test_a_line_that_is_not_there_names_what_an_id_looks_like_and_what_is_near(
    empty_broker: Broker, database: str
) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            with pytest.raises(UserError, match="no line is near it"):
                await explained(system, "sub-1/2019-02-01/2019-02-01")
            await system.emit(RELEASE_NOTES)
            await system.settled()
            await all_runs(system, FIRSTS[:2])

            for line in ("sub-1/2019-02-01/2019-02-23", "sub-2/2019-02-01/2019-02-22", "nonsense"):
                with pytest.raises(UserError, match=r"SUBSCRIPTION/CYCLE-START.*near it are .*2019-02-01/2019-02-22"):
                    await explained(system, line)

    asyncio.run(scenario())


def test_a_line_that_was_issued_before_lines_said_why_says_so(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(RELEASE_NOTES)
            await system.settled()
            await system.run(date(2019, 2, 1))
            await system.query("UPDATE invoicing.issued_line SET why = NULL RETURNING revision")
            await system.settled()

            found = await explained(system, "sub-1/2019-02-01/2019-02-01")

            assert found["sentence"] == "80.00: it was issued before explanations were kept with the lines"
            assert found["events"] == []

    asyncio.run(scenario())
