"""Instructions for later: edited prices, activated protection, another plan, a next term (R2.7, R2.9, R4.14, R5.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from shared.billing.blocks import Charge
from shared.billing.capture import refuse_rule_without_cost
from shared.billing.facts import BillingPlanChanged, NextTermScheduled, PricingEdited
from shared.billing.periods import duration_of
from shared.billing.terms import Refused
from shared.billing.timeline import NextTerm, PlanSwitch, PriceEdit, Step

_YEARLY, _THREE_YEARS = 12, 36
_CHARGED: Mapping[Charge, str] = {"arrears": "in arrears", "one_time": "once"}


def edit_pricing(step: Step, body: PricingEdited) -> None:
    """A price or a pricing rule that was edited by hand (rules R2.7, R2.10c; with installments R4.11)."""
    timeline, terms = step.timeline, step.phase.terms
    name = timeline.subscription_id
    if body.unit_price is None and body.pricing is None and body.protected_price is None:
        raise Refused(f"nothing is edited of subscription {name}: give unit_price, pricing or protected_price")
    if terms.charge == "one_time":
        raise Refused(
            f"subscription {name} is a one-time charge that is billed already: its price cannot be edited; "
            "place a new order"
        )
    if terms.has_installments and body.applies == "current_cycle":
        raise Refused(
            f"subscription {name} has a billing plan, and running installments keep their price: edit that of the "
            "next term instead (applies: next_term)"
        )
    if body.protected_price is not None and not _was_protected(step):
        raise Refused(
            f"subscription {name} has no price protection that protected_price could change: edit unit_price, or "
            "activate protection first"
        )
    refuse_rule_without_cost(body.pricing or (), terms.unit_cost, f"subscription {name}")
    timeline.edits.append(
        PriceEdit(
            step.day,
            body.applies,
            step.fact.ref,
            body.unit_price,
            body.pricing,
            body.protected_price,
            begins=_running_since(step) if body.applies == "current_cycle" else None,
        )
    )


def _running_since(step: Step) -> date:
    """The start of the running cycle, or the conversion inside it that set its price."""
    return max(step.phase.cycles.at(step.day).start, step.phase.priced_on)


def _was_protected(step: Step) -> bool:
    phases = step.timeline.phases
    captured = any(p.terms.protection_months or p.terms.protected_until is not None for p in phases)
    return captured or any(edit.activates_protection for edit in step.timeline.edits)


def activate_protection(step: Step) -> None:
    """Price protection for a subscription that runs already (rule R2.9); only for what is prepaid (R2.1)."""
    terms, name = step.phase.terms, step.timeline.subscription_id
    if terms.vendor not in (None, "microsoft"):
        raise Refused(
            f"price protection can be activated for Microsoft subscriptions, and subscription {name} is of "
            f"{terms.vendor}: leave it without"
        )
    if terms.charge != "upfront":
        raise Refused(
            f"price protection is for prepaid recurring subscriptions, and subscription {name} is charged "
            f"{_CHARGED[terms.charge]}: leave it without"
        )
    edit = PriceEdit(step.day, "next_term", step.fact.ref, activates_protection=True)
    step.timeline.edits.append(edit)


def switch_plan(step: Step, body: BillingPlanChanged) -> None:
    """Another billing frequency of a P3Y term: monthly to annual or back, from the next charge cycle (rule R4.14)."""
    timeline, terms, frequency = step.timeline, step.phase.terms, body.billing_frequency
    name = timeline.subscription_id
    allowed = (1, _YEARLY)
    if terms.term != _THREE_YEARS or terms.frequency not in allowed or frequency not in allowed:
        raise Refused(
            f"the billing plan of subscription {name} cannot be changed to {duration_of(frequency)}: only a term of "
            "P3Y that is billed monthly or annually changes to the other of the two; convert the subscription instead"
        )
    if frequency == terms.frequency:
        if timeline.plan_switch is None:
            raise Refused(
                f"subscription {name} is billed every {duration_of(frequency)} already: there is nothing to change"
            )
        timeline.plan_switch = None
        return
    timeline.plan_switch = PlanSwitch(step.day, frequency, step.fact.ref)


def schedule_next_term(step: Step, body: NextTermScheduled) -> None:
    """What the renewal changes; needs an active subscription that renews (rule R5.5). A later one replaces it."""
    timeline, terms = step.timeline, step.phase.terms
    name = timeline.subscription_id
    if terms.term is None:
        raise Refused(f"subscription {name} is a one-time charge and has no next term: place a new order")
    if body.quantity is None and body.term is None and body.billing_frequency is None:
        raise Refused(f"nothing is scheduled for the next term of {name}: give quantity, term or billing_frequency")
    if body.quantity == 0:
        raise Refused(
            f"a next term of 0 seats is a cancellation: cancel subscription {name} at the end of its term instead"
        )
    if timeline.suspended_on(step.day) or (timeline.statuses and timeline.statuses[-1].status == "failed"):
        raise Refused(f"a next term can be scheduled only for an active subscription: reactivate {name} first")
    if not timeline.auto_renew or timeline.cancellation is not None:
        raise Refused(f"a next term can be scheduled only where the term renews: turn auto-renew of {name} on first")
    term = body.term or terms.term
    as_one = body.term is not None and not terms.has_installments
    frequency = body.billing_frequency or (term if as_one else terms.frequency)
    if frequency is not None and (frequency > term or term % frequency):
        raise Refused(
            f"subscription {name}: billing_frequency {duration_of(frequency)} does not divide the term "
            f"{duration_of(term)}: choose one that does"
        )
    if terms.charge == "arrears" and frequency != term:
        raise Refused(
            f"subscription {name}: arrears cannot be combined with installments: make billing_frequency the term"
        )
    timeline.next_term = NextTerm(
        step.day, step.fact.ref, step.fact.type, body.quantity, body.term, body.billing_frequency
    )


def discard_next_term(step: Step) -> None:
    """Takes back what was scheduled for the next term (rule R5.5)."""
    if step.timeline.next_term is None:
        raise Refused(
            f"nothing is scheduled for the next term of {step.timeline.subscription_id}: there is nothing to discard"
        )
    step.timeline.next_term = None
