"""The timeline of a subscription: its facts, folded in their order into dated changes (rule R0.11).

`fold` and `evolve` give the same timeline: a fact that sorts last evolves it, any other is folded with all the rest.
A fact that the rules refuse stays in the timeline as a rejection with its reason; nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from shared.billing.facts import (
    AutoRenewChanged,
    Fact,
    LicensesChanged,
    OrderExecuted,
    ProvisioningFailed,
    SubscriptionCanceled,
    SubscriptionImported,
    SubscriptionProvisioned,
    SubscriptionReactivated,
    SubscriptionSuspended,
)
from shared.billing.masterdata import MasterData
from shared.billing.moments import OrderKey, civil_date, effective, instant, order_key
from shared.billing.terms import Refused, Terms, founding_zone, terms_of


@dataclass(frozen=True, slots=True)
class SeatChange:
    """The quantity from a day on. `deferred`: held at once, billed from the next cycle start (`billing: none`)."""

    on: date
    at: datetime
    quantity: int
    deferred: bool = False


@dataclass(frozen=True, slots=True)
class StatusChange:
    on: date
    status: Literal["active", "suspended", "pending", "failed"]


@dataclass(frozen=True, slots=True)
class End:
    """The first day that is no longer covered, and why. `decided` is the day from which it holds."""

    on: date
    at: datetime
    kind: Literal["canceled", "expired"]
    decided: date
    immediate: bool = False


@dataclass(frozen=True, slots=True)
class Rejection:
    """A fact that the rules refuse, with the reason in words."""

    source: str
    id: str
    type: str
    reason: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """One subscription, folded. `terms` is None until an order or an import is accepted.

    `cancellation` and `expiry` may both stand: the earlier one ends it. `renewed_at` is when auto-renew was last turned
    on: it takes back what was scheduled before. `last_key` is the place of the last fact.
    """

    subscription_id: str
    terms: Terms | None = None
    seats: tuple[SeatChange, ...] = ()
    statuses: tuple[StatusChange, ...] = ()
    auto_renew: bool = True
    cancellation: End | None = None
    expiry: End | None = None
    renewed_at: datetime | None = None
    refusal: str | None = None
    rejected: tuple[Rejection, ...] = ()
    last_key: OrderKey | None = None

    @property
    def end(self) -> End | None:
        """What ends it first: a cancellation, or a term that does not renew."""
        ends = [end for end in (self.cancellation, self.expiry) if end is not None]
        return min(ends, key=lambda end: end.on, default=None)

    def quantity_on(self, day: date) -> int:
        """Seats held on a day; on a day of several changes the last one holds. After the end, the last ones held."""
        held = 0
        for change in self.seats:
            if change.on > day:
                break
            held = change.quantity
        return held


def initial(subscription_id: str) -> Timeline:
    """A subscription of which nothing is known."""
    return Timeline(subscription_id)


def is_founding(fact: Fact) -> bool:
    """Whether a fact can bring a subscription into being."""
    return isinstance(fact.body, OrderExecuted | SubscriptionImported)


def fold(subscription_id: str, facts: Iterable[Fact], master: MasterData) -> Timeline | None:
    """The timeline of all facts of a subscription; None while they wait for an order or an import (`pending`)."""
    known = list(facts)
    founding = [fact for fact in known if is_founding(fact)]
    if not founding:
        return None
    first = min(founding, key=lambda fact: order_key(fact, founding_zone(fact, master)))
    tz = founding_zone(first, master)
    timeline = initial(subscription_id)
    for key, fact in sorted(((order_key(fact, tz), fact) for fact in known), key=lambda pair: pair[0]):
        timeline = _applied(timeline, fact, key, master)
    return timeline


def evolve(timeline: Timeline, fact: Fact, master: MasterData) -> Timeline | None:
    """The timeline with one more fact; None when the fact does not sort last and everything must be folded again."""
    if timeline.terms is None or timeline.last_key is None:
        return None
    key = order_key(fact, timeline.terms.tz)
    if key <= timeline.last_key or is_founding(fact):
        return None
    return _applied(timeline, fact, key, master)


def _applied(timeline: Timeline, fact: Fact, key: OrderKey, master: MasterData) -> Timeline:
    try:
        changed = _founded(timeline, fact, master) if is_founding(fact) else _changed(timeline, fact)
    except Refused as refused:
        rejection = Rejection(fact.source, fact.id, fact.type, str(refused))
        refusal = str(refused) if is_founding(fact) and timeline.terms is None else timeline.refusal
        changed = replace(timeline, rejected=(*timeline.rejected, rejection), refusal=refusal)
    return replace(changed, last_key=key)


def _founded(timeline: Timeline, fact: Fact, master: MasterData) -> Timeline:
    if timeline.terms is not None:
        raise Refused(f"subscription {timeline.subscription_id} exists already: give the new one an id of its own")
    terms = terms_of(fact, master)
    assert isinstance(fact.body, OrderExecuted | SubscriptionImported)
    seats = SeatChange(terms.start, terms.start_instant, fact.body.item.quantity)
    founded = replace(timeline, terms=terms, seats=(seats,), auto_renew=True, refusal=None)
    return founded if terms.auto_renew else _renewal_set(founded, terms, terms.start, auto_renew=False)


def _changed(timeline: Timeline, fact: Fact) -> Timeline:
    """What a fact makes of a running subscription; Refused with the reason where the rules do not allow it."""
    terms = timeline.terms
    if terms is None:
        if timeline.refusal is not None:
            raise Refused(f"the subscription does not exist, because its order was refused: {timeline.refusal}")
        raise Refused(f"dated before subscription {timeline.subscription_id} starts: date it on or after the start")
    day = civil_date(effective(fact), terms.tz)
    if day < terms.start:
        raise Refused(
            f"dated {day}, before subscription {timeline.subscription_id} starts on {terms.start}: "
            "date it on or after the start"
        )
    body = fact.body
    if isinstance(body, SubscriptionProvisioned):
        return _with_status(timeline, StatusChange(day, "active"))
    if isinstance(body, ProvisioningFailed):
        return _with_status(timeline, StatusChange(day, "failed"))
    end = timeline.end
    if end is not None and day >= end.on:
        word = "was canceled" if end.kind == "canceled" else "expired"
        raise Refused(f"dated {day}, after subscription {timeline.subscription_id} {word} with effect from {end.on}")
    if isinstance(body, LicensesChanged):
        return _seats_changed(timeline, terms, fact, body, day)
    if isinstance(body, SubscriptionCanceled):
        return _canceled(timeline, terms, fact, body, day)
    if isinstance(body, AutoRenewChanged):
        renewal = _renewal_set(timeline, terms, day, auto_renew=body.auto_renew)
        return replace(renewal, renewed_at=instant(fact.time, terms.tz)) if body.auto_renew else renewal
    if isinstance(body, SubscriptionSuspended):
        if not terms.bill_while_suspended:
            raise Refused("bill_while_suspended: false is not billed by this version: cancel it, or credit it by hand")
        return _with_status(timeline, StatusChange(day, "suspended"))
    if isinstance(body, SubscriptionReactivated):
        return _with_status(timeline, StatusChange(day, "active"))
    raise Refused(f"{fact.type} is not billed by this version: its effect has to be billed by hand")


def _with_status(timeline: Timeline, change: StatusChange) -> Timeline:
    return replace(timeline, statuses=(*timeline.statuses, change))


def _seats_changed(timeline: Timeline, terms: Terms, fact: Fact, body: LicensesChanged, day: date) -> Timeline:
    """A new total of seats (rules R3.1, R3.2, R4.9)."""
    if body.quantity == 0:
        raise Refused("a quantity of 0 is not a change of seats: send SubscriptionCanceled instead")
    if terms.charge == "one_time":
        raise Refused("a one-time charge has no seats to change: place a new order")
    at = instant(effective(fact), terms.tz)
    if terms.has_installments and at > instant(fact.time, terms.tz):
        raise Refused(
            f"scheduled for {day}, but with a billing plan a change of seats is executed immediately: "
            "leave effective_at out, or schedule it for the next term with NextTermScheduled"
        )
    change = SeatChange(day, at, body.quantity, deferred=body.billing == "none")
    return replace(timeline, seats=(*timeline.seats, change))


def _canceled(timeline: Timeline, terms: Terms, fact: Fact, body: SubscriptionCanceled, day: date) -> Timeline:
    """The end of a subscription: now, with the running cycle, or with the term (rules R3.3, R4.9)."""
    at, known = instant(effective(fact), terms.tz), instant(fact.time, terms.tz)
    if at > known and timeline.renewed_at is not None and timeline.renewed_at > known:
        return timeline  # scheduled, then taken back before its day came by turning auto-renew on
    if body.mode == "immediate" or terms.charge == "one_time":
        end = End(day, at, "canceled", day, immediate=True)
    else:
        last = terms.cycles.at(day).end if body.mode == "end_of_cycle" else terms.term_at(day)[1]
        end = End(last, instant(last, terms.tz), "canceled", day)
    standing = timeline.cancellation
    if standing is not None and standing.on <= end.on:
        raise Refused(f"subscription {timeline.subscription_id} is canceled already with effect from {standing.on}")
    return replace(timeline, cancellation=end)


def _renewal_set(timeline: Timeline, terms: Terms, day: date, *, auto_renew: bool) -> Timeline:
    """Whether the term renews; turning it on takes back a cancellation that has not come yet (conventions table)."""
    if terms.term is None:
        return replace(timeline, auto_renew=auto_renew)
    if auto_renew:
        return replace(timeline, auto_renew=True, expiry=None, cancellation=None)
    last = terms.term_at(day)[1]
    expiry = End(last, instant(last, terms.tz), "expired", day)
    return replace(timeline, auto_renew=False, expiry=timeline.expiry or expiry)
