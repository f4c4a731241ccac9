"""Events of subscriptions (topic of subscriptions). `effective_at` defaults to the event's `time`."""

from __future__ import annotations

from typing import Literal

from shared.events.models.base import OPTIONAL, EventModel
from shared.events.models.blocks import Customer, OrderItem, Pricing, Product, Reseller, Terms
from shared.events.models.fields import Amount, CivilDate, Currency, Flag, Id, Moment, Months, Quantity, Text, Total


class _OfSubscription(EventModel):
    subscription_id: Id
    customer_id: Id


class LicensesChanged(_OfSubscription):
    """`quantity` is the new total."""

    quantity: Total
    effective_at: Moment | None = OPTIONAL
    reason: Text | None = OPTIONAL
    billing: Literal["normal", "none"] | None = OPTIONAL
    keeps_next_term: Flag | None = OPTIONAL


class SubscriptionConverted(_OfSubscription, Terms):
    """Upgrade, downgrade, trial to paid: an absent item field keeps what the subscription has."""

    product: Product
    unit_price: Amount
    quantity: Quantity | None = OPTIONAL
    unit_cost: Amount | None = OPTIONAL
    user_price: Flag | None = OPTIONAL
    custom_end: CivilDate | None = OPTIONAL
    trial_until: CivilDate | None = OPTIONAL
    vendor_subscription_id: Id | None = OPTIONAL
    effective_at: Moment | None = OPTIONAL


class SubscriptionCanceled(_OfSubscription):
    mode: Literal["immediate", "end_of_cycle", "end_of_term"]
    effective_at: Moment | None = OPTIONAL
    billing: Literal["normal", "none"] | None = OPTIONAL


class SubscriptionSuspended(_OfSubscription):
    effective_at: Moment | None = OPTIONAL


class SubscriptionReactivated(_OfSubscription):
    effective_at: Moment | None = OPTIONAL


class AutoRenewChanged(_OfSubscription):
    auto_renew: Flag


class PricingEdited(_OfSubscription):
    unit_price: Amount | None = OPTIONAL
    pricing: Pricing | None = OPTIONAL
    protected_price: Amount | None = OPTIONAL
    applies: Literal["next_term", "current_cycle"]


class PriceProtectionActivated(_OfSubscription):
    """Rule R2.9."""


class BillingPlanChanged(_OfSubscription):
    billing_frequency: Months


class NextTermScheduled(_OfSubscription):
    quantity: Total | None = OPTIONAL
    term: Months | None = OPTIONAL
    billing_frequency: Months | None = OPTIONAL


class NextTermDiscarded(_OfSubscription):
    """Takes back what NextTermScheduled asked for."""


class SubscriptionImported(OrderItem):
    """An order item that was running before we billed it: installments before `billed_by_us_from` are excluded."""

    currency: Currency
    customer: Customer
    reseller: Reseller | None = OPTIONAL
    started_at: Moment
    billed_by_us_from: CivilDate
    protected_price: Amount | None = OPTIONAL
    protected_until: CivilDate | None = OPTIONAL


class SubscriptionProvisioned(_OfSubscription):
    """Status only (rule R8.2)."""

    vendor_subscription_id: Id | None = OPTIONAL
    reason: Text | None = OPTIONAL


class ProvisioningFailed(_OfSubscription):
    """Status only (rule R8.2)."""

    vendor_subscription_id: Id | None = OPTIONAL
    reason: Text | None = OPTIONAL
