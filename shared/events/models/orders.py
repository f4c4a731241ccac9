"""Events of orders and accounts (topic of orders)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from shared.events.errors import got
from shared.events.models.base import OPTIONAL, EventModel
from shared.events.models.blocks import Customer, OrderItem, Reseller
from shared.events.models.fields import Amount, CivilDate, Currency, Id, Moment, Quantity, Rate, Text


class Confirmation(EventModel):
    """What was told of an item when its order was placed or executed: computed by billing, and kept as it was told.

    `unit_price` is for one licence and one term, `price` for one licence and one charge, `net` and `gross` for all
    licences and one whole charge; all of them include the extra charge (rule R4.7), `gross` the payer's tax too.
    `billing_plan` and `installments` are there where it pays in installments, `extra_charge_rate` where there is one.
    `free_until` is the last free day (rule R1.10). `price_from` says where the unit price came from.
    """

    price_from: Literal["list", "order"]
    unit_price: Amount
    price: Amount
    net: Amount
    gross: Amount
    billing_plan: Text | None = OPTIONAL
    installments: Quantity | None = OPTIONAL
    extra_charge_rate: Rate | None = OPTIONAL
    first_billing_date: CivilDate | None = OPTIONAL
    free_until: CivilDate | None = OPTIONAL
    note: Text | None = OPTIONAL


class OrderedItem(OrderItem):
    """An item of an order; `confirmation` is what our own orders service told of it. Nothing is billed by it."""

    confirmation: Confirmation | None = OPTIONAL


def _each_subscription_once(items: tuple[OrderedItem, ...]) -> tuple[OrderedItem, ...]:
    if not items:
        raise ValueError("is empty; give at least one")
    seen: set[str] = set()
    for item in items:
        if item.subscription_id in seen:
            raise ValueError(got(item.subscription_id, "this subscription_id stands on two items; give each its own"))
        seen.add(item.subscription_id)
    return items


# Not min_length: pydantic counts what is left after a bad item and would tell of a second problem.
_Items = Annotated[
    tuple[OrderedItem, ...], AfterValidator(_each_subscription_once), Field(json_schema_extra={"minItems": 1})
]


class _Order(EventModel):
    order_id: Id
    currency: Currency
    reseller: Reseller | None = OPTIONAL
    customer: Customer
    items: _Items
    effective_at: Moment | None = OPTIONAL


class OrderPlaced(_Order):
    """Nothing is billed yet."""


class OrderExecuted(_Order):
    """The items become subscriptions; installments come into being here and not before (rule R4.4)."""


class OrderDeleted(EventModel):
    order_id: Id
    customer_id: Id


class CustomerRegistered(Customer):
    reseller_id: Id | None = OPTIONAL


class CustomerChanged(CustomerRegistered):
    """Its billing day reaches running subscriptions, which no other event does (rule R0.12)."""


class ResellerRegistered(Reseller):
    pass


class ResellerChanged(Reseller):
    pass
