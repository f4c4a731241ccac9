"""A running system with a vendor in memory beside it: swept, compared, and asked to do something about it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from services.reconciliation.commands.bodies import Command, Request
from services.reconciliation.comparing import Outcome, compare_now
from services.reconciliation.delay import Policy
from services.reconciliation.desk import ReconciliationDesk
from services.reconciliation.projection import SPEC as RECONCILIATION
from services.reconciliation.sweeping import Swept, sweep
from services.reconciliation.vendors.connector import Entitlement
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.commands.decision import Decided
from shared.commands.desk import Asked
from shared.commands.handling import handle
from shared.commands.principal import OPERATOR, Principal
from shared.events.models.reconciliation import Status
from shared.projections.spec import ProjectionSpec
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem, Event, billing_system
from tests.infrastructure.brokers import Broker
from tests.infrastructure.vendors import VendorInMemory

Told = Callable[[BillingSystem], Awaitable[None]]


def ordered(number: int, quantity: int, customer: str = "cus-1", **item: object) -> Event:
    """An order of a subscription S1, S2 …, which the vendor calls V1, V2 …"""
    of = {
        "subscription_id": f"S{number}", "product": {"id": "office", "vendor": "Microsoft"}, "quantity": quantity,
        "unit_price": "10.00", "vendor_subscription_id": f"V{number}", **item,
    }  # fmt: skip
    data = {"order_id": f"o-{number}", "currency": "EUR", "customer": {"id": customer}, "items": [of]}
    time = f"2025-01-0{number}T09:00:00Z"
    return {"id": f"{number}", "source": "urn:test", "type": "OrderExecuted", "time": time, "data": data}


def suspended(number: int) -> Event:
    data = {"subscription_id": f"S{number}", "customer_id": "cus-1"}
    time = "2025-02-01T09:00:00Z"
    return {"id": f"s{number}", "source": "urn:test", "type": "SubscriptionSuspended", "time": time, "data": data}


def held(number: int, quantity: int, status: Status = "active") -> Entitlement:
    return Entitlement(f"v{number}", "office:1", quantity, status, status)


# EX-18: ours and theirs, whose ids differ by case.
OURS = [ordered(1, 5), ordered(2, 10), ordered(3, 3), suspended(3), ordered(5, 2)]
THEIRS = [held(1, 5), held(2, 12), held(3, 3), held(4, 7)]


def in_system(
    database: str,
    broker: Broker,
    told: Told,
    ours: Sequence[Event] = OURS,
    specs: Sequence[ProjectionSpec] = (SUBSCRIPTIONS, RECONCILIATION),
) -> None:
    async def run() -> None:
        async with billing_system(database, broker.address, specs=specs) as running:
            await running.emit(ours)
            await running.settled()
            await told(running)

    asyncio.run(run())


async def swept(running: BillingSystem, vendor: VendorInMemory, now: datetime | None = None) -> Swept:
    done = await sweep(running.dsn, vendor, "test", now=lambda: now or datetime.now(UTC))
    await running.settled()
    return done


async def compared(running: BillingSystem, now: datetime | None = None) -> Outcome:
    outcome = await compare_now(running.dsn, running.broker, "microsoft", Policy(), now=now)
    await running.settled()
    return outcome


async def act(running: BillingSystem, about: str, request: Request, by: Principal = OPERATOR) -> Decided:
    """What an action comes to, as the operator's or of whoever is given; raises what it is refused with."""
    asked = Asked(Command("microsoft", about, request), by, datetime.now(UTC))
    async with await connect(running.dsn) as connection:
        (outcome,) = await handle(connection, ReconciliationDesk(), [asked])
    await running.settled()
    if isinstance(outcome, Decided):
        return outcome
    raise outcome


async def snapshot(running: BillingSystem, about: str) -> str:
    """The snapshot that a row was compared with."""
    rows = await running.query(
        "SELECT snapshot FROM read.reconciliation WHERE coalesce(subscription, vendor_subscription) = %s", about
    )
    return str(rows[0][0])


async def events(running: BillingSystem) -> dict[str, int]:
    """How many own events there are of each type."""
    return dict(await running.query("SELECT type, count(*) FROM store.event GROUP BY type"))
