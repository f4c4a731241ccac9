"""Events of orders and accounts (topic of orders)."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from shared.events.errors import got
from shared.events.models.base import OPTIONAL, EventModel
from shared.events.models.blocks import Customer, OrderItem, Reseller
from shared.events.models.fields import Currency, Id, Moment


def _each_subscription_once(items: tuple[OrderItem, ...]) -> tuple[OrderItem, ...]:
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
    tuple[OrderItem, ...], AfterValidator(_each_subscription_once), Field(json_schema_extra={"minItems": 1})
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
