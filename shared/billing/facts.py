"""What is known: one dataclass per kind of fact, and the `Fact` that carries one.

A fact is what one event says about one thing (a subscription, a customer, a reseller, a product, the organisation).
An event can carry several: an order with three items is a fact about three subscriptions, one customer and one
reseller. These shapes are stored (table `fact`, column `body`): fields are added with a default, never renamed.

Amounts are `Decimal` in the event's currency; rates are fractions ("0.24"); an absent field is None (rule R0.12).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from shared.billing.blocks import (
    CancelMode,
    CivilDate,
    CustomerBlock,
    ItemTerms,
    Moment,
    OrderItem,
    PricingRule,
    ProductRef,
    ResellerBlock,
    Scope,
)


@dataclass(frozen=True, slots=True)
class OrderExecuted:
    """An executed order, seen from one of its subscriptions."""

    order_id: str
    currency: str
    customer: CustomerBlock
    item: OrderItem
    reseller: ResellerBlock | None = None
    effective_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class OrderDeleted:
    """Said of the order's customer; refused where installments of the order run (rule R4.13)."""

    order_id: str


@dataclass(frozen=True, slots=True)
class SubscriptionImported:
    """A subscription that was running before we billed it."""

    currency: str
    customer: CustomerBlock
    item: OrderItem
    started_at: Moment
    billed_by_us_from: date
    reseller: ResellerBlock | None = None
    protected_price: Decimal | None = None
    protected_until: date | None = None


@dataclass(frozen=True, slots=True)
class LicensesChanged:
    """`quantity` is the new total."""

    quantity: int
    effective_at: Moment | None = None
    reason: str | None = None
    billing: Literal["normal", "none"] = "normal"
    keeps_next_term: bool = False


@dataclass(frozen=True, slots=True)
class SubscriptionConverted:
    """Upgrade, downgrade, trial to paid; what is None stays as it was."""

    product: ProductRef
    unit_price: Decimal
    quantity: int | None = None
    unit_cost: Decimal | None = None
    user_price: bool | None = None
    custom_end: date | None = None
    trial_until: date | None = None
    vendor_subscription_id: str | None = None
    terms: ItemTerms = field(default_factory=ItemTerms)
    effective_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionCanceled:
    """`billing` "none", with the mode immediate: over at once, and nothing of what is billed comes back."""

    mode: CancelMode
    effective_at: Moment | None = None
    billing: Literal["normal", "none"] = "normal"


@dataclass(frozen=True, slots=True)
class SubscriptionSuspended:
    effective_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionReactivated:
    effective_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class AutoRenewChanged:
    auto_renew: bool


@dataclass(frozen=True, slots=True)
class PricingEdited:
    applies: Literal["next_term", "current_cycle"]
    unit_price: Decimal | None = None
    pricing: tuple[PricingRule, ...] | None = None
    protected_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PriceProtectionActivated:
    """Rule R2.9; says no more than that it happened."""


@dataclass(frozen=True, slots=True)
class BillingPlanChanged:
    billing_frequency: int


@dataclass(frozen=True, slots=True)
class NextTermScheduled:
    quantity: int | None = None
    term: int | None = None
    billing_frequency: int | None = None


@dataclass(frozen=True, slots=True)
class NextTermDiscarded:
    """Takes back what NextTermScheduled asked for."""


@dataclass(frozen=True, slots=True)
class SubscriptionProvisioned:
    vendor_subscription_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ProvisioningFailed:
    vendor_subscription_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerStated:
    """What an event says of a customer: its registration, a change of it, or the block of an order.

    `moves_subscriptions` is true only for CustomerChanged: its billing day reaches running subscriptions (rule R0.12).
    """

    customer: CustomerBlock
    reseller_id: str | None = None
    moves_subscriptions: bool = False


@dataclass(frozen=True, slots=True)
class ResellerStated:
    reseller: ResellerBlock


@dataclass(frozen=True, slots=True)
class PriceChanged:
    """A list price: one licence, one term. Without a term it holds for terms of any length."""

    currency: str
    unit_price: Decimal
    effective_from: date
    unit_cost: Decimal | None = None
    term: int | None = None
    billing_frequency: int | None = None
    backdate: bool = False


@dataclass(frozen=True, slots=True)
class ProductPrice:
    currency: str
    term: int
    billing_frequency: int
    unit_price: Decimal
    unit_cost: Decimal | None = None
    price_protection_months: int | None = None


@dataclass(frozen=True, slots=True)
class ProductDefined:
    name: str | None = None
    vendor: str | None = None
    family: str | None = None
    tax_type: str | None = None
    terms: ItemTerms = field(default_factory=ItemTerms)
    prices: tuple[ProductPrice, ...] = ()
    billing_plans: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductCopied:
    from_product_id: str


@dataclass(frozen=True, slots=True)
class ProductDeleted:
    """The product is no longer sold; running subscriptions stay."""


@dataclass(frozen=True, slots=True)
class SettingChanged:
    """One setting of one scope, from a date on. `value` is as written: `billing.settings` reads it."""

    scope: Literal["organisation", "product", "reseller", "customer"]
    scope_id: str | None
    key: str
    value: str
    effective_from: Moment


@dataclass(frozen=True, slots=True)
class ExchangeRateSet:
    base: str
    quote: str
    rate: Decimal
    date: CivilDate


Body = (
    OrderExecuted | SubscriptionImported | LicensesChanged | SubscriptionConverted | SubscriptionCanceled
    | SubscriptionSuspended | SubscriptionReactivated | AutoRenewChanged | PricingEdited | PriceProtectionActivated
    | BillingPlanChanged | NextTermScheduled | NextTermDiscarded | SubscriptionProvisioned | ProvisioningFailed
    | OrderDeleted | CustomerStated | ResellerStated | PriceChanged | ProductDefined | ProductCopied | ProductDeleted
    | SettingChanged | ExchangeRateSet
)  # fmt: skip


class Ref(NamedTuple):
    """The event that something came from: what explains a line points here."""

    source: str
    id: str


@dataclass(frozen=True, slots=True)
class Fact:
    """What one event (`source`, `id`) says about one thing (`scope`, `scope_id`).

    `type` is the event's type; `time` when it became known; `sequence` is 0 where upstream gives none.
    A SettingChanged lies in the scope it names; with scope organisation the `scope_id` is "".
    """

    source: str
    id: str
    type: str
    time: Moment
    scope: Scope
    scope_id: str
    body: Body
    sequence: int = 0

    @property
    def ref(self) -> Ref:
        return Ref(self.source, self.id)
