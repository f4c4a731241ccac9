"""What may be asked of orders: to place, to edit while it is a draft, to execute, to delete, what can be bought."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from shared.commands.body import Body
from shared.events.models.base import OPTIONAL
from shared.events.models.blocks import Terms
from shared.events.models.fields import MAX_COUNT, Amount, CivilDate, Currency, Duration, Flag, Id, Moment, Quantity
from shared.events.models.orders import CustomerRegistered

# Each is billed in mind while others wait: a second for all of them.
MOST_ITEMS = 100


class _ItemFields(Terms):
    """What may be said of an item beside what it is and how many: terms that are left out are the product's.

    What is charged, and how, is the distributor's to say: prices and terms by hand need the permission prices:write.
    """

    model_config = ConfigDict(extra="forbid", defer_build=False)

    term: Duration | None = OPTIONAL
    billing_frequency: Duration | None = OPTIONAL
    unit_price: Amount | None = OPTIONAL
    unit_cost: Amount | None = OPTIONAL
    user_price: Flag | None = OPTIONAL
    custom_end: CivilDate | None = OPTIONAL
    trial_until: CivilDate | None = OPTIONAL
    vendor_subscription_id: Id | None = OPTIONAL
    parent_subscription_id: Id | None = OPTIONAL


class NewItem(_ItemFields):
    """An item to be ordered. Without a price it has the list price; ids that are left out are made."""

    product: Id
    quantity: Quantity
    item_id: Id | None = OPTIONAL
    subscription_id: Id | None = OPTIONAL


class ItemChange(_ItemFields):
    """What is to be another in an item of a draft; the billing plan is chosen here, as `billing_frequency`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"billing_frequency": "P1M"}, {"quantity": 8}]})

    product: Id | None = OPTIONAL
    quantity: Quantity | None = OPTIONAL


class OrdersCustomer(CustomerRegistered):
    """Who orders: the id of a customer that is known, or a new one with what is to be known of it."""

    model_config = ConfigDict(extra="forbid", defer_build=False)


class PlaceOrder(Body):
    """An order: a draft, or with `execute` subscriptions at once. Without an id it gets one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "order_id": "ord-1", "currency": "EUR", "customer": {"id": "cus-1"},
                    "items": [{"product": "o365-business", "quantity": 5, "term": "P1Y", "billing_frequency": "P1M"}],
                },
                {
                    "currency": "EUR",
                    "customer": {"id": "cus-2", "name": "Fabrikam", "reseller_id": "res-1", "billing_day": 15},
                    "items": [{"product": "o365-business", "quantity": 3}], "execute": True,
                },
            ]
        }
    )  # fmt: skip

    order_id: Id | None = OPTIONAL
    currency: Currency
    customer: OrdersCustomer
    items: Annotated[tuple[NewItem, ...], Field(min_length=1, max_length=MOST_ITEMS)]
    effective_at: Moment | None = OPTIONAL
    execute: Flag = False


class AddItem(NewItem):
    """One more item in a draft."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"product": "o365-business", "quantity": 2}]})


class RemoveItem(Body):
    """One item less in a draft."""


class ExecuteOrder(Body):
    """The items become subscriptions, now or at `effective_at`; installments come into being here."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    effective_at: Moment | None = OPTIONAL


class DeleteOrder(Body):
    """A draft, or an executed order without installments, is no longer shown as one; subscriptions go on."""


class ListOffers(Body):
    """What a product can be bought for: every billing plan that can be chosen, with its prices."""

    product: Id
    customer: Id | None = OPTIONAL
    reseller: Id | None = OPTIONAL
    currency: Currency
    term: Duration | None = OPTIONAL
    # Not strict: in a query everything is text.
    quantity: Annotated[int, Field(gt=0, le=MAX_COUNT)] = 1


OrderRequest = PlaceOrder | AddItem | ItemChange | RemoveItem | ExecuteOrder | DeleteOrder | ListOffers
