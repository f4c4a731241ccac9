"""Capturing terms: what an order or an import makes of its item, the product and what is known (R0.12, R4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, timedelta, tzinfo
from decimal import Decimal
from typing import cast

from shared.billing.blocks import AnchorKind, Charge, ItemTerms, OrderItem, PricingRule
from shared.billing.calendar import add_months
from shared.billing.facts import Fact, OrderExecuted, SubscriptionImported
from shared.billing.history import known_with
from shared.billing.lookups import extra_charge_rate, listed_price, protection_months
from shared.billing.masterdata import MasterData
from shared.billing.moments import civil_date, effective, instant, known_key, zone
from shared.billing.periods import duration_of
from shared.billing.terms import Refused, Terms


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
    product = master.product(item.product.id, tz, limit)
    stated = item.terms
    merged = stated if product is None else with_defaults(stated, product.terms)
    nce = bool(merged.nce)

    charge: Charge = merged.charge or "upfront"
    of = f"item {item.subscription_id}"
    term, frequency = durations(merged, charge, of=f"{of}: ")
    refuse_arrears_with_installments(charge, term, frequency, of)
    by_default: AnchorKind = "order_day" if nce or term != frequency else "billing_day"
    anchor: AnchorKind = merged.anchor or by_default
    start = civil_date(effective(fact), tz)
    _refuse_odd_dates(item, start, term)
    if item.custom_end is not None:
        anchor = "order_day"
    billing_day = body.customer.billing_day or block.billing_day or 1
    anchor_day = order_day(item.trial_until or start, item.custom_end) if anchor == "order_day" else billing_day
    monthly = term == frequency == 1 and charge == "upfront" and anchor == "billing_day"
    free = _free_period(stated, merged, nce=nce, possible=monthly, item=item.subscription_id)
    known = civil_date(fact.time, tz)
    strictly = free and master.setting("free_period_when_started_on_billing_day", start, tz, known) is True
    reseller_id = body.reseller.id if body.reseller else profile.reseller_id
    listed = listed_price(product, body.currency, term, frequency)
    cost = item.unit_cost if item.unit_cost is not None or listed is None else listed.unit_cost
    refuse_rule_without_cost(merged.pricing or (), cost, of)
    months = stated.price_protection_months
    if months is None:
        months = protection_months(product, listed) or 0
    protects = charge == "upfront" and not item.user_price
    extra = extra_charge_rate(master, profile, reseller_id, tz, start, known, limit)
    imported = body if isinstance(body, SubscriptionImported) else None
    return Terms(
        customer_id=body.customer.id,
        reseller_id=reseller_id,
        parent_id=item.parent_subscription_id,
        time_zone=_founding_zone_name(fact, master),
        product_id=item.product.id,
        vendor=item.product.vendor or (product.vendor if product else None),
        tax_type=item.product.tax_type,
        currency=body.currency,
        charge=charge,
        term=term,
        frequency=frequency,
        anchor=anchor,
        anchor_day=anchor_day,
        start=start,
        start_instant=instant(effective(fact), tz),
        told=known_key(fact, tz),
        price_day=min(imported.billed_by_us_from, civil_date(fact.time, tz)) if imported else start,
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
        refund_policy=merged.refund_policy,
        change_window_hours=merged.change_window_hours,
        full_refund_hours=merged.full_refund_hours,
        bill_while_suspended=True if nce and merged.bill_while_suspended is None else merged.bill_while_suspended,
        extra_charge_rate=extra,
        billed_from=imported.billed_by_us_from if imported else None,
        custom_end=item.custom_end,
        trial_until=item.trial_until,
        order_id=body.order_id if isinstance(body, OrderExecuted) else None,
    )


def founding_zone(fact: Fact, master: MasterData) -> tzinfo:
    """The customer's zone that an order captures: its own block's, else the one known, else UTC."""
    return zone(_founding_zone_name(fact, master))


def _founding_zone_name(fact: Fact, master: MasterData) -> str:
    body = cast(OrderExecuted | SubscriptionImported, fact.body)
    if body.customer.time_zone is not None:
        return body.customer.time_zone
    utc = zone("UTC")
    return master.customer(body.customer.id, utc, known_key(fact, utc)).block.time_zone or "UTC"


def order_day(begins: date, custom_end: date | None) -> int:
    """The day of the month that cycles of the anchor `order_day` start on; a custom end counts back from it (R5.9)."""
    return begins.day if custom_end is None else (custom_end + timedelta(days=1)).day


def with_defaults(stated: ItemTerms, otherwise: ItemTerms) -> ItemTerms:
    """The stated terms, with those of `otherwise` where they say nothing (rule R0.12)."""
    values = {f.name: getattr(stated, f.name) for f in fields(ItemTerms)}
    return ItemTerms(**{name: getattr(otherwise, name) if value is None else value for name, value in values.items()})


def durations(merged: ItemTerms, charge: Charge, *, of: str = "") -> tuple[int | None, int | None]:
    """Term and billing frequency in months; the frequency divides the term (rule R4.1)."""
    if charge == "one_time":
        return None, None
    term = merged.term or 1
    frequency = merged.billing_frequency or term
    if frequency > term or term % frequency:
        raise Refused(
            f"{of}billing_frequency {duration_of(frequency)} does not divide the term {duration_of(term)}: "
            "choose one that does"
        )
    return term, frequency


def in_installments(stated: ItemTerms) -> bool:
    """Whether what an item states, without the defaults of its product, makes a plan of more than one charge (R4.1)."""
    try:
        term, frequency = durations(stated, stated.charge or "upfront")
    except Refused:
        return False
    return term != frequency


def refuse_arrears_with_installments(charge: Charge, term: int | None, frequency: int | None, of: str) -> None:
    """Arrears never go with a billing plan (conventions table)."""
    if charge == "arrears" and term != frequency:
        raise Refused(
            f"{of}: arrears cannot be combined with installments: make billing_frequency the term, or charge upfront"
        )


def refuse_rule_without_cost(rules: Sequence[PricingRule], cost: Decimal | None, of: str) -> None:
    """A markup or a margin is reckoned from the cost (rule R0.4)."""
    for rule in rules:
        if rule.rule != "discount" and cost is None:
            raise Refused(f"{of}: a {rule.rule} needs the cost it is reckoned from: give unit_cost")


def _refuse_odd_dates(item: OrderItem, start: date, term: int | None) -> None:
    """A trial ends after it starts, and a custom end lies in the first term (rule R5.9)."""
    name, trial, end = item.subscription_id, item.trial_until, item.custom_end
    if term is None and (trial or end):
        raise Refused(f"item {name}: a one-time charge has neither a trial nor a custom_end: leave them out")
    if trial is not None and trial < start:
        raise Refused(f"item {name}: trial_until {trial} lies before the start on {start}: date it after the start")
    refuse_custom_end(end, trial or start, term, of=f"item {name}: ")


def refuse_custom_end(end: date | None, paid_from: date, term: int | None, *, of: str = "") -> None:
    """A custom end lies in the first term that is paid (rule R5.9)."""
    if end is not None and term is not None and not paid_from <= end < add_months(paid_from, term):
        raise Refused(
            f"{of}custom_end {end} does not lie in the first term, "
            f"{paid_from} to {add_months(paid_from, term) - timedelta(days=1)}: choose a day of it"
        )


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
