"""Orders with their items, as placed or as executed, and what was told of them. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple, cast

import orjson
from pydantic import JsonValue

from services.orders.bodies import Order
from shared.billing.blocks import ItemTerms
from shared.billing.capture import in_installments
from shared.billing.facts import Fact
from shared.billing.masterdata import MasterData
from shared.billing.periods import billing_plan_name
from shared.events.models.fields import FROM_JSON
from shared.events.models.orders import OrderedItem, OrderExecuted, OrderPlaced
from shared.events.reading import data_of
from shared.events.values import moment_text, months_text
from shared.projections.registers import Registers, Stated, values_of, version_of
from shared.projections.spec import Row, Rows, Table

ORDER = Table(
    "sales_order",
    ("order_id", "customer", "reseller", "currency", "status", "placed_at", "executed_at", "version"),
    owner="order_id",
    key=("order_id",),
)
ORDER_ITEM = Table(
    "sales_order_item",
    (
        "order_id", "subscription", "item_id", "product", "product_name", "quantity", "unit_price", "term",
        "billing_frequency", "billing_plan", "installments", "extra_charge_rate", "price", "net", "gross",
        "first_billing_date", "free_until", "note",
    ),
    owner="order_id",
    key=("order_id", "subscription"),
    many=True,
)  # fmt: skip
FOUNDING = frozenset({"OrderPlaced", "OrderExecuted"})
Status = Literal["placed", "executed", "deleted"]


class OrderState(NamedTuple):
    """An order as last stated. `placed_at` and `executed_at` are as upstream gave them: an instant or a date."""

    status: Status
    content: Order
    placed_at: str | None
    executed_at: str | None


def order_states(fact: Fact) -> Stated:
    """What an event says of an order: that it was placed, executed (each with its content) or that it is to go."""
    body: object = fact.body  # an event's model, see `bodies`
    if isinstance(body, Order):
        at = moment_text(body.effective_at or fact.time)
        yield fact.type, {"at": at, "content": cast(JsonValue, orjson.loads(data_of(body)))}
    else:
        yield fact.type, True


def order_state(state: Registers) -> OrderState | None:
    """The order that registers hold, as executed, or as placed while it is not; None where neither was said.

    An executed order with installments cannot be deleted (rule R4.13); read.rejected_events has the reason.
    """
    executed, placed = state.get("OrderExecuted"), state.get("OrderPlaced")
    content: Order
    if executed is not None:
        content = OrderExecuted.model_validate(_part(executed.value, "content"), context=FROM_JSON)
    elif placed is not None:
        content = OrderPlaced.model_validate(_part(placed.value, "content"), context=FROM_JSON)
    else:
        return None
    kept = executed is not None and any(has_installments(item) for item in content.items)
    status: Status = "executed" if executed is not None else "placed"
    if "OrderDeleted" in state and not kept:
        status = "deleted"
    return OrderState(
        status,
        content,
        None if placed is None else str(_part(placed.value, "at")),
        None if executed is None else str(_part(executed.value, "at")),
    )


def _part(value: JsonValue, name: str) -> JsonValue:
    return cast("dict[str, JsonValue]", value)[name]


def has_installments(item: OrderedItem) -> bool:
    """Whether an item pays in installments, by what it states itself (rule R4.1)."""
    return in_installments(ItemTerms(charge=item.charge, term=item.term, billing_frequency=item.billing_frequency))


def billing_plan(item: OrderedItem) -> str | None:
    """ "Monthly" … where an item pays in installments; None, shown empty, where its charge is one-off."""
    if not has_installments(item):
        return None
    term = item.term or 1
    return billing_plan_name(term, item.billing_frequency or term)


def order_version(state: Registers) -> str:
    """The version of an order: what was placed and executed, and whether it was deleted."""
    return version_of(values_of(state))


def order_rows(order_id: str, state: Registers, master: MasterData) -> Rows:
    """The order and its items."""
    found = order_state(state)
    if found is None:
        return {}
    content = found.content
    row = (
        order_id, content.customer.id, content.reseller.id if content.reseller else None, content.currency,
        found.status, found.placed_at, found.executed_at, order_version(state),
    )  # fmt: skip
    items = [_item_row(order_id, item) for item in content.items]
    return {ORDER.name: [row], ORDER_ITEM.name: sorted(items, key=_by_subscription)}


def _by_subscription(row: Row) -> str:
    return str(row[1])


def _item_row(order_id: str, item: OrderedItem) -> Row:
    told = item.confirmation
    # What people see includes rule and extra charge (rule R4.7); of upstream's orders only the bare price is known.
    unit_price = item.unit_price if told is None else told.unit_price
    return (
        order_id, item.subscription_id, item.item_id, item.product.id, item.product.name, item.quantity,
        unit_price, _months(item.term), _months(item.billing_frequency), billing_plan(item),
        *((told.installments, told.extra_charge_rate, told.price, told.net, told.gross, told.first_billing_date,
           told.free_until, told.note) if told else _UNTOLD),
    )  # fmt: skip


_UNTOLD: tuple[Decimal | None, ...] = (None,) * 8


def _months(count: int | None) -> str | None:
    return months_text(count) if count else None
