"""Any history, in any order of arrival, gives the same through Kafka and PostgreSQL as through `simulate`."""

import asyncio
import os
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.invoicing.cli import simulation_shape
from services.invoicing.simulation import simulate
from tests.infrastructure.billing_system import BillingSystem, billing_system
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.topics import delete_all_topics
from tests.integration.invoicing.documents import facts_in, in_order, table
from tests.strategies.families import families
from tests.strategies.histories import History, arrivals, histories
from tests.strategies.lives import lives

# Each example starts a system of its own, some three seconds; the full run of CI takes more of them.
EXAMPLES = int(os.environ.get("SEATLEDGER_EXAMPLES", "6"))
# No day of the past: the clocks of a generation begin in the present, and go forward only.
LAST = max(date(2027, 1, 15), datetime.now(UTC).date() + timedelta(days=2))
RUNS = st.lists(st.dates(date(2025, 1, 1), LAST), min_size=1, max_size=5, unique=True).map(sorted)


SLOW = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def deliveries(draw: st.DrawFn, of: st.SearchStrategy[History]) -> tuple[History, list[History]]:
    history = draw(of)
    return history, draw(arrivals(history))


@pytest.mark.slow
@SLOW
@given(delivery=deliveries(histories() | families()), days=RUNS)
def test_documents_and_rows_are_those_of_simulate_whatever_the_order_of_arrival(
    broker: Broker, database_server: Databases, delivery: tuple[History, list[History]], days: list[date]
) -> None:
    _same_as_simulate(broker, database_server, delivery, days, workers=1)


@pytest.mark.slow
@SLOW
@given(delivery=deliveries(lives()), days=RUNS)
def test_so_it_is_for_everything_that_a_subscription_can_live_through_with_two_workers(
    broker: Broker, database_server: Databases, delivery: tuple[History, list[History]], days: list[date]
) -> None:
    _same_as_simulate(broker, database_server, delivery, days, workers=2)


def _same_as_simulate(
    broker: Broker, server: Databases, delivery: tuple[History, list[History]], days: list[date], *, workers: int
) -> None:
    history, batches = delivery
    delete_all_topics(broker.address)
    dsn = server.create()
    try:
        came_out = asyncio.run(_run(dsn, broker.address, batches, days, workers))
    finally:
        server.drop(dsn)

    expected: dict[str, Any] = simulation_shape(simulate(facts_in(history), LAST, days))

    assert came_out["documents"] == in_order(expected["documents"])
    assert came_out["subscriptions"] == table(expected["subscriptions"])
    assert came_out["installment_plans"] == table(expected["installment_plans"])
    assert came_out["rejected"] == sorted(
        (r["id"], r["type"], r["reason"]) for r in expected["rejected"] if not r["reason"].startswith("waits for")
    )


async def _run(dsn: str, broker: str, batches: list[History], days: list[date], workers: int) -> dict[str, Any]:
    async with billing_system(dsn, broker, workers=workers) as system:
        for batch in batches:
            await system.emit(batch)
        await system.come_to(LAST)
        await system.settled()
        issued = []
        for day in days:
            issued += (await system.run(day, early=True)).documents
        await system.settled()
        return {"documents": in_order(issued)} | await _rows(system)


async def _rows(system: BillingSystem) -> dict[str, Any]:
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
