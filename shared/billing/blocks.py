"""What events say of customers, resellers, products and items: the parts that facts are made of.

Amounts are `Decimal` in the event's currency; rates are fractions ("0.24"); an absent field is None (rule R0.12).
These shapes are stored as part of facts: fields are added with a default, never renamed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

# A point in time: an instant with its offset, or a civil date (its midnight in the customer's zone, rule R0.11).
Moment = datetime | date
CivilDate = date  # for a field that is itself called `date`: its annotation would otherwise name the field


Charge = Literal["upfront", "arrears", "one_time"]
AnchorKind = Literal["billing_day", "order_day"]
PartialInvoicing = Literal["billing_day", "order_day"]
UsageRule = Literal["per_day", "full_period"]
DecreaseCredit = Literal["prorated", "none"]
RefundPolicy = Literal["days", "hours", "none"]
CancelMode = Literal["immediate", "end_of_cycle", "end_of_term"]
Scope = Literal[
    "subscription", "customer", "reseller", "product", "organisation", "order", "vendor_account", "discrepancy"
]


@dataclass(frozen=True, slots=True)
class PricingRule:
    """One step of the price pipeline (rule R0.4); `rate` is a fraction."""

    rule: Literal["discount", "markup", "margin"]
    rate: Decimal


@dataclass(frozen=True, slots=True)
class CustomerBlock:
    """What an event says of an end customer. `billing_day` is 1..31; "last" is 31."""

    id: str
    name: str | None = None
    time_zone: str | None = None
    billing_day: int | None = None
    partial_charges_invoicing: PartialInvoicing | None = None
    separate_invoices: bool | None = None
    extra_charge_rate: Decimal | None = None
    country: str | None = None
    vat_id: str | None = None
    tax_rate: Decimal | None = None
    tax_exempt: bool | None = None
    transaction_currency: str | None = None


@dataclass(frozen=True, slots=True)
class ResellerBlock:
    """What an event says of a reseller, the payer of its customers' subscriptions."""

    id: str
    name: str | None = None
    tax_rate: Decimal | None = None
    country: str | None = None
    vat_id: str | None = None
    tax_exempt: bool | None = None
    extra_charge_rate: Decimal | None = None
    transaction_currency: str | None = None


@dataclass(frozen=True, slots=True)
class ProductRef:
    """The product of an order item."""

    id: str
    name: str | None = None
    vendor: str | None = None
    family: str | None = None
    tax_type: str | None = None


@dataclass(frozen=True, slots=True)
class ItemTerms:
    """The terms a product or an order item may state. Durations are whole months (P1Y = 12)."""

    nce: bool | None = None
    pricing: tuple[PricingRule, ...] | None = None
    term: int | None = None
    billing_frequency: int | None = None
    charge: Charge | None = None
    anchor: AnchorKind | None = None
    free_period: bool | None = None
    price_protection_months: int | None = None
    usage_charge_rule: UsageRule | None = None
    decrease_credit: DecreaseCredit | None = None
    refund_policy: RefundPolicy | None = None
    change_window_hours: int | None = None
    full_refund_hours: int | None = None
    bill_while_suspended: bool | None = None
    auto_renew: bool | None = None


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One line of an order: becomes one subscription. `unit_price` is for one licence and one term."""

    subscription_id: str
    product: ProductRef
    quantity: int
    unit_price: Decimal
    item_id: str | None = None
    unit_cost: Decimal | None = None
    user_price: bool = False
    custom_end: date | None = None
    trial_until: date | None = None
    vendor_subscription_id: str | None = None
    parent_subscription_id: str | None = None
    terms: ItemTerms = field(default_factory=ItemTerms)
