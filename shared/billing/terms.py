"""What a subscription was bought on: the terms an order captures, every absent field resolved (rules R0.12, R4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import cast

from shared.billing.blocks import (
    AnchorKind,
    Charge,
    DecreaseCredit,
    ItemTerms,
    OrderItem,
    PricingRule,
    RefundPolicy,
    UsageRule,
)
from shared.billing.calendar import Cycles, add_months
from shared.billing.facts import Fact, OrderExecuted, SubscriptionImported
from shared.billing.history import known_with
from shared.billing.lookups import extra_charge_rate, listed_price, protection_months
from shared.billing.masterdata import CustomerProfile, MasterData
from shared.billing.moments import civil_date, effective, instant, known_key, zone
from shared.billing.periods import duration_of


class Refused(ValueError):
    """A fact that the rules refuse; the message is the reason people read."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one subscription, captured when its order was executed (or when it was imported).

    `term` and `frequency` are months, None for a one-time charge. Fields that are None are asked of the settings on
    the day they matter. `cycles_from` is the day cycles are counted from. `price_day` is the day the order's price
    stands for (rule R2.10a). `known_at` is the `time` of the order.
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
    known_at: datetime
    price_day: date
    unit_price: Decimal
    auto_renew: bool
    reseller_id: str | None = None
    vendor: str | None = None
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
    bill_while_suspended: bool = True
    extra_charge_rate: Decimal = Decimal(0)
    billed_from: date | None = None
    tax_type: str | None = None

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

    @property
    def cycles(self) -> Cycles:
        """The cycles it is charged by. Only for what has a frequency: a one-time charge has none."""
        if self.frequency is None:
            raise ValueError("a one-time charge has no cycles")
        if self.anchor == "order_day":
            return Cycles.on_order_day(self.start, self.frequency)
        return Cycles.on_billing_day(
            self.start, self.anchor_day, self.frequency, strictly_after=self.first_boundary_after_start
        )

    def term_at(self, day: date) -> tuple[date, date]:
        """The term [start, end) that a day falls into; in a stub it begins on the order day (contracts, `simulate`)."""
        if self.term is None or self.frequency is None:
            return self.start, self.start
        cycles, n = self.cycles, self.installments
        number = max(cycles.index_at(day), 0) // n
        begin = cycles.boundary(number * n) if day >= cycles.first_boundary else self.start
        return begin, cycles.boundary((number + 1) * n)


def terms_of(fact: Fact, master: MasterData) -> Terms:
    """The terms of an OrderExecuted or SubscriptionImported fact; Refused when the item cannot be billed.

    Absent item fields take the latest ProductDefined before the order, absent customer fields what is known of the
    customer (rule R0.12); what is stated, "0" too, wins.
    """
    body = cast(OrderExecuted | SubscriptionImported, fact.body)
    tz = founding_zone(fact, master)
    limit = known_with(fact, tz)
    profile = master.customer(body.customer.id, tz, limit)
    block = profile.block
    item = body.item
    _refuse_unbilled(item)
    product = master.product(item.product.id, tz, limit)
    stated = item.terms
    merged = stated if product is None else _with_defaults(stated, product.terms)
    nce = bool(merged.nce)

    charge: Charge = merged.charge or "upfront"
    term, frequency = _durations(merged, charge)
    if charge == "arrears" and term != frequency:
        raise Refused(
            f"item {item.subscription_id}: arrears cannot be combined with installments: "
            "make billing_frequency the term, or charge upfront"
        )
    by_default: AnchorKind = "order_day" if nce or term != frequency else "billing_day"
    anchor: AnchorKind = merged.anchor or by_default
    start = civil_date(effective(fact), tz)
    anchor_day = start.day if anchor == "order_day" else (_billing_day(body, profile) or 1)
    monthly = term == frequency == 1 and charge == "upfront" and anchor == "billing_day"
    free = _free_period(stated, merged, nce=nce, possible=monthly, item=item.subscription_id)
    known = civil_date(fact.time, tz)
    strictly = free and master.setting("free_period_when_started_on_billing_day", start, tz, known) is True
    reseller_id = body.reseller.id if body.reseller else profile.reseller_id
    listed = listed_price(product, body.currency, term, frequency)
    cost = item.unit_cost if item.unit_cost is not None or listed is None else listed.unit_cost
    _refuse_rule_without_cost(merged.pricing or (), cost, item.subscription_id)
    protects = charge == "upfront" and not item.user_price
    months = stated.price_protection_months
    if months is None:
        months = protection_months(product, listed) or 0
    extra = Decimal(0)
    if term != frequency:
        extra = extra_charge_rate(master, profile, reseller_id, tz, start, known, limit)
    imported = body if isinstance(body, SubscriptionImported) else None
    return Terms(
        customer_id=body.customer.id,
        reseller_id=reseller_id,
        time_zone=block.time_zone or "UTC",
        product_id=item.product.id,
        vendor=item.product.vendor or (product.vendor if product else None),
        currency=body.currency,
        charge=charge,
        term=term,
        frequency=frequency,
        anchor=anchor,
        anchor_day=anchor_day,
        start=start,
        start_instant=instant(effective(fact), tz),
        known_at=instant(fact.time, tz),
        price_day=imported.billed_by_us_from if imported else start,
        unit_price=item.unit_price,
        unit_cost=cost,
        user_price=item.user_price,
        auto_renew=merged.auto_renew is not False,
        nce=nce,
        pricing=merged.pricing or (),
        free_period=free,
        first_boundary_after_start=strictly,
        protection_months=months if protects else 0,
        protected_price=imported.protected_price if imported else None,
        protected_until=imported.protected_until if imported else None,
        usage_charge_rule=merged.usage_charge_rule or ("per_day" if nce else None),
        decrease_credit=merged.decrease_credit or ("prorated" if nce else None),
        refund_policy=merged.refund_policy or ("hours" if nce else None),
        bill_while_suspended=merged.bill_while_suspended is not False,
        extra_charge_rate=extra,
        billed_from=imported.billed_by_us_from if imported else None,
        tax_type=item.product.tax_type,
    )


def founding_zone(fact: Fact, master: MasterData) -> tzinfo:
    """The customer's zone that an order captures: its own block's, else the one known, else UTC."""
    body = cast(OrderExecuted | SubscriptionImported, fact.body)
    if body.customer.time_zone is not None:
        return zone(body.customer.time_zone)
    utc = zone("UTC")
    known = master.customer(body.customer.id, utc, known_key(fact, utc)).block.time_zone
    return utc if known is None else zone(known)


def protection_end(start: date, months: int, count: int) -> date:
    """Protection's start plus count x N months (rules R2.2, R2.5)."""
    return add_months(start, months * count)


def _refuse_unbilled(item: OrderItem) -> None:
    """Refuse what this version would bill wrongly: trials and ends that are not the term's (rule R5.9)."""
    for field, stated in (("trial_until", item.trial_until), ("custom_end", item.custom_end)):
        if stated is not None:
            raise Refused(
                f"item {item.subscription_id}: {field} is not billed by this version: "
                "order it without, from the day and for the term it is charged"
            )


def _refuse_rule_without_cost(rules: Sequence[PricingRule], cost: Decimal | None, item: str) -> None:
    """A markup or a margin is reckoned from the cost (rule R0.4)."""
    for rule in rules:
        if rule.rule != "discount" and cost is None:
            raise Refused(f"item {item}: a {rule.rule} needs the cost it is reckoned from: give unit_cost")


def _billing_day(body: OrderExecuted | SubscriptionImported, profile: CustomerProfile) -> int | None:
    return body.customer.billing_day or profile.block.billing_day


def _with_defaults(stated: ItemTerms, product: ItemTerms) -> ItemTerms:
    values = {f.name: getattr(stated, f.name) for f in fields(ItemTerms)}
    return ItemTerms(**{name: getattr(product, name) if value is None else value for name, value in values.items()})


def _durations(merged: ItemTerms, charge: Charge) -> tuple[int | None, int | None]:
    """Term and billing frequency in months; the frequency divides the term (rule R4.1)."""
    if charge == "one_time":
        return None, None
    term = merged.term or 1
    frequency = merged.billing_frequency or term
    if frequency > term or term % frequency:
        raise Refused(
            f"billing_frequency {duration_of(frequency)} does not divide the term {duration_of(term)}: "
            "choose one that does"
        )
    return term, frequency


def _free_period(stated: ItemTerms, merged: ItemTerms, *, nce: bool, possible: bool, item: str) -> bool:
    """Whether it begins free: monthly, upfront, on the billing day only (rule R1.1); `nce` ignores the flag."""
    if nce or not merged.free_period:
        return False
    if stated.free_period and not possible:
        raise Refused(
            f"item {item}: a free period is only for monthly prepaid products on the billing day: "
            "leave free_period out, or make term and billing_frequency P1M, charge upfront and anchor billing_day"
        )
    return possible
