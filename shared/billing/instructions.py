"""Instructions for later: edited prices, activated protection, another plan, a next term (R2.7, R2.9, R4.14, R5.5)."""

from __future__ import annotations

from datetime import date

from shared.billing.capture import refuse_rule_without_cost
from shared.billing.facts import BillingPlanChanged, NextTermScheduled, PricingEdited
from shared.billing.periods import duration_of
from shared.billing.terms import Refused
from shared.billing.timeline import NextTerm, PlanSwitch, PriceEdit, Step

_YEARLY, _THREE_YEARS = 12, 36


def edit_pricing(step: Step, body: PricingEdited) -> None:
    """A price or a pricing rule that was edited by hand (rules R2.7, R2.10c; with installments R4.11)."""
    timeline, terms = step.timeline, step.phase.terms
    if body.unit_price is None and body.pricing is None and body.protected_price is None:
        raise Refused("nothing is edited: give unit_price, pricing or protected_price")
    if terms.charge == "one_time":
        raise Refused("a one-time charge is billed already: its price cannot be edited")
    if terms.has_installments and body.applies == "current_cycle":
        raise Refused(
            "with a billing plan running installments keep their price: edit it with applies: next_term (rule R4.11)"
        )
    if body.protected_price is not None and not _was_protected(step):
        raise Refused("protected_price without price protection: edit unit_price, or activate protection first")
    refuse_rule_without_cost(body.pricing or (), terms.unit_cost, timeline.subscription_id)
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
    terms = step.phase.terms
    if terms.vendor not in (None, "microsoft"):
        raise Refused(f"price protection can be activated for Microsoft subscriptions, not for {terms.vendor}")
    if terms.charge != "upfront":
        raise Refused(f"price protection is for prepaid recurring subscriptions only, not for {terms.charge}")
    edit = PriceEdit(step.day, "next_term", step.fact.ref, activates_protection=True)
    step.timeline.edits.append(edit)


def switch_plan(step: Step, body: BillingPlanChanged) -> None:
    """Another billing frequency of a P3Y term: monthly to annual or back, from the next charge cycle (rule R4.14)."""
    timeline, terms, frequency = step.timeline, step.phase.terms, body.billing_frequency
    allowed = (1, _YEARLY)
    if terms.term != _THREE_YEARS or terms.frequency not in allowed or frequency not in allowed:
        raise Refused(
            f"a billing plan can be changed to {duration_of(frequency)} only for a term of P3Y that is billed "
            "monthly or annually, to the other of the two: convert the subscription instead"
        )
    if frequency == terms.frequency:
        if timeline.plan_switch is None:
            raise Refused(f"it is billed every {duration_of(frequency)} already: nothing to change")
        timeline.plan_switch = None
        return
    timeline.plan_switch = PlanSwitch(step.day, frequency, step.fact.ref)


def schedule_next_term(step: Step, body: NextTermScheduled) -> None:
    """What the renewal changes; needs an active subscription that renews (rule R5.5). A later one replaces it."""
    timeline, terms = step.timeline, step.phase.terms
    if terms.term is None:
        raise Refused("a one-time charge has no next term: place a new order")
    if body.quantity is None and body.term is None and body.billing_frequency is None:
        raise Refused("nothing is scheduled: give quantity, term or billing_frequency")
    if body.quantity == 0:
        raise Refused("a next term of 0 seats is a cancellation: send SubscriptionCanceled with mode end_of_term")
    if timeline.suspended_on(step.day) or (timeline.statuses and timeline.statuses[-1].status == "failed"):
        raise Refused("a next term can be scheduled only for an active subscription: reactivate it first")
    if not timeline.auto_renew or timeline.cancellation is not None:
        raise Refused("a next term can be scheduled only where the term renews: turn auto-renew on first")
    term = body.term or terms.term
    as_one = body.term is not None and not terms.has_installments
    frequency = body.billing_frequency or (term if as_one else terms.frequency)
    if frequency is not None and (frequency > term or term % frequency):
        raise Refused(
            f"billing_frequency {duration_of(frequency)} does not divide the term {duration_of(term)}: "
            "choose one that does"
        )
    if terms.charge == "arrears" and frequency != term:
        raise Refused("arrears cannot be combined with installments: make billing_frequency the term")
    timeline.next_term = NextTerm(
        step.day, step.fact.ref, step.fact.type, body.quantity, body.term, body.billing_frequency
    )


def discard_next_term(step: Step) -> None:
    """Takes back what was scheduled for the next term (rule R5.5)."""
    if step.timeline.next_term is None:
        raise Refused("nothing is scheduled for the next term: there is nothing to discard")
    step.timeline.next_term = None
