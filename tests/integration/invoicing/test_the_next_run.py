"""The preview of a recipient's next documents is what the run then issues, and changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.invoicing import api
from shared.web.application import create_app
from tests.infrastructure.billing_system import BillingSystem, Event, billing_system
from tests.infrastructure.brokers import Broker
from tests.infrastructure.tokens import bearer, token_of
from tests.integration.invoicing.documents import in_order

pytestmark = [pytest.mark.broker, pytest.mark.database]

RUNS = [date(2019, month, 1) for month in (2, 3, 4, 5)]
_WRITTEN = """
SELECT (SELECT count(*) FROM invoicing.issued_line), (SELECT count(*) FROM invoicing.billed),
    (SELECT count(*) FROM invoicing.document_counter), (SELECT sum(open) FROM invoicing.open_invoice),
    (SELECT sum(amount) FROM invoicing.returnable_tax), (SELECT count(*) FROM store.event)
"""


def order(customer: str, reseller: str | None, *, separate: bool = False) -> Event:
    data: dict[str, Any] = {
        "order_id": f"ord-{customer}", "currency": "EUR",
        "customer": {"id": customer, "billing_day": 1, "separate_invoices": separate, "tax_rate": "0.24"},
        "items": [
            {"subscription_id": f"{customer}-1", "product": {"id": "office"}, "quantity": 5, "unit_price": "10.00"},
            {"subscription_id": f"{customer}-2", "product": {"id": "suite"}, "quantity": 2, "unit_price": "120.00",
             "term": "P1Y", "billing_frequency": "P1M"},
        ],
    }  # fmt: skip
    if reseller is not None:
        data["reseller"] = {"id": reseller, "tax_rate": "0.19", "transaction_currency": "USD"}
    return {"id": f"o-{customer}", "source": "urn:test", "type": "OrderExecuted", "time": "2019-01-15T09:00:00Z",
            "data": data}  # fmt: skip


def changed(number: str, customer: str, quantity: int, time: str) -> Event:
    data = {"subscription_id": f"{customer}-1", "customer_id": customer, "quantity": quantity}
    return {"id": number, "source": "urn:test", "type": "LicensesChanged", "time": time, "data": data}


EVENTS: list[Event] = [
    order("a", "res-1"), order("b", "res-1"), order("c", "res-1", separate=True), order("d", "res-2"), order("e", None),
    {"id": "rate", "source": "urn:test", "type": "ExchangeRateSet", "time": "2019-01-01T00:00:00Z",
     "data": {"base": "EUR", "quote": "USD", "rate": "1.0837", "date": "2019-01-01"}},
    changed("more", "a", 8, "2019-02-10T09:00:00Z"),
    changed("fewer", "b", 3, "2019-02-15T09:00:00Z"),
    # Whose customer it becomes gets what is billed from then on; what comes back goes to who was billed.
    {"id": "moved", "source": "urn:test", "type": "CustomerChanged", "time": "2019-03-10T09:00:00Z",
     "data": {"id": "b", "reseller_id": "res-2"}},
    changed("fewer still", "b", 1, "2019-03-20T09:00:00Z"),
]  # fmt: skip


def issued(documents: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a run issued, as the preview shows it: without reasons, related invoices by reference."""
    numbered = [*before, *documents]
    new = {document["number"] for document in documents}
    references = {document["number"]: place for place, document in enumerate(numbered)}
    assert len(references) == len(numbered)
    plain = [{**one, "lines": [{k: v for k, v in line.items() if k != "why"} for line in one["lines"]]}
             for one in numbered]  # fmt: skip
    shown = in_order(plain)
    days = {one["date"] for one in numbered if one["number"] in new}
    return [one for one in shown if one["date"] in days]


def previewed(client: TestClient, recipient: str, day: date) -> list[dict[str, Any]]:
    answer = client.get("/v1/next-run", params={"recipient": recipient, "date": day.isoformat()})
    assert answer.status_code == 200, answer.text
    documents: list[dict[str, Any]] = answer.json()["documents"]
    for document in documents:
        subtotals = document.pop("customers")
        by_customer = [line["customer"] for line in document["lines"]]
        assert [(one["customer"], one["lines"]) for one in subtotals] == [
            (name, by_customer.count(name)) for name in dict.fromkeys(by_customer)
        ]
        document.pop("taxes", None)
    return documents


@pytest.mark.slow
def test_the_preview_is_what_the_run_issues(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(EVENTS)
            await system.settled()
            headers = bearer(await asyncio.to_thread(token_of, database, "distributor"))
            with TestClient(create_app("invoicing", api.router, database), headers=headers) as client:
                done: list[Mapping[str, Any]] = []
                for day in RUNS:
                    await _preview_and_run(system, client, day, done)
                kinds = {(one["kind"], one["recipient"]) for one in done}
                assert {("credit_note", "res-1"), ("invoice", "res-2"), ("invoice", "e")} <= kinds

                closed = client.get("/v1/next-run", params={"recipient": "e", "date": "2019-04-30"})
                assert closed.status_code == 400
                assert "2019-04-30 is closed: the last invoice run is of 2019-05-01" in closed.json()["detail"]

    asyncio.run(scenario())


async def _preview_and_run(system: BillingSystem, client: TestClient, day: date, done: list[Mapping[str, Any]]) -> None:
    before = await system.query(_WRITTEN)
    found = []
    for recipient in ("e", "res-1", "res-2"):
        found += await asyncio.to_thread(previewed, client, recipient, day)
    assert await system.query(_WRITTEN) == before

    documents = (await system.run(day)).documents
    await system.settled()

    assert in_order(found) == issued(documents, done)
    done += documents


def test_lines_are_chosen_and_others_are_not_there(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(EVENTS[:5])
            await system.settled()
            app = create_app("invoicing", api.router, database)
            with TestClient(app, headers=bearer(await asyncio.to_thread(token_of, database, "distributor"))) as client:
                path = "/v1/next-run?recipient=res-1&date=2019-02-01"
                (first, *_) = client.get(f"{path}&customer=b").json()["documents"]
                assert {line["customer"] for line in first["lines"]} == {"b"}
                assert [one["customer"] for one in first["customers"]] == ["a", "b"]
                (first, *_) = client.get(f"{path}&limit=1").json()["documents"]
                assert len(first["lines"]) == 1
                far = client.get("/v1/next-run?recipient=res-1&date=2199-01-01")
                assert (far.status_code, "too far away" in far.json()["detail"]) == (400, True)
                theirs = bearer(await asyncio.to_thread(token_of, database, "reseller", reseller="res-2"))
                for recipient in ("res-1", "e", "nobody"):
                    answer = client.get(f"/v1/next-run?recipient={recipient}", headers=theirs)
                    assert answer.status_code == 404
                    assert answer.json()["detail"] == f"there is no recipient {recipient!r}"

    asyncio.run(scenario())
