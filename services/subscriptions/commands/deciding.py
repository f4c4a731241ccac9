"""What each request comes to: one event, or none where all is so already. Pure; raises CommandRefused.

The rules themselves are asked by folding the event (`session`), so that API and projection refuse alike. Here stands
what an event does not know: how many more, who may do what, and what the list price is.
"""

from __future__ import annotations

from dataclasses import replace

from services.subscriptions.commands.bodies import (
    MOST_LICENCES,
    ActivateProtection,
    Cancel,
    ChangeBillingPlan,
    ChangeQuantity,
    Convert,
    DiscardNextTerm,
    EditPricing,
    Import,
    Reactivate,
    Request,
    ScheduleNextTerm,
    SetAutoRenew,
    Suspend,
)
from shared.billing.lookups import price_to_order
from shared.billing.offers import plan_refusal
from shared.billing.periods import duration_of
from shared.billing.settling import next_terms
from shared.billing.terms import Terms
from shared.commands.decision import CommandRefused
from shared.commands.effective import effective_of, needs_backdating
from shared.commands.principal import Principal
from shared.commands.standing import Standing
from shared.events.models.base import EventModel
from shared.events.models.blocks import Product
from shared.events.models.subscriptions import (
    AutoRenewChanged,
    BillingPlanChanged,
    LicensesChanged,
    NextTermDiscarded,
    NextTermScheduled,
    PriceProtectionActivated,
    PricingEdited,
    SubscriptionCanceled,
    SubscriptionConverted,
    SubscriptionReactivated,
    SubscriptionSuspended,
)

# What may have it billed in another way.
CHOOSES_A_PLAN = (Convert, ScheduleNextTerm, ChangeBillingPlan)
# What a reseller may not do while something is scheduled for the next term; who works for the distributor may, and
# the instruction falls (rule R5.6).
_HELD_BACK = (ChangeQuantity, Convert, SetAutoRenew, Suspend, Cancel)


def decide(standing: Standing, request: Request, principal: Principal) -> EventModel | None:
    """The event of a request on a subscription that exists; None when it asks for what is so already."""
    _refuse_what_needs_more(standing, request, principal)
    request = _as_of(standing, request, principal)
    match request:
        case ChangeQuantity():
            return _change_quantity(standing, request)
        case Cancel():
            return SubscriptionCanceled(**_of(standing), mode=request.mode, effective_at=request.effective_at)
        case Suspend():
            return _suspend(standing, request)
        case Reactivate():
            return _reactivate(standing, request)
        case SetAutoRenew():
            return _set_auto_renew(standing, request)
        case EditPricing():
            return PricingEdited(
                **_of(standing), unit_price=request.unit_price, pricing=request.pricing,
                protected_price=request.protected_price, applies=request.applies,
            )  # fmt: skip
        case ActivateProtection():
            return PriceProtectionActivated(**_of(standing))
        case ChangeBillingPlan():
            return BillingPlanChanged(**_of(standing), billing_frequency=request.billing_frequency)
        case ScheduleNextTerm():
            return NextTermScheduled(
                **_of(standing), quantity=request.quantity, term=request.term,
                billing_frequency=request.billing_frequency,
            )  # fmt: skip
        case DiscardNextTerm():
            return NextTermDiscarded(**_of(standing))
        case Convert():
            return _convert(standing, request)
        case Import():
            raise ValueError("an import is of a subscription that does not exist yet")


def _as_of(standing: Standing, request: Request, principal: Principal) -> Request:
    """The request with what its event is to say of when it takes effect."""
    asked = getattr(request, "effective_at", None)
    if asked is None:
        return request
    may = principal.may("backdating")
    return request.model_copy(
        update={"effective_at": effective_of(asked, standing.at, standing.terms.tz, may_backdate=may)}
    )


def _of(standing: Standing) -> dict[str, str]:
    return {"subscription_id": standing.subscription, "customer_id": standing.terms.customer_id}


def _refuse_what_needs_more(standing: Standing, request: Request, principal: Principal) -> None:
    """Permissions beyond that to change subscriptions, and what waits for a reseller (rule R5.6)."""
    principal.need("subscriptions:write", "change subscriptions")
    if needs_backdating(getattr(request, "effective_at", None), standing.at, standing.terms.tz):
        principal.need("backdating", "date a change before now")
    if isinstance(request, EditPricing | ActivateProtection):
        principal.need("prices:write", "change prices")
    if isinstance(request, Convert) and (request.unit_price is not None or request.unit_cost is not None):
        principal.need("prices:write", "set a price: leave it out, and the list price holds")
    if isinstance(request, ChangeQuantity) and request.billing == "none":
        principal.need("prices:write", "change licences without billing them")
    if standing.day_of(getattr(request, "effective_at", None)) < standing.terms.start:
        raise CommandRefused(
            f"subscription {standing.subscription} starts on {standing.terms.start}: nothing of it can be changed "
            "before that day"
        )
    waiting = standing.met.next_term
    if waiting is not None and principal.role == "reseller" and isinstance(request, _HELD_BACK):
        raise CommandRefused(
            f"a change is scheduled for the next term of {standing.subscription} since {waiting.on}: "
            "discard it first, then ask again"
        )


def _change_quantity(standing: Standing, request: ChangeQuantity) -> LicensesChanged | None:
    """The new total (rules R3.1, R3.2); counted from what is held on the day of the change."""
    day = max(standing.day_of(request.effective_at), standing.today)
    held = standing.met_on(day).quantity_on(standing.day_of(request.effective_at))
    wanted = request.quantity if request.quantity is not None else held + (request.change or 0)
    if wanted < 0:
        raise CommandRefused(
            f"subscription {standing.subscription} holds {held} licences, so {-(request.change or 0)} cannot be "
            "taken off: cancel it to end it"
        )
    if wanted > MOST_LICENCES:
        raise CommandRefused(
            f"subscription {standing.subscription}: {wanted} licences are more than the {MOST_LICENCES:,} that there "
            "can be: ask for fewer"
        )
    if wanted == held and request.effective_at is None:
        return None
    return LicensesChanged(
        **_of(standing), quantity=wanted, effective_at=request.effective_at, reason=request.reason,
        billing=request.billing,
    )  # fmt: skip


def _suspend(standing: Standing, request: Suspend) -> SubscriptionSuspended | None:
    if standing.met.suspended_on(standing.day_of(request.effective_at)):
        return None
    return SubscriptionSuspended(**_of(standing), effective_at=request.effective_at)


def _reactivate(standing: Standing, request: Reactivate) -> SubscriptionReactivated | None:
    day = standing.day_of(request.effective_at)
    is_over = standing.met.end is not None and standing.met.end.on <= day
    changed = [change.status for change in standing.met.statuses if change.on <= day]
    if not is_over and (not changed or changed[-1] == "active"):
        return None
    return SubscriptionReactivated(**_of(standing), effective_at=request.effective_at)


def _set_auto_renew(standing: Standing, request: SetAutoRenew) -> AutoRenewChanged | None:
    timeline = standing.met
    revokes = request.auto_renew and timeline.cancellation is not None
    if timeline.auto_renew == request.auto_renew and not revokes:
        return None
    return AutoRenewChanged(**_of(standing), auto_renew=request.auto_renew)


def _convert(standing: Standing, request: Convert) -> SubscriptionConverted:
    """Another product at the price that is asked for, else at its list price of today (rule R2.8)."""
    terms = standing.terms
    term = request.term or terms.term
    frequency = request.billing_frequency or (terms.frequency if request.term is None else term)
    if (request.product, term, frequency) == (terms.product_id, terms.term, terms.frequency):
        raise CommandRefused(
            f"subscription {standing.subscription} is of {request.product} with these terms already: change its "
            "licences or its pricing instead"
        )
    if request.quantity is not None and terms.has_installments and standing.is_later(request.effective_at):
        raise CommandRefused(
            f"subscription {standing.subscription}: with a billing plan a change of licences is executed immediately: "
            "convert without quantity, or now"
        )
    price, cost = request.unit_price, request.unit_cost
    if price is None:
        wanted = replace(terms, product_id=request.product, term=term, frequency=frequency)
        listed = price_to_order(standing.master, wanted, standing.day_of(request.effective_at), standing.today)
        if listed is None:
            raise CommandRefused(
                f"product {request.product} has no list price in {terms.currency} for "
                f"{'a one-time charge' if term is None else f'the term {duration_of(term)}'}: give unit_price, or the "
                "product a list price for that first"
            )
        price, cost = listed.sell, cost if cost is not None else listed.cost
    return SubscriptionConverted(
        **_of(standing), product=Product(id=request.product), unit_price=price, unit_cost=cost,
        quantity=request.quantity, term=request.term, billing_frequency=request.billing_frequency,
        effective_at=request.effective_at,
    )  # fmt: skip


def refuse_plan(before: Standing, after: Standing) -> None:
    """A billing plan can be chosen only where it is enabled for organisation, account and product (rule R4.2).

    What is billed in another way once everything that is known has come about was chosen; what stays was not.
    """
    was, will = (one.running.timeline.phases[-1].terms for one in (before, after))
    instruction = after.met.next_term
    if instruction is not None:
        # It may be without a list price today, and have one when the term renews.
        will = next_terms(after.met.phases[-1].terms, instruction)
    if not will.has_installments or _plan(was) == _plan(will):
        return
    reason = plan_refusal(
        after.master, will.product_id, will.customer_id, after.reseller, will.term, will.frequency, will.tz, after.today
    )
    if reason is not None:
        raise CommandRefused(f"subscription {after.subscription}: {reason}")


def _plan(terms: Terms) -> tuple[object, ...]:
    return terms.product_id, terms.term, terms.frequency
