"""What a subscription is billed on: the terms an order captures, and a conversion or a renewal may replace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal

from shared.billing.blocks import AnchorKind, Charge, DecreaseCredit, PricingRule, RefundPolicy, UsageRule
from shared.billing.facts import Ref
from shared.billing.moments import KnownKey, zone


class Refused(ValueError):
    """A fact that the rules refuse; the message is the reason people read."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one subscription in one phase; every absent field of its order is resolved (R0.12, R4.3).

    `term` and `frequency` are months, None for a one-time charge. Policies that are None are asked of the settings on
    the day they matter. `price_day` is the day the captured price stands for (rule R2.10a). `told` is the place of
    the order. `custom_end` is the last covered day of the first term (R5.9), `trial_until` the first day of after a
    trial. `price_by` is the event of a price that was captured from the list.
    """

    customer_id: str
    time_zone: str
    product_id: str
    currency: str
    charge: Charge
    term: int | None
    frequency: int | None
    anchor: AnchorKind
    anchor_day: int
    start: date
    start_instant: datetime
    told: KnownKey
    price_day: date
    unit_price: Decimal
    auto_renew: bool
    reseller_id: str | None = None
    parent_id: str | None = None
    vendor: str | None = None
    tax_type: str | None = None
    unit_cost: Decimal | None = None
    user_price: bool = False
    nce: bool = False
    pricing: tuple[PricingRule, ...] = ()
    free_period: bool = False
    first_boundary_after_start: bool = False
    protection_months: int = 0
    protected_price: Decimal | None = None
    protected_until: date | None = None
    usage_charge_rule: UsageRule | None = None
    decrease_credit: DecreaseCredit | None = None
    refund_policy: RefundPolicy | None = None
    change_window_hours: int | None = None
    full_refund_hours: int | None = None
    bill_while_suspended: bool | None = None
    extra_charge_rate: Decimal = Decimal(0)
    billed_from: date | None = None
    custom_end: date | None = None
    trial_until: date | None = None
    price_by: Ref | None = None
    order_id: str | None = None

    @property
    def tz(self) -> tzinfo:
        return zone(self.time_zone)

    @property
    def has_installments(self) -> bool:
        """Whether it is invoiced more often than its term renews: a billing plan with installments."""
        return self.term is not None and self.frequency != self.term

    @property
    def installments(self) -> int:
        """n of rule R4.1: charges in a term; 1 means one-off."""
        return 1 if self.term is None or self.frequency is None else self.term // self.frequency
