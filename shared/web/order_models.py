"""Parts of an order, and what can be ordered, as the API tells them: for the API and the console."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import BaseModel


class OrderItem(BaseModel):
    """A row of read.order_items: as ordered, and what was told of it.

    What was told is None where upstream placed the order. Prices include the extra charge.
    """

    subscription: str
    item_id: str | None
    product: str
    product_name: str | None
    quantity: int
    unit_price: Decimal
    term: str | None
    billing_frequency: str | None
    billing_plan: str | None
    installments: int | None
    extra_charge_rate: Decimal | None
    price: Decimal | None
    net: Decimal | None
    gross: Decimal | None
    first_billing_date: date | None
    free_until: date | None
    note: str | None


class Offer(BaseModel):
    """One way to buy a product: at once (billing_plan null) or in installments; all amounts with the extra charge."""

    billing_frequency: str | None
    billing_plan: str | None
    installments: int | None
    extra_charge_rate: Decimal | None
    unit_price: Decimal
    price: Decimal
    net: Decimal
    gross: Decimal
    first_billing_date: date | None
    free_until: date | None
    note: str | None
