"""What each fact makes of a running subscription; Refused with the reason where the rules do not allow it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from shared.billing.conversion import converted
from shared.billing.endings import cancel, turn_renewal_off, turn_renewal_on
from shared.billing.facts import (
    AutoRenewChanged,
    BillingPlanChanged,
    Fact,
    LicensesChanged,
    NextTermDiscarded,
    NextTermScheduled,
    PriceProtectionActivated,
    PricingEdited,
    ProvisioningFailed,
    SubscriptionCanceled,
    SubscriptionConverted,
    SubscriptionProvisioned,
    SubscriptionReactivated,
    SubscriptionSuspended,
)
from shared.billing.history import known_with
from shared.billing.instructions import (
    activate_protection,
    discard_next_term,
    edit_pricing,
    schedule_next_term,
    switch_plan,
)
from shared.billing.masterdata import MasterData
from shared.billing.moments import OrderKey
from shared.billing.settling import billing_day_on, settle
from shared.billing.terms import Refused
from shared.billing.timeline import PriceEdit, SeatChange, StatusChange, Step, Timeline
from shared.billing.windows import by_vendors_clock, give_back

_PROVISIONING = (SubscriptionProvisioned, ProvisioningFailed)


def change(timeline: Timeline, fact: Fact, key: OrderKey, master: MasterData, known: date | None) -> None:
    """Apply a fact, which stands at `key` among the others, to a timeline. Refused leaves it as it was."""
    day, _, at, known_at, *_ = key
    name = timeline.subscription_id
    if not timeline.phases:
        if timeline.refusal is not None:
            raise Refused(f"subscription {name} does not exist, because its order was refused: {timeline.refusal}")
        raise Refused(f"dated before subscription {name} starts: date it on or after the start")
    terms = timeline.phases[0].terms
    if day < terms.start:
        raise Refused(f"dated {day}, before subscription {name} starts on {terms.start}: date it on or after the start")
    if isinstance(fact.body, _PROVISIONING):
        _provision(timeline, fact, fact.body, day, at)
        return
    day = by_vendors_clock(timeline, fact, day, at, master)
    settle(timeline, master, known, day)
    end = timeline.end
    if end is not None and day >= end.on:
        word = "was canceled" if end.kind == "canceled" else "expired"
        raise Refused(
            f"dated {day}, after subscription {name} {word} with effect from {end.on}: "
            "date it before that day, or place a new order"
        )
    _apply(Step(timeline, timeline.phases[-1], fact, day, at, known_at), master, known)


def _apply(step: Step, master: MasterData, known: date | None) -> None:
    body = step.fact.body
    match body:
        case LicensesChanged():
            _change_seats(step, body, master)
        case SubscriptionConverted():
            _convert(step, body, master, known)
        case SubscriptionCanceled():
            cancel(step, body, master)
        case SubscriptionSuspended():
            _suspend(step)
        case SubscriptionReactivated():
            step.timeline.statuses.append(StatusChange(step.day, step.at, "active", step.fact.ref))
        case AutoRenewChanged():
            turn_renewal_on(step) if body.auto_renew else turn_renewal_off(step, by_choice=True)
        case PricingEdited():
            edit_pricing(step, body)
        case PriceProtectionActivated():
            activate_protection(step)
        case BillingPlanChanged():
            switch_plan(step, body)
        case NextTermScheduled():
            schedule_next_term(step, body)
        case NextTermDiscarded():
            discard_next_term(step)
        case _:
            raise Refused(f"{step.fact.type} is not a fact about a subscription: leave it out of its stream")


def _provision(
    timeline: Timeline, fact: Fact, body: SubscriptionProvisioned | ProvisioningFailed, day: date, at: datetime
) -> None:
    """What the vendor made of it sets the status only, and its id (rule R8.2); one that is suspended stays so."""
    failed = isinstance(body, ProvisioningFailed)
    if not failed and body.vendor_subscription_id is not None:
        timeline.vendor_id = body.vendor_subscription_id
    if failed or not timeline.suspended_on(day):
        timeline.statuses.append(StatusChange(day, at, "failed" if failed else "active", fact.ref))


def _suspend(step: Step) -> None:
    """Suspended; with `nce` it is not renewed any more, and reactivation does not change that (rule R5.7)."""
    step.timeline.statuses.append(StatusChange(step.day, step.at, "suspended", step.fact.ref))
    if step.phase.terms.nce:
        turn_renewal_off(step, by_choice=False)


def _change_seats(step: Step, body: LicensesChanged, master: MasterData) -> None:
    """A new total of seats (rules R3.1, R3.2, R4.9, R5.1); at once, it discards the next term's instruction (R5.5)."""
    terms = step.phase.terms
    name, scheduled = step.timeline.subscription_id, step.at > step.known_at
    if terms.charge == "one_time":
        raise Refused(f"subscription {name} is a one-time charge and has no seats to change: place a new order")
    if terms.has_installments and scheduled:
        raise Refused(
            f"subscription {name}: scheduled for {step.day}, but with a billing plan a change of seats is executed "
            "immediately: leave effective_at out, or schedule the next term with that quantity"
        )
    _set_seats(step, body.quantity, master, deferred=body.billing == "none")
    if not scheduled and not body.keeps_next_term:
        step.timeline.next_term = None


def _set_seats(step: Step, quantity: int, master: MasterData, *, deferred: bool = False) -> None:
    timeline = step.timeline
    if quantity == 0:
        raise Refused(
            f"a quantity of 0 is not a change of seats: cancel subscription {timeline.subscription_id} instead"
        )
    fewer = timeline.seats[-1].quantity - quantity
    # What is billed only from the next cycle on gives nothing back: no window is asked.
    gives_back = fewer > 0 and not deferred
    returned = give_back(timeline, step.phase, fewer, step.day, step.at, master, step.known) if gives_back else ()
    timeline.seats.append(SeatChange(step.day, step.at, quantity, step.fact.ref, deferred, returned))


def _convert(step: Step, body: SubscriptionConverted, master: MasterData, known: date | None) -> None:
    """An upgrade or a downgrade; where the cycles begin anew, on the billing day that the customer has now (R0.12)."""
    timeline, day = step.timeline, step.day
    terms = step.phase.terms
    billing_day = billing_day_on(timeline, terms, day, master, known, known_with(step.fact, terms.tz))
    phase = converted(step.phase, step.fact, body, day, billing_day, master, known)
    if body.quantity is not None and body.quantity != timeline.seats[-1].quantity:
        _set_seats(step, body.quantity, master)
    timeline.edits = [kept for edit in timeline.edits if (kept := _after_conversion(edit, timeline, day)) is not None]
    timeline.phases.append(replace(phase, edits_before=len(timeline.edits)))
    timeline.next_term = None
    timeline.vendor_id = body.vendor_subscription_id or timeline.vendor_id
    if phase.cycles != step.phase.cycles:
        timeline.plan_switch = None
        timeline.moved_until = day
    if body.terms.auto_renew is not None:
        turn_renewal_on(step) if body.terms.auto_renew else turn_renewal_off(step, by_choice=False)


def _after_conversion(edit: PriceEdit, timeline: Timeline, day: date) -> PriceEdit | None:
    """An edited price that waits for the next term falls with the product it was of; an edited rule stays (R2.10)."""
    begins = timeline.layout.next_start_after(edit.on) if edit.applies == "next_term" else None
    if begins is None or begins <= day or edit.activates_protection:
        return edit
    waiting = edit._replace(unit_price=None, protected_price=None)
    return None if waiting.pricing is None else waiting
