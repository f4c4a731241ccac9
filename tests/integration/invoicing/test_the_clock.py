"""What comes by the calendar alone comes to the rows when the clock moves, without any event."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.invoicing.cli import simulation_shape
from services.invoicing.simulation import simulate
from tests.infrastructure.billing_system import BillingSystem, Event, billing_system
from tests.infrastructure.brokers import Broker
from tests.integration.invoicing.documents import facts_in, table

# The projectors move their clocks to the present, so everything is dated around it.
TODAY = datetime.now(UTC).date()
AHEAD = (1, 9, 10, 11, 27, 28, 31, 32, 45, 61, 62, 90, 93, 121, 151, 183, 366, 400)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def event(number: int, kind: str, days_ago: int, data: dict[str, Any]) -> Event:
    time = f"{ago(days_ago)}T00:00:00Z"
    return {"id": str(number), "source": "urn:test", "type": kind, "time": time, "data": data}


def ordered(number: int, sub: str, days_ago: int, customer: str = "cus-1", **item: Any) -> Event:
    sold = {"subscription_id": sub, "product": {"id": "p"}, "quantity": 5, "unit_price": "120.00", **item}
    data = {"order_id": f"o-{sub}", "currency": "EUR", "customer": {"id": customer}, "items": [sold]}
    return event(number, "OrderExecuted", days_ago, data)


def of(sub: str, customer: str = "cus-1", **data: Any) -> dict[str, Any]:
    return {"subscription_id": sub, "customer_id": customer, **data}


LISTED = {"currency": "EUR", "term": "P1Y", "billing_frequency": "P1Y", "unit_price": "1200.00"}
EVENTS: list[Event] = [
    event(1, "ProductDefined", 500, {"id": "p", "prices": [LISTED]}),
    ordered(2, "trial", 3, trial_until=(TODAY + timedelta(days=10)).isoformat()),
    ordered(3, "next-term", 20, anchor="order_day"),
    event(4, "NextTermScheduled", 1, of("next-term", term="P1Y", quantity=4)),
    ordered(5, "moved", 40, "cus-2"),
    event(6, "CustomerChanged", 1, {"id": "cus-2", "billing_day": 15}),
    ordered(7, "expires", 20, anchor="order_day"),
    event(8, "AutoRenewChanged", 2, of("expires", auto_renew=False)),
    ordered(9, "extended", 350, nce=True, term="P1Y"),
    event(10, "AutoRenewChanged", 2, of("extended", auto_renew=False)),
    ordered(11, "plan", 340, term="P1Y", billing_frequency="P1M"),
    ordered(12, "add-on", 10, "cus-3", parent_subscription_id="expires"),
    ordered(13, "yearly", 60, "cus-1", term="P1Y"),
    event(14, "LicensesChanged", 0, of("yearly", quantity=7)),
    ordered(15, "three-years", 100, term="P3Y", billing_frequency="P1M"),
    event(16, "BillingPlanChanged", 0, of("three-years", billing_frequency="P1Y")),
    ordered(17, "in New Zealand", 30, "cus-4", anchor="order_day"),
    event(18, "CustomerChanged", 29, {"id": "cus-4", "time_zone": "Pacific/Auckland"}),
]


@pytest.mark.slow
def test_rows_are_those_of_simulate_on_every_day_that_the_clock_comes_to(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit(EVENTS)
            await system.settled()
            seen = set()
            for day in (TODAY + timedelta(days=ahead) for ahead in AHEAD):
                await system.come_to(day)
                await system.settled()

                simulated: dict[str, Any] = simulation_shape(simulate(facts_in(EVENTS), day, runs=[]))
                subscriptions, plans = await rows(system)
                assert subscriptions == table(simulated["subscriptions"]), day
                assert plans == table(simulated["installment_plans"]), day
                assert await system.query("SELECT * FROM read.next_charges WHERE due <= %s", day) == []
                seen |= {row[1] for row in subscriptions}
            assert seen >= {"active", "expired", "disabled", "deleted", "canceled"}

    asyncio.run(scenario())


async def rows(system: BillingSystem) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    subscriptions = await system.query("""
        SELECT subscription, status, quantity, unit_price::text, billing_plan, term_start, term_end, protected_until
        FROM read.subscriptions
    """)
    plans = await system.query("""
        SELECT subscription, billing_plan, installments, invoiced, excluded, remaining, next_invoice_date,
            next_invoice_amount::text, next_invoice_gross::text, extra_charge_rate::text
        FROM read.installment_plans
    """)
    return table(subscriptions), table(plans)
