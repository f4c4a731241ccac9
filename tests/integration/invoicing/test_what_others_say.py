"""What a subscription is billed can hang on events about others: its parent, a new product, what that is a copy of."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest

from services.prepare import migration_folders
from shared.store.migrations import migrate
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem, Event, billing_system
from tests.infrastructure.brokers import Broker
from tests.infrastructure.older_release import back_to
from tests.integration.invoicing.documents import in_order, simulated

pytestmark = pytest.mark.slow


def event(number: int, kind: str, time: str, data: dict[str, Any]) -> Event:
    return {"id": str(number), "source": "urn:test", "type": kind, "time": f"{time}T09:00:00Z", "data": data}


def ordered(
    number: int, time: str, sub: str, customer: str, product: str = "p", time_zone: str = "UTC", **item: Any
) -> Event:
    sold = {"subscription_id": sub, "product": {"id": product}, "quantity": 2, "unit_price": "31.00", **item}
    of = {"id": customer, "time_zone": time_zone}
    data = {"order_id": f"o-{sub}", "currency": "EUR", "customer": of, "items": [sold]}
    return event(number, "OrderExecuted", time, data)


# Three customers, so three keys on the topics: an add-on of an add-on, whose base ends in the middle of a cycle.
ADD_ONS = [
    ordered(1, "2025-01-01", "base", "cus-a"),
    ordered(2, "2025-01-05", "add-on", "cus-b", parent_subscription_id="base"),
    ordered(3, "2025-01-06", "add-on of the add-on", "cus-c", parent_subscription_id="add-on"),
    event(4, "LicensesChanged", "2025-02-03",
          {"subscription_id": "add-on", "customer_id": "cus-b", "quantity": 3}),
    event(5, "SubscriptionCanceled", "2025-02-11",
          {"subscription_id": "base", "customer_id": "cus-a", "mode": "immediate"}),
]  # fmt: skip
# The parent ends on the 12th where it is, and the evening before where its add-on is.
IN_TWO_ZONES = [
    ADD_ONS[0],
    ordered(2, "2025-01-05", "add-on", "cus-b", time_zone="America/New_York", parent_subscription_id="base"),
    {**ADD_ONS[4], "time": "2025-02-12T02:00:00Z"},
]
# What a run found that reckoned the add-on's next day in its own zone: that nothing new is to become known.
_AS_LEFT_BEHIND = """
UPDATE invoicing.billed SET new_facts_on = NULL, look_again_on = '2025-03-01' WHERE subscription = 'add-on'
"""
# The new product's list price and setting count after the conversion.
CONVERTED = [
    ordered(1, "2025-01-01", "sub-1", "cus-a"),
    event(2, "SubscriptionConverted", "2025-01-15",
          {"subscription_id": "sub-1", "customer_id": "cus-a", "product": {"id": "better"}, "unit_price": "62.00"}),
    event(3, "PriceChanged", "2025-01-20",
          {"product_id": "better", "currency": "EUR", "unit_price": "93.00", "effective_from": "2025-02-01"}),
    event(4, "SettingChanged", "2025-01-20",
          {"scope": "product", "scope_id": "better", "key": "decrease_credit", "value": "none",
           "effective_from": "2025-01-20"}),
    event(5, "LicensesChanged", "2025-02-10",
          {"subscription_id": "sub-1", "customer_id": "cus-a", "quantity": 1}),
]  # fmt: skip
LISTED = {"currency": "EUR", "term": "P1M", "billing_frequency": "P1M", "unit_price": "9.00", "unit_cost": "5.00"}
# The order takes its terms from a copy of a copy; with what it says itself it would be refused: a markup needs a cost.
COPIED = [
    event(1, "ProductDefined", "2025-01-01", {"id": "original", "prices": [LISTED]}),
    event(2, "ProductCopied", "2025-01-02", {"product_id": "copy", "from_product_id": "original"}),
    event(3, "ProductCopied", "2025-01-03", {"product_id": "p", "from_product_id": "copy"}),
    ordered(4, "2025-01-04", "sub-1", "cus-a", pricing={"rule": "markup", "rate": "0.20"}),
]  # fmt: skip
ORDERS: dict[str, Callable[[list[Event]], list[Event]]] = {
    "as they happened": list,
    "backwards": lambda events: events[::-1],
    "the founding ones last": lambda events: events[1:] + events[:1],
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("events", [ADD_ONS, CONVERTED, COPIED], ids=["add-ons", "converted", "copied"])
def test_it_is_billed_as_simulate_says_when_each_event_comes_alone(
    empty_broker: Broker, database: str, events: Sequence[Event], order: str
) -> None:
    days = [date(2025, 2, 1), date(2025, 2, 11), date(2025, 3, 1)]

    async def scenario() -> None:
        async with billing_system(database, empty_broker.address, workers=2) as system:
            for one in ORDERS[order](list(events)):
                await system.emit([one])
                await system.settled()
            documents = [document for day in days for document in (await system.run(day)).documents]

            assert in_order(documents) == simulated(events, days)
            if events is ADD_ONS:
                await _all_have_ended(system)

    asyncio.run(scenario())


def test_one_run_ends_a_parent_and_its_add_on_though_it_was_still_the_day_before_where_the_add_on_is(
    empty_broker: Broker, database: str
) -> None:
    """The run of the 11th looked at all of it, and has to know that the 12th is when to look again."""
    events = IN_TWO_ZONES
    days = [date(2025, 2, 1), date(2025, 2, 11), date(2025, 2, 12), date(2025, 3, 1)]

    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(events)
            await system.settled()
            documents = [document for day in days for document in (await system.run(day)).documents]

            assert in_order(documents) == simulated(events, days)
            credited = {(document["recipient"], document["date"]) for document in documents[2:]}
            assert credited == {("cus-a", "2025-02-12"), ("cus-b", "2025-02-12")}

    asyncio.run(scenario())


def test_an_end_that_an_earlier_release_missed_comes_with_the_first_run_after_the_upgrade(
    empty_broker: Broker, database: str
) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(IN_TWO_ZONES)
            await system.settled()
            for day in (date(2025, 2, 1), date(2025, 2, 11)):
                await system.run(day)
            async with await connect(database) as connection:
                await connection.execute(_AS_LEFT_BEHIND)
                missed = (await system.run(date(2025, 2, 12))).documents
                await back_to(connection, 4)
                await migrate(connection, migration_folders())

            assert [document["recipient"] for document in missed] == ["cus-a"]
            (late,) = (await system.run(date(2025, 2, 13))).documents
            assert (late["kind"], late["recipient"]) == ("credit_note", "cus-b")
            assert (await system.run(date(2025, 2, 14))).documents == []

    asyncio.run(scenario())


async def _all_have_ended(system: BillingSystem) -> None:
    states = await system.query("SELECT subscription, status, quantity FROM read.subscriptions ORDER BY subscription")
    assert states == [("add-on", "canceled", 3), ("add-on of the add-on", "canceled", 2), ("base", "canceled", 2)]


def test_an_event_about_a_parent_has_its_add_ons_folded_again_and_nothing_else(
    empty_broker: Broker, database: str
) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit([*ADD_ONS[:4], ordered(9, "2025-01-01", "other", "cus-a")])
            await system.settled()
            before = await _touched(system)
            await system.emit([ADD_ONS[4]])
            await system.settled()
            after = await _touched(system)

            assert {name for name in after if after[name] != before[name]} == {"base", "add-on", "add-on of the add-on"}

    asyncio.run(scenario())


async def _touched(system: BillingSystem) -> dict[str, int]:
    return dict(await system.query("SELECT scope_id, touched FROM invoicing_g1.state WHERE scope = 'subscription'"))
