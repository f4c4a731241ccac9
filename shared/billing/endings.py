"""How a subscription ends: cancellations, and terms that do not renew (rules R3.3, R4.9, R5.3)."""

from __future__ import annotations

from shared.billing.facts import SubscriptionCanceled
from shared.billing.masterdata import MasterData
from shared.billing.moments import instant
from shared.billing.terms import Refused
from shared.billing.timeline import End, RenewalOff, Step
from shared.billing.windows import any_closed, give_back


def cancel(step: Step, body: SubscriptionCanceled, master: MasterData) -> None:
    """The end of a subscription: now, with the running cycle, or with the term (rules R3.3, R4.9).

    Where a vendor's window has closed for any seats it becomes the end of the term (rule R5.3). With `billing: none`
    it is over at once, whatever a window says, and nothing comes back: what is billed of it is settled by hand (R7.6).
    """
    timeline, phase, day = step.timeline, step.phase, step.day
    terms = phase.terms
    known = instant(step.fact.time, terms.tz)
    if step.at > known and timeline.renewed_at is not None and timeline.renewed_at > known:
        return  # scheduled, then taken back before its day came by turning auto-renew on
    closed = body.mode != "end_of_term" and any_closed(timeline, phase, day, step.at, master, step.known)
    by = step.fact.ref
    if body.mode == "immediate" and body.billing == "none":
        end = End(day, step.at, "canceled", day, by, immediate=True, refunded=False)
    elif terms.charge == "one_time" or (body.mode == "immediate" and not closed):
        returned = give_back(timeline, phase, timeline.seats[-1].quantity, day, step.at, master, step.known)
        # What the day gave back before is settled by its end: its changes leave no layers of their own.
        before = [piece for change in timeline.seats if change.on == day for piece in change.returned]
        returned = (*before, *returned)
        end = End(day, step.at, "canceled", day, by, immediate=True, returned=returned)
    else:
        by_cycle = body.mode == "end_of_cycle" and not closed
        last = phase.cycles.at(day).end if by_cycle else phase.term_of(phase.cycles.index_at(day))[1]
        end = End(last, instant(last, terms.tz), "canceled", day, by)
    standing = timeline.cancellation
    if standing is not None and standing.on <= end.on:
        raise Refused(
            f"subscription {timeline.subscription_id} is canceled already with effect from {standing.on}: "
            "cancel it for an earlier day, or leave it so"
        )
    timeline.cancellation = end
    timeline.next_term = None


def turn_renewal_off(step: Step, *, by_choice: bool) -> None:
    """The term does not renew; an instruction for the next one falls (rule R5.5)."""
    timeline = step.timeline
    timeline.next_term = None
    if timeline.renewal_off is None:
        timeline.renewal_off = RenewalOff(step.day, step.fact.ref, by_choice)


def turn_renewal_on(step: Step) -> None:
    """The term renews; a cancellation or an end that has not come yet is taken back (conventions table)."""
    timeline = step.timeline
    timeline.renewal_off = None
    timeline.expiry = None
    timeline.cancellation = None
    timeline.renewed_on = step.day
    timeline.renewed_at = instant(step.fact.time, step.phase.terms.tz)
    timeline.renewed_by = step.fact.ref
