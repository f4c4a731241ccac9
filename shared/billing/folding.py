"""Folding: the facts of a subscription, in their order, into its timeline (rule R0.11).

`fold` and `evolve` give the same timeline: a fact that sorts last evolves it, any other is folded with all the rest.
A fact that the rules refuse stays in the timeline as a rejection with its reason; nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from shared.billing.capture import terms_of
from shared.billing.changes import change
from shared.billing.facts import Fact
from shared.billing.founding import in_order, is_founding, known_facts
from shared.billing.masterdata import MasterData
from shared.billing.moments import FOUNDING, OrderKey, civil_date, order_key
from shared.billing.phases import opening
from shared.billing.settling import settle
from shared.billing.terms import Refused, Terms
from shared.billing.timeline import End, Rejection, RenewalOff, SeatChange, Timeline
from shared.billing.windows import any_closed, give_back


def fold(
    subscription_id: str,
    facts: Iterable[Fact],
    master: MasterData,
    known: date | None = None,
    addons: frozenset[str] = frozenset(),
) -> Timeline | None:
    """The timeline of all facts of a subscription; None while they wait for an order or an import (`pending`).

    `known` is the day by the end of which the facts are known, where master data knows more. `addons` are the
    subscriptions that this one is folded for as their parent.
    """
    placed = in_order(list(facts), master)
    if not placed:
        return None
    timeline = Timeline(subscription_id)
    for key, fact in placed:
        _apply(timeline, fact, key, master, known, addons)
    return timeline


def evolve(timeline: Timeline, fact: Fact, master: MasterData) -> Timeline | None:
    """The timeline with one more fact; None when the fact does not sort last and everything must be folded again."""
    terms = timeline.terms
    if terms is None or timeline.last_key is None or is_founding(fact):
        return None
    key = order_key(fact, terms.tz)
    if key <= timeline.last_key:
        return None
    evolved = timeline.copy()
    _apply(evolved, fact, key, master)
    return evolved


def settled(timeline: Timeline, master: MasterData, known: date) -> Timeline:
    """The timeline with everything that is known to come: renewals, ends, phases. The one given stays as it is."""
    if not timeline.phases:
        return timeline
    whole = timeline.copy()
    settle(whole, master, known, None)
    if whole.parent_end is not None and whole.parent_end is whole.end:
        whole.parent_end = _by_its_own_window(whole, whole.parent_end, master)
    _refuse_deletion(whole, master, known)
    return whole


def _refuse_deletion(timeline: Timeline, master: MasterData, known: date) -> None:
    """An executed order is not deleted while it has installments (rule R4.13)."""
    terms = timeline.phases[0].terms
    if terms.order_id is None or not any(phase.terms.has_installments for phase in timeline.phases):
        return
    reason = (
        f"order {terms.order_id} is executed and {timeline.subscription_id} of it is billed in installments: "
        "it cannot be deleted; cancel its subscriptions instead"
    )
    for fact in master.deletions(terms.customer_id, terms.order_id):
        if civil_date(fact.time, terms.tz) <= known:
            timeline.rejected.append(Rejection(fact.source, fact.id, fact.type, reason))


def _by_its_own_window(timeline: Timeline, end: End, master: MasterData) -> End:
    """The end that an add-on has from its parent: credited as its own windows allow (rules R5.1, R5.2)."""
    phase = timeline.layout.phase_at(end.on)
    if any_closed(timeline, phase, end.on, end.at, master, end.decided):
        return end._replace(refunded=False)
    seats = timeline.quantity_on(end.on)
    return end._replace(returned=give_back(timeline, phase, seats, end.on, end.at, master, end.decided))


def _apply(
    timeline: Timeline,
    fact: Fact,
    key: OrderKey,
    master: MasterData,
    known: date | None = None,
    addons: frozenset[str] = frozenset(),
) -> None:
    founding = is_founding(fact)
    try:
        if founding:
            _found(timeline, fact, master, known, addons)
        else:
            change(timeline, fact, key, master, known)
    except Refused as refused:
        timeline.rejected.append(Rejection(fact.source, fact.id, fact.type, str(refused)))
        if founding and not timeline.phases:
            timeline.refusal = str(refused)
    timeline.last_key = key
    known_at = key[3]
    timeline.told_until = known_at if timeline.told_until is None else max(timeline.told_until, known_at)


def _found(timeline: Timeline, fact: Fact, master: MasterData, known: date | None, addons: frozenset[str]) -> None:
    if timeline.phases:
        raise Refused(f"subscription {timeline.subscription_id} exists already: give the new one an id of its own")
    terms = terms_of(fact, master)
    assert isinstance(fact.body, FOUNDING)
    timeline.phases.append(opening(terms, terms.start, fact.ref, "order"))
    timeline.vendor_id = fact.body.item.vendor_subscription_id
    timeline.seats.append(SeatChange(terms.start, terms.start_instant, fact.body.item.quantity, fact.ref))
    if not terms.auto_renew and terms.term is not None:
        timeline.renewal_off = RenewalOff(terms.start, fact.ref, by_choice=False)
    if terms.parent_id is not None:
        _follow(timeline, _parent(timeline, terms.parent_id, master, known, addons), terms)


def _follow(timeline: Timeline, parent: Timeline | None, terms: Terms) -> None:
    """What reaches an add-on through its parent: its end, settled by the add-on's own refund policy, and R2.9.

    One that was ordered after its parent had ended does not follow it.
    """
    end = None if parent is None else parent.end
    if parent is None or (end is not None and end.on <= terms.start):
        return
    if end is not None:
        timeline.parent_end = End(end.on, end.at, "canceled", end.decided, end.by, immediate=True)
    if terms.charge == "upfront":
        timeline.edits = [edit for edit in parent.edits if edit.activates_protection and edit.on >= terms.start]


def _parent(
    timeline: Timeline, parent_id: str, master: MasterData, known: date | None, addons: frozenset[str]
) -> Timeline | None:
    """The settled timeline of what a subscription is an add-on of; None while nothing is known of it.

    What the parent's own run of a day knows of it, its add-on's run of that day knows too, whatever the add-on's zone:
    one run ends both.
    """
    addons = addons | {timeline.subscription_id}
    if parent_id in addons:
        return None
    facts = master.subscriptions.get(parent_id, ())
    if known is not None:
        facts = known_facts(facts, master, known)
    parent = fold(parent_id, facts, master, known, addons)
    if parent is None or not parent.phases:
        return None
    settle(parent, master, known, None)
    return parent
