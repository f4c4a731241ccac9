"""A reseller platform that runs on the commands of orders alone: what they answer is what is projected and billed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.invoicing.projection import SPEC as INVOICING
from services.orders import queries
from services.orders.commands.bodies import (
    ChangeSetting,
    Command,
    CopyProduct,
    DefineProduct,
    RegisterReseller,
    Request,
)
from services.orders.commands.order_bodies import ExecuteOrder, ItemChange, PlaceOrder
from services.orders.desk import OrdersDesk
from services.orders.projection import SPEC as ORDERS
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.commands.decision import Decided
from shared.commands.desk import Asked
from shared.commands.handling import handle
from shared.commands.principal import OPERATOR
from shared.store.pool import connect
from tests.infrastructure.billing_system import billing_system
from tests.infrastructure.brokers import Broker
from tests.unit.orders.shop import OFFICE, read

pytestmark = [pytest.mark.broker, pytest.mark.database]

_ENABLED = {"key": "billing_plans_enabled", "value": True}
_ORDER = {
    "order_id": "o-1", "currency": "EUR", "customer": {"id": "cus-1", "name": "Contoso", "reseller_id": "res-1"},
    "items": [{"product": "school", "quantity": 10}],
}  # fmt: skip


async def ask(connection: Any, request: Request, about: str = "", item: str | None = None) -> Decided:
    asked = Asked(Command(about, request, item), OPERATOR, datetime.now(UTC))
    (outcome,) = await handle(connection, OrdersDesk(), [asked])
    assert isinstance(outcome, Decided), outcome
    return outcome


def test_what_commands_answer_is_what_is_projected_and_billed(database: str, empty_broker: Broker) -> None:
    asyncio.run(_run(database, empty_broker.address))


async def _run(dsn: str, broker: str) -> None:
    specs = (ORDERS, SUBSCRIPTIONS, INVOICING)
    async with billing_system(dsn, broker, specs=specs) as system, await connect(dsn) as connection:
        await ask(connection, read(RegisterReseller, {"id": "res-1", "tax_rate": "0.24", "extra_charge_rate": "0.05"}))
        await ask(connection, read(DefineProduct, OFFICE), "office")
        copied = await ask(connection, CopyProduct(product_id="school"), "office")
        await ask(connection, read(ChangeSetting, {"scope": "organisation", **_ENABLED}))
        await ask(connection, read(ChangeSetting, {"scope": "reseller", "scope_id": "res-1", **_ENABLED}))
        await ask(connection, read(PlaceOrder, _ORDER))
        # Some of it is projected by now, some is not: either way it counts once.
        await ask(connection, read(ItemChange, {"billing_frequency": "P1M"}), "o-1", "1")
        executed = await ask(connection, ExecuteOrder(), "o-1")
        await system.settled()

        order = await queries.order(connection, "o-1")
        product = await queries.product(connection, "school")
        customer = await queries.customer(connection, "cus-1")
        settings = await queries.settings(connection, ("", "", "", ""), 10, scope=None, scope_id=None)
        assert order is not None
        assert product is not None
        assert order.model_dump(mode="json") == executed.body
        assert order.version == executed.etag
        assert product.model_dump(mode="json") == copied.body
        assert customer is not None
        assert (customer.reseller, customer.separate_invoices) == ("res-1", False)
        assert [(one.scope, one.scope_id, one.value) for one in settings] == [
            ("organisation", "", "true"), ("reseller", "res-1", "true"),
        ]  # fmt: skip

        told = order.items[0]
        assert (told.billing_plan, told.installments, str(told.price)) == ("Monthly", 12, "10.50")
        plan = "SELECT billing_plan, installments, next_invoice_gross FROM read.installment_plans"
        assert await system.query(plan) == [("Monthly", 12, told.gross)]
        day = datetime.now(UTC).date()
        await system.come_to(day + timedelta(days=1))
        await system.run(day, early=True)
        await system.settled()
        issued = await system.query("SELECT recipient, net, gross FROM read.documents")
        assert issued == [("res-1", told.net, told.gross)]
