"""Conversions: what an upgrade, a downgrade or the end of a trial makes of the terms (conventions table, R1.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from shared.billing.blocks import AnchorKind
from shared.billing.capture import (
    durations,
    order_day,
    refuse_arrears_with_installments,
    refuse_custom_end,
    refuse_rule_without_cost,
)
from shared.billing.facts import Fact, SubscriptionConverted
from shared.billing.history import known_with
from shared.billing.lookups import extra_charge_of_term, extra_charge_rate
from shared.billing.masterdata import MasterData
from shared.billing.moments import civil_date, effective, instant
from shared.billing.periods import duration_of
from shared.billing.phases import Phase, opening
from shared.billing.terms import Refused, Terms


def converted(
    phase: Phase,
    fact: Fact,
    body: SubscriptionConverted,
    day: date,
    billing_day: int,
    master: MasterData,
    known: date | None,
) -> Phase:
    """The phase that a conversion begins on a day; Refused where the rules do not allow it.

    The cycles stay, unless term, frequency, anchor, charge or a custom end is another one: then they begin anew that
    day, those on a billing day on `billing_day`. What is free stays free to its end.
    """
    old, stated, of = phase.terms, body.terms, f"subscription {fact.scope_id}"
    terms = _merged(old, body, day, of)
    _refuse(old, terms, phase, body, of)
    restarts = body.custom_end is not None or _shape(terms) != _shape(old) or phase.kind == "extended"
    if restarts:
        terms = _restarted(terms, fact, body, day, billing_day, master)
    keeps_rules, protects_anew = stated.pricing is None, bool(stated.price_protection_months)
    if phase.kind == "trial":
        until = body.trial_until or phase.cycles.until or day
        refuse_custom_end(body.custom_end, max(until, day), terms.term, of=f"{of}: ")
        if terms.anchor == "order_day":
            # After the trial it goes on as a start on that day (conventions table), not on that of the conversion.
            terms = replace(terms, anchor_day=order_day(max(until, day), terms.custom_end))
        begun = opening(replace(terms, trial_until=until), day, fact.ref, "conversion")
        return replace(begun, keeps_rules=keeps_rules, protects_anew=protects_anew)
    if not restarts:
        term_start, _ = phase.term_of(phase.cycles.index_at(day))
        if terms.has_installments and term_start > phase.priced_on:
            # Not the order's extra charge any more, but that of the renewal, whenever the conversion was told.
            by = term_start if known is None else known
            terms = replace(terms, extra_charge_rate=extra_charge_of_term(master, terms, term_start, by))
        return replace(
            phase,
            begins=day,
            terms=terms,
            priced_on=day,
            by=fact.ref,
            capture="conversion",
            keeps_rules=keeps_rules,
            protects_anew=protects_anew,
        )
    terms = replace(terms, free_period=False)
    until = phase.cycles.first_boundary if phase.free and phase.cycles.at(day).is_stub else day
    refuse_custom_end(body.custom_end, until, terms.term, of=f"{of}: ")
    if until != day:
        # Converting inside the free period stays free (R1.1): the new cycles begin where it ends.
        day_of_month = until.day if terms.anchor == "order_day" and terms.custom_end is None else terms.anchor_day
        terms = replace(terms, trial_until=until, anchor_day=day_of_month)
    begun = opening(terms, day, fact.ref, "conversion")
    at = instant(effective(fact), terms.tz)
    return replace(begun, keeps_rules=keeps_rules, protects_anew=protects_anew, converted_at=at)


def _shape(terms: Terms) -> tuple[object, ...]:
    return (terms.term, terms.frequency, terms.anchor, terms.charge)


def _merged(old: Terms, body: SubscriptionConverted, day: date, of: str) -> Terms:
    """The old terms with everything that the conversion states (absent = kept); `of` names the subscription."""
    stated = body.terms
    charge = stated.charge or old.charge
    wanted = stated
    if stated.term is None or stated.billing_frequency is not None or old.has_installments:
        frequency = stated.billing_frequency or old.frequency
        wanted = replace(stated, term=stated.term or old.term, billing_frequency=frequency)
    term, frequency = durations(wanted, charge, of=f"{of}: ")
    nce = old.nce if stated.nce is None else stated.nce
    becomes_nce = nce and not old.nce
    anchor: AnchorKind = stated.anchor or ("order_day" if becomes_nce else old.anchor)
    user_price = old.user_price if body.user_price is None else body.user_price
    months = old.protection_months if stated.price_protection_months is None else stated.price_protection_months
    change_window = old.change_window_hours if stated.change_window_hours is None else stated.change_window_hours
    full_refund = old.full_refund_hours if stated.full_refund_hours is None else stated.full_refund_hours
    suspended = old.bill_while_suspended if stated.bill_while_suspended is None else stated.bill_while_suspended
    return replace(
        old,
        product_id=body.product.id,
        vendor=body.product.vendor or old.vendor,
        tax_type=body.product.tax_type,
        charge=charge,
        term=term,
        frequency=frequency,
        anchor=anchor,
        price_day=day,
        unit_price=body.unit_price,
        price_by=None,
        unit_cost=old.unit_cost if body.unit_cost is None else body.unit_cost,
        user_price=user_price,
        nce=nce,
        pricing=old.pricing if stated.pricing is None else stated.pricing,
        # What an import says is locked is the old product's price.
        protected_price=None,
        protection_months=0 if user_price or charge != "upfront" else months,
        usage_charge_rule=stated.usage_charge_rule or old.usage_charge_rule,
        decrease_credit=stated.decrease_credit or old.decrease_credit,
        refund_policy=stated.refund_policy or old.refund_policy,
        change_window_hours=change_window,
        full_refund_hours=full_refund,
        bill_while_suspended=suspended,
    )


def _restarted(
    terms: Terms,
    fact: Fact,
    body: SubscriptionConverted,
    day: date,
    billing_day: int,
    master: MasterData,
) -> Terms:
    """Terms whose cycles begin anew on a day: anchor and extra charge are captured as by an order (R4.4, R4.6)."""
    limit, tz = known_with(fact, terms.tz), terms.tz
    profile = master.customer(terms.customer_id, tz, limit)
    known = civil_date(fact.time, tz)
    reseller_id = profile.reseller_of(terms.reseller_id, terms.told)
    if body.custom_end is not None:
        terms = replace(terms, anchor="order_day")
    anchor_day = order_day(day, body.custom_end) if terms.anchor == "order_day" else billing_day
    terms = replace(terms, anchor_day=anchor_day, custom_end=body.custom_end)
    if not terms.has_installments:
        return terms
    return replace(terms, extra_charge_rate=extra_charge_rate(master, profile, reseller_id, tz, day, known, limit))


def _refuse(old: Terms, new: Terms, phase: Phase, body: SubscriptionConverted, of: str) -> None:
    if old.charge == "one_time" or new.charge == "one_time":
        raise Refused(f"{of}: nothing is converted from or to a one-time charge: place a new order")
    refuse_arrears_with_installments(new.charge, new.term, new.frequency, of)
    refuse_rule_without_cost(new.pricing, new.unit_cost, of)
    if body.trial_until is not None and phase.kind != "trial":
        raise Refused(f"{of} is paid already and has no trial to end: leave trial_until out")
    if old.nce and old.term is not None and new.term is not None and new.term < old.term:
        raise Refused(
            f"{of}: a term of {duration_of(old.term)} cannot be cut to {duration_of(new.term)} while it runs: "
            "schedule the shorter one for the next term instead"
        )
