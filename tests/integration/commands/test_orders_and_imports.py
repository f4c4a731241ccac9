"""Orders of what was taken over: an import counts for orders at once, however far any projection is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from psycopg import AsyncConnection, sql

from services.orders.commands.bodies import Command, DefineProduct, RegisterCustomer, RegisterReseller, Request
from services.orders.commands.order_bodies import PlaceOrder
from services.orders.desk import OrdersDesk
from services.orders.projection import SPEC
from services.subscriptions.commands.bodies import Command as OfSubscription
from services.subscriptions.commands.bodies import Import
from services.subscriptions.desk import SubscriptionDesk
from shared.commands.decision import CommandRefused, Decided, Forbidden
from shared.commands.desk import Asked
from shared.commands.forgetting import forget
from shared.commands.handling import Outcome, handle
from shared.commands.principal import OPERATOR, Principal
from shared.log.topics import SUBSCRIPTIONS
from shared.store.pool import connect
from tests.unit.orders.shop import ANOTHER, OFFICE, read

pytestmark = [pytest.mark.database]
T = TypeVar("T")


def in_database(dsn: str, scenario: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    async def run() -> T:
        async with await connect(dsn) as connection:
            return await scenario(connection)

    return asyncio.run(run())


async def order(connection: AsyncConnection, request: Request, about: str = "", by: Principal = OPERATOR) -> Outcome:
    return (await handle(connection, OrdersDesk(), [Asked(Command(about, request), by, datetime.now(UTC))]))[0]


async def shop(connection: AsyncConnection) -> None:
    """Two resellers, a product, and sub-1 of res-1's customer cus-9, which was imported and never registered."""
    for reseller in ("res-1", "res-2"):
        await order(connection, read(RegisterReseller, {"id": reseller, "name": reseller}))
    await order(connection, read(DefineProduct, OFFICE), "office")
    taken_over = Import.model_validate(
        {"subscription_id": "sub-1", "currency": "EUR", "customer": {"id": "cus-9"}, "reseller": {"id": "res-1"},
         "product": {"id": "office"}, "quantity": 8, "unit_price": "10.00", "started_at": "2026-01-01",
         "billed_by_us_from": "2026-02-01"}
    )  # fmt: skip
    asked = Asked(OfSubscription("sub-1", taken_over), OPERATOR, datetime.now(UTC))
    (outcome,) = await handle(connection, SubscriptionDesk(), [asked])
    assert isinstance(outcome, Decided), outcome


async def projected(connection: AsyncConnection, schema: str) -> None:
    """A generation has the events of our own: as far as forgetting them goes."""
    await connection.execute(
        sql.SQL(
            'INSERT INTO {} (identity, fingerprint, topic, partition, "offset") '
            "SELECT store.identity(source, id), '', type, 0, row_number() OVER () FROM store.event"
        ).format(sql.Identifier(schema, "event"))
    )


async def registering(connection: AsyncConnection) -> Outcome:
    return await order(connection, read(RegisterCustomer, {"id": "cus-9", "name": "Mine"}), by=ANOTHER)


def placing(customer: str = "cus-9", **item: Any) -> PlaceOrder:
    return read(PlaceOrder, {"order_id": "o-1", "currency": "EUR", "customer": {"id": customer}, "execute": True,
                             "items": [{"product": "office", "quantity": 1, **item}]})  # fmt: skip


def test_the_imported_customer_of_another_reseller_is_not_registered(prepared: str) -> None:
    async def scenario(connection: AsyncConnection) -> Outcome:
        await shop(connection)
        return await registering(connection)

    refused = in_database(prepared, scenario)
    assert isinstance(refused, Forbidden)
    assert "may not register customer cus-9" in str(refused)


def test_an_import_is_remembered_until_orders_have_it_too(prepared: str) -> None:
    async def scenario(connection: AsyncConnection) -> tuple[Outcome, int]:
        await shop(connection)
        await projected(connection, "subscriptions_g1")
        await forget(connection)
        refused = await registering(connection)
        await projected(connection, "orders_g1")
        await forget(connection)
        found = await (await connection.execute("SELECT count(*) FROM store.unprojected")).fetchone()
        assert found is not None
        return refused, int(found[0])

    refused, left = in_database(prepared, scenario)
    assert isinstance(refused, Forbidden)
    assert left == 0


def test_the_projection_of_orders_reads_imports() -> None:
    assert SUBSCRIPTIONS.name in SPEC.topics


def test_an_order_is_placed_for_an_imported_customer_by_its_reseller(prepared: str) -> None:
    async def scenario(connection: AsyncConnection) -> Outcome:
        await shop(connection)
        return await order(connection, placing())

    placed = in_database(prepared, scenario)
    assert isinstance(placed, Decided), placed
    assert placed.body["reseller"] == "res-1"


def test_the_id_of_a_subscription_that_was_just_imported_is_taken(prepared: str) -> None:
    async def scenario(connection: AsyncConnection) -> Outcome:
        await shop(connection)
        return await order(connection, placing(subscription_id="sub-1"))

    refused = in_database(prepared, scenario)
    assert isinstance(refused, CommandRefused)
    assert "subscription sub-1 exists already: give another subscription_id" in str(refused)
