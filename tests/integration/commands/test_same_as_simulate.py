"""Commands through the APIs on a running system: what comes out is what `simulate` says for the events of the log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.invoicing.cli import simulation_shape
from services.invoicing.simulation import simulate
from shared.billing.facts import Fact
from shared.events.envelope import read_record
from shared.events.facts import facts_of
from shared.events.reading import read
from shared.log.ends import end_offsets
from shared.log.records import Partition
from tests.infrastructure.billing_system import EVERY_PROJECTION, BillingSystem, Event, billing_system
from tests.infrastructure.brokers import Broker
from tests.infrastructure.tokens import bearer, token_of
from tests.infrastructure.topics import delete_all_topics
from tests.integration.access.routes import apps
from tests.integration.invoicing.documents import in_order, table

pytestmark = [pytest.mark.broker, pytest.mark.database]

Json = dict[str, Any]
PARTITIONS = 3
TOPICS = ("catalog.events", "orders.events", "subscriptions.events")
TODAY = datetime.now(UTC).date()
LAST = TODAY + timedelta(days=75)
BEFORE = [TODAY - timedelta(days=40), TODAY - timedelta(days=5)]
AFTER = [TODAY, TODAY + timedelta(days=9), TODAY + timedelta(days=40), LAST]
CUSTOMER = "cus-1"


def upstream(name: str, at: date | datetime, data: Json) -> Event:
    return {"id": f"{name}-{at.isoformat()}-{data.get('subscription_id', '')}", "source": "urn:upstream", "type": name,
            "time": at.isoformat(), "data": data}  # fmt: skip


def ordered(subscription: str, days: int, **item: Any) -> Event:
    wanted = {
        "subscription_id": subscription,
        "product": {"id": "office"},
        "quantity": 8,
        "unit_price": "10.00",
        **item,
    }
    data = {"order_id": f"of-{subscription}", "currency": "EUR", "customer": {"id": CUSTOMER}, "items": [wanted]}
    return upstream("OrderExecuted", TODAY - timedelta(days=days), data)


def licences(subscription: str, quantity: int, at: datetime) -> Event:
    data = {"subscription_id": subscription, "customer_id": CUSTOMER, "quantity": quantity}
    return upstream("LicensesChanged", at, data)


IN_MONTHS = {"term": "P1Y", "billing_frequency": "P1M", "unit_price": "120.00"}
HISTORY = [
    ordered("sub-1", 100), ordered("sub-2", 50, **IN_MONTHS), ordered("sub-3", 80), ordered("sub-4", 45, **IN_MONTHS),
    ordered("sub-5", 90),
]  # fmt: skip


class Apis:
    """The APIs of all services, asked as the distributor."""

    def __init__(self, clients: dict[str, httpx.AsyncClient], headers: dict[str, str]) -> None:
        self._clients = clients
        self._headers = headers

    async def ask(self, method: str, path: str, body: Any = None, status: int = 200, **headers: Any) -> Any:
        service = "subscriptions" if "subscriptions" in path else "orders"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self._clients[service].request(method, path, json=body, headers={**self._headers, **named})
        assert answer.status_code == status, answer.text
        return answer.json()

    async def change(self, subscription: str, change: int, **headers: Any) -> int:
        path = f"/v1/subscriptions/{subscription}/quantity"
        quantity: int = (await self.ask("POST", path, {"change": change}, **headers))["subscription"]["quantity"]
        return quantity


@asynccontextmanager
async def apis_over(dsn: str, headers: dict[str, str]) -> AsyncIterator[Apis]:
    async with AsyncExitStack() as stack:
        clients = {}
        for service, app in apps(dsn).items():
            await stack.enter_async_context(app.router.lifespan_context(app))
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")
            clients[service] = await stack.enter_async_context(client)
        yield Apis(clients, headers)


async def facts_of_the_log(broker: str) -> list[Fact]:
    """What all events of the log say that billing takes in, ours and upstream's."""
    ends = await end_offsets(broker, [Partition(topic, number) for topic in TOPICS for number in range(PARTITIONS)])
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, enable_auto_commit=False)
    await consumer.start()
    try:
        filled = [TopicPartition(*partition) for partition, end in ends.items() if end]
        consumer.assign(filled)
        await consumer.seek_to_beginning(*filled)
        facts: list[Fact] = []
        while any([await consumer.position(one) < ends[Partition(*one)] for one in filled]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    found, model, _ = read(read_record(record.key, record.value, record.headers))
                    facts += facts_of(found, model)
        return facts
    finally:
        await consumer.stop()


async def rows_of(system: BillingSystem) -> Json:
    subscriptions = (
        "subscription, status, quantity, unit_price::text, billing_plan, term_start, term_end, protected_until"
    )
    plans = (
        "subscription, billing_plan, installments, invoiced, excluded, remaining, next_invoice_date, "
        "next_invoice_amount::text, next_invoice_gross::text, extra_charge_rate::text"
    )
    return {
        "subscriptions": table(await system.query(f"SELECT {subscriptions} FROM read.subscriptions")),
        "installment_plans": table(await system.query(f"SELECT {plans} FROM read.installment_plans")),
        "rejected": sorted(await system.query("SELECT id, type, reason FROM read.rejected_events")),
    }


async def sell(apis: Apis) -> None:
    """A reseller, its customer, a product with a plan, and an executed order, all through the API."""
    price = {
        "currency": "EUR",
        "term": "P1Y",
        "billing_frequency": "P1Y",
        "unit_price": "144.00",
        "unit_cost": "100.00",
    }
    product = {"name": "Suite", "term": "P1Y", "anchor": "order_day", "prices": [price], "billing_plans": ["P1M"]}
    await apis.ask("POST", "/v1/resellers", {"id": "res-1", "name": "Aegean Cloud", "tax_rate": "0.24"}, 201)
    await apis.ask("PUT", "/v1/products/suite", product, 201)
    for scope in ({"scope": "organisation"}, {"scope": "reseller", "scope_id": "res-1"}):
        await apis.ask("POST", "/v1/settings", {**scope, "key": "billing_plans_enabled", "value": True})
    item = {"product": "suite", "quantity": 5, "term": "P1Y", "billing_frequency": "P1M", "subscription_id": "sub-6"}
    customer = {"id": "cus-2", "name": "Contoso", "reseller_id": "res-1"}
    order = {"order_id": "ord-1", "currency": "EUR", "customer": customer, "items": [item], "execute": True}
    await apis.ask("POST", "/v1/orders", order, 201)


async def manage(apis: Apis) -> None:
    """Commands on subscriptions: what is not projected yet counts, what comes again is done once."""
    assert [await apis.change("sub-1", 3, Idempotency_Key="three more") for _ in range(3)] == [23, 23, 23]
    assert await apis.change("sub-1", -1) == 22
    assert await apis.change("sub-2", 2) == 10
    refused = await apis.ask(
        "POST", "/v1/subscriptions/sub-2/quantity", {"quantity": 3, "effective_at": f"{LAST}"}, 422
    )
    assert refused["type"] == "urn:seatledger:problem:refused"
    await apis.ask("PUT", "/v1/subscriptions/sub-2/next-term", {"quantity": 20})
    await apis.ask("POST", "/v1/subscriptions/sub-3/cancel", {"mode": "end_of_cycle"})
    await apis.ask("POST", "/v1/subscriptions/sub-4/pricing", {"unit_price": "150.00", "applies": "next_term"})
    await apis.ask("PUT", "/v1/subscriptions/sub-4/auto-renew", {"auto_renew": False})
    await apis.ask("POST", "/v1/subscriptions/sub-5/suspend", {})
    await apis.ask("POST", "/v1/subscriptions/sub-5/reactivate", {})
    await apis.ask("POST", "/v1/subscriptions/sub-5/pricing", {"unit_price": "9.00", "applies": "current_cycle"})
    row = {"subscription_id": "sub-7", "currency": "EUR", "customer": {"id": CUSTOMER}, "product": {"id": "office"},
           "quantity": 4, "unit_price": "11.00", "started_at": f"{TODAY - timedelta(days=70)}",
           "billed_by_us_from": f"{TODAY - timedelta(days=3)}"}  # fmt: skip
    await apis.ask("POST", "/v1/subscriptions", row, 201)
    assert await apis.change("sub-7", 1) == 5


async def run(system: BillingSystem, days: Sequence[date]) -> list[Any]:
    issued = []
    for day in days:
        issued += (await system.run(day, early=True)).documents
    await system.settled()
    return issued


@pytest.mark.slow
def test_what_commands_come_to_is_what_simulate_says_for_the_events_of_the_log(broker: Broker, database: str) -> None:
    delete_all_topics(broker.address)

    async def scenario() -> tuple[list[Any], Json, list[Fact]]:
        async with billing_system(database, broker.address, specs=EVERY_PROJECTION, partitions=PARTITIONS) as system:
            headers = bearer(await asyncio.to_thread(token_of, database, "distributor"))
            async with apis_over(database, headers) as apis:
                await system.emit(HISTORY)
                await system.settled()
                issued = await run(system, BEFORE)
                # Ordered upstream a moment ago, then three more here: both count.
                await system.emit([licences("sub-1", 20, datetime.now(UTC))])
                await system.settled()
                await sell(apis)
                await manage(apis)
                await system.settled()
                # Executed over there, and known here once its event has come.
                assert await apis.change("sub-6", 2) == 7
                # While our own is on its way to the log, upstream goes on.
                assert await apis.change("sub-3", 1) == 9
                await system.emit([licences("sub-1", 30, datetime.now(UTC))])
                await system.settled()
                assert await apis.change("sub-1", 1) == 31
                await system.settled()
                await system.come_to(LAST)
                await system.settled()
                issued += await run(system, AFTER)
                return issued, await rows_of(system), await facts_of_the_log(broker.address)

    issued, rows, facts = asyncio.run(scenario())

    expected: Json = simulation_shape(simulate(facts, LAST, [*BEFORE, *AFTER]))
    assert len(issued) > len(AFTER)
    assert in_order(issued) == in_order(expected["documents"])
    assert rows["subscriptions"] == table(expected["subscriptions"])
    assert rows["installment_plans"] == table(expected["installment_plans"])
    assert rows["rejected"] == sorted((one["id"], one["type"], one["reason"]) for one in expected["rejected"]) == []
