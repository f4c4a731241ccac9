"""Monthly licences of Panda end on the 1st: an operator is told of who is billed on another day (R8.4)."""

from __future__ import annotations

import pytest

from services.orders.projection import SPEC as ORDERS
from services.reconciliation.projection import SPEC as RECONCILIATION
from services.reconciliation.suggesting import billing_days
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem, Event
from tests.infrastructure.brokers import Broker
from tests.infrastructure.vendors import VendorInMemory
from tests.integration.reconciliation.reconciled import in_system
from tests.integration.reconciliation.test_what_vendors_are_asked import panda, worked


def ordered(day: int, term: str) -> Event:
    event = panda(1, term=term)
    return {**event, "data": {**event["data"], "customer": {"id": "cus-1", "name": "Contoso", "billing_day": day}}}


@pytest.mark.parametrize(("day", "term", "is_told"), [(15, "P1M", True), (1, "P1M", False), (15, "P1Y", False)])
def test_only_a_monthly_licence_with_another_day_is_told_of(
    database: str, empty_broker: Broker, day: int, term: str, is_told: bool
) -> None:
    async def then(running: BillingSystem) -> None:
        found = await worked(running, VendorInMemory("panda"))
        assert [task.kind for task in found] == ["provision"]

        async with await connect(running.dsn) as connection:
            told = await billing_days(connection, found)

        sentence = (
            "cus-1: its monthly licences end on the 1st at the vendor, and its billing day is 15: "
            "seatledger customers change cus-1 --billing-day 1 brings them together"
        )
        assert told == ([sentence] if is_told else [])

    in_system(database, empty_broker, then, ours=[ordered(day, term)], specs=(ORDERS, SUBSCRIPTIONS, RECONCILIATION))
