"""The projection of orders: orders with their items, customers, resellers; products are in `catalogue`. Pure.

Every thing shows what was stated last about it, whenever that arrived. Accounts and products of a replay or of another
order of arrival come out the same, because each field is decided by when it became known alone.
"""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import cast

from pydantic import JsonValue

from services.orders.bodies import Order, body_from_json, body_to_json, facts_of
from services.orders.catalogue import LIST_PRICE, PRODUCT, product_rows, product_states
from services.orders.registers import LatestFold, Stated, Values, as_object
from shared.billing.blocks import CustomerBlock, ItemTerms, ResellerBlock
from shared.billing.capture import in_installments
from shared.billing.facts import CustomerStated, Fact, ResellerStated
from shared.events.models.blocks import OrderItem
from shared.events.values import moment_text, months_text
from shared.log.topics import CATALOG, ORDERS
from shared.projections.spec import ProjectionSpec, Row, Rows, Stream, Table

ORDER = Table(
    "sales_order",
    ("order_id", "customer", "reseller", "currency", "status", "placed_at", "executed_at"),
    owner="order_id",
    key=("order_id",),
)
ORDER_ITEM = Table(
    "sales_order_item",
    (
        "order_id", "subscription", "item_id", "product", "product_name", "quantity", "unit_price", "term",
        "billing_frequency",
    ),
    owner="order_id",
    key=("order_id", "subscription"),
    many=True,
)  # fmt: skip
CUSTOMER = Table(
    "customer",
    (
        "customer", "name", "reseller", "time_zone", "billing_day", "separate_invoices", "extra_charge_rate", "country",
        "vat_id", "tax_rate", "tax_exempt",
    ),
    owner="customer",
    key=("customer",),
)  # fmt: skip
RESELLER = Table(
    "reseller",
    (
        "reseller", "name", "country", "vat_id", "tax_rate", "tax_exempt", "extra_charge_rate", "transaction_currency",
    ),
    owner="reseller",
    key=("reseller",),
)  # fmt: skip
_RATES = frozenset({"extra_charge_rate", "tax_rate"})


def order_states(fact: Fact) -> Stated:
    """What an event says of an order: that it was placed, executed (each with its content) or that it is to go."""
    body: object = fact.body  # an event's model, see `bodies`
    if isinstance(body, Order):
        yield (
            fact.type,
            {
                "at": moment_text(body.effective_at or fact.time),
                "customer": body.customer.id,
                "reseller": body.reseller.id if body.reseller else None,
                "currency": body.currency,
                "items": [_item_state(item) for item in body.items],
            },
        )
    else:
        yield fact.type, True


def _item_state(item: OrderItem) -> JsonValue:
    return {
        "subscription": item.subscription_id,
        "item_id": item.item_id,
        "product": item.product.id,
        "product_name": item.product.name,
        "quantity": item.quantity,
        "unit_price": str(item.unit_price),
        "term": months_text(item.term) if item.term else None,
        "billing_frequency": months_text(item.billing_frequency) if item.billing_frequency else None,
        "in_installments": in_installments(
            ItemTerms(charge=item.charge, term=item.term, billing_frequency=item.billing_frequency)
        ),
    }


def order_rows(order_id: str, stated: Values) -> Rows:
    """The order and its items as executed, or as placed while it is not executed.

    An executed order with installments cannot be deleted (rule R4.13); read.rejected_events has the reason.
    """
    placed, executed = (as_object(stated.get(name)) for name in ("OrderPlaced", "OrderExecuted"))
    content = executed or placed
    items = cast("list[dict[str, JsonValue]]", content["items"])
    kept = bool(executed) and any(item["in_installments"] for item in items)
    deleted = "OrderDeleted" in stated and not kept
    status = "deleted" if deleted else "executed" if executed else "placed"
    row = (
        order_id, content["customer"], content["reseller"], content["currency"], status, placed.get("at"),
        executed.get("at"),
    )  # fmt: skip
    return {ORDER.name: [row], ORDER_ITEM.name: sorted((_item_row(order_id, item) for item in items), key=_by_item)}


def _item_row(order_id: str, item: dict[str, JsonValue]) -> Row:
    values = (Decimal(str(item[name])) if name == "unit_price" else item[name] for name in ORDER_ITEM.columns[1:])
    return order_id, *values


def _by_item(row: Row) -> str:
    return str(row[1])


def account_states(fact: Fact) -> Stated:
    """The fields that an event states of a customer or a reseller; what it leaves out stays as it was (R0.12)."""
    if isinstance(fact.body, CustomerStated):
        yield from _given(fact.body.customer)
        if fact.body.reseller_id is not None:
            yield "reseller", fact.body.reseller_id
    elif isinstance(fact.body, ResellerStated):
        yield from _given(fact.body.reseller)


def _given(block: CustomerBlock | ResellerBlock) -> Stated:
    yield "stated", True
    for field in fields(block):
        value = getattr(block, field.name)
        if value is not None and field.name != "id":
            yield field.name, str(value) if isinstance(value, Decimal) else value


def customer_rows(customer: str, stated: Values) -> Rows:
    """One row."""
    return {CUSTOMER.name: [_account_row(CUSTOMER, customer, stated)]}


def reseller_rows(reseller: str, stated: Values) -> Rows:
    """One row."""
    return {RESELLER.name: [_account_row(RESELLER, reseller, stated)]}


def _account_row(table: Table, account: str, stated: Values) -> Row:
    return account, *(_account_value(name, stated.get(name)) for name in table.columns[1:])


def _account_value(name: str, value: JsonValue) -> object:
    return Decimal(str(value)) if name in _RATES and value is not None else value


SPEC = ProjectionSpec(
    name="orders",
    version=2,
    # An imported subscription's customer is here once it is registered: its event lies on another topic.
    topics=(CATALOG.name, ORDERS.name),
    sql=Path(__file__).parent / "sql",
    streams=(
        Stream("order", LatestFold(order_states, order_rows, frozenset({"OrderPlaced", "OrderExecuted"})),
               (ORDER, ORDER_ITEM)),
        Stream("customer", LatestFold(account_states, customer_rows, frozenset({"stated"})), (CUSTOMER,)),
        Stream("reseller", LatestFold(account_states, reseller_rows, frozenset({"stated"})), (RESELLER,)),
        Stream("product", LatestFold(product_states, product_rows, frozenset({"definition", "deleted", "priced"})),
               (PRODUCT, LIST_PRICE)),
    ),
    facts_of=facts_of,
    body_to_json=body_to_json,
    body_from_json=body_from_json,
)  # fmt: skip
