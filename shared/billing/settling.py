"""Settling: what comes with the calendar alone, up to a day. Terms renew, trials and plans end, billing days move.

Facts decide what is to come (`plan_switch`, `next_term`, `renewal_off`), the calendar decides when. Folding settles up
to each fact before it applies it; an account settles all that is known.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from shared.billing.calendar import Cycles
from shared.billing.facts import Ref
from shared.billing.history import Limit
from shared.billing.lookups import ListPrice, list_price_of, months_read_again
from shared.billing.masterdata import BillingDayMove, MasterData
from shared.billing.moments import instant
from shared.billing.periods import duration_of
from shared.billing.phases import Capture, Phase, PhaseKind, paid, regular_cycles
from shared.billing.terms import Terms
from shared.billing.timeline import End, NextTerm, Rejection, RenewalOff, SeatChange, Timeline

_ONE_DAY = timedelta(days=1)
# Terms bought or renewed before this day are not extended (rule R5.8).
EXTENDS_SINCE = date(2025, 4, 1)


def settle(timeline: Timeline, master: MasterData, known: date | None, upto: date | None) -> None:
    """Bring a timeline up to a day (None: as far as anything is known to come), of what is known by the day `known`.

    What comes on the very day is settled too. `known` None: all that has arrived.
    """
    while (day := _next_turn(timeline, master, known)) is not None and (upto is None or day <= upto):
        end = timeline.end
        if end is not None and day >= end.on:
            return
        _turn(timeline, day, master, known)


def _next_turn(timeline: Timeline, master: MasterData, known: date | None) -> date | None:
    """The next day on which the calendar brings something, if anything is known to come."""
    phase = timeline.phases[-1]
    if phase.terms.frequency is None:
        return None
    days = [] if phase.cycles.until is None else [phase.cycles.until]
    if timeline.plan_switch is not None:
        days.append(_cycle_end(phase, timeline.plan_switch.on))
    if timeline.next_term is not None and phase.kind != "trial":
        days.append(_term_end(phase, timeline.next_term.on))
    off = timeline.renewal_off
    if phase.kind == "extended":
        if off is None and timeline.renewed_on is not None:
            days.append(_cycle_end(phase, timeline.renewed_on))
    elif off is not None and timeline.expiry is None and phase.kind != "trial":
        days.append(_term_end(phase, off.on))
    moved = _next_move(timeline, phase, master, known)
    if moved is not None:
        days.append(moved)
    return min(days) if days else None


def _cycle_end(phase: Phase, day: date) -> date:
    return phase.cycles.at(max(day, phase.begins)).end


def _term_end(phase: Phase, day: date) -> date:
    return phase.term_of(phase.cycles.index_at(max(day, phase.begins)))[1]


def _next_move(timeline: Timeline, phase: Phase, master: MasterData, known: date | None) -> date | None:
    """When the running cycle (with installments: the term) ends in which the customer's billing day changed (R0.12)."""
    terms = phase.terms
    if terms.anchor != "billing_day":
        return None
    since = timeline.moved_until
    for move in master.billing_day_moves(terms.customer_id, terms.tz):
        if (since is not None and move.on <= since) or move.told <= terms.told:
            continue
        if known is not None and move.on > known:
            return None
        return _term_end(phase, move.on) if terms.has_installments else _cycle_end(phase, move.on)
    return None


def billing_day_on(
    timeline: Timeline, terms: Terms, day: date, master: MasterData, known: date | None, limit: Limit
) -> int:
    """The billing day after every change up to a day; the customer's own, but the order's until it changes (R0.12).

    Terms on the order day have none of their own: theirs is the customer's at a limit.
    """
    move = _last_move(timeline, terms, day + _ONE_DAY, master, known)
    if move is not None:
        return move.billing_day
    if terms.anchor == "billing_day":
        return terms.anchor_day
    return master.customer(terms.customer_id, terms.tz, limit).block.billing_day or 1


def _last_move(
    timeline: Timeline, terms: Terms, day: date, master: MasterData, known: date | None
) -> BillingDayMove | None:
    """The last change of the billing day before a day that is not in the phases yet."""
    last: BillingDayMove | None = None
    for move in master.billing_day_moves(terms.customer_id, terms.tz):
        fresh = timeline.moved_until is None or move.on > timeline.moved_until
        if fresh and move.told > terms.told and move.on < day and (known is None or move.on <= known):
            last = move
    return last


def _turn(timeline: Timeline, day: date, master: MasterData, known: date | None) -> None:
    """Begin what a day brings: another phase, or the end of a term that does not renew."""
    phase = timeline.phases[-1]
    terms, by = phase.terms, phase.by
    capture: Capture | None = None
    ends = phase.kind != "trial" and _term_end(phase, day - _ONE_DAY) == day
    if ends and _lapses(timeline, phase, day, master, known):
        return
    if phase.kind == "extended" and timeline.auto_renew:
        # The billing day may have moved meanwhile.
        terms, capture = replace(_terms_before_extension(timeline), anchor_day=terms.anchor_day), "renewed"
    if ends and timeline.next_term is not None:
        instruction, timeline.next_term = timeline.next_term, None
        timeline.renewal = instruction._replace(on=day)
        renewed = _renewed_with(timeline, instruction, terms, day, master, known)
        if renewed is not None and renewed != terms:
            terms, by, capture = renewed, instruction.by, "next_term"
    switch = timeline.plan_switch
    if switch is not None and _cycle_end(phase, day - _ONE_DAY) == day:
        timeline.plan_switch = None
        terms, by = replace(terms, frequency=switch.frequency), switch.by
    moved = False
    begins_anew = ends or phase.kind == "trial" or not terms.has_installments
    if terms.anchor == "billing_day" and begins_anew and _cycle_end(phase, day - _ONE_DAY) == day:
        move = _last_move(timeline, terms, day, master, known)
        timeline.moved_until = day - _ONE_DAY
        if move is not None and move.billing_day != terms.anchor_day:
            moved = True
            terms = replace(terms, anchor_day=move.billing_day)
            # What brought a new price stands for the phase; else what moved it.
            by = move.by if capture is None else by
    # A month that was extended and renews has the same terms as before, and yet another price.
    if capture is not None or terms != phase.terms or phase.cycles.until is not None:
        following = _following(phase, terms, day, by, capture, ends=ends, moved=moved)
        timeline.phases.append(replace(following, edits_before=len(timeline.edits)))


def _following(
    phase: Phase, terms: Terms, day: date, by: Ref, capture: Capture | None, *, ends: bool, moved: bool
) -> Phase:
    # Of the order or of a conversion: a term that begins here looks up its extra charge by itself (rule R4.6).
    priced_on = phase.priced_on
    if phase.kind == "trial":
        return paid(terms, day, by, None, priced_on)
    if moved:
        # A month that was extended stays one, on other days.
        kind: PhaseKind = "extended" if phase.kind == "extended" and capture is None else "moved"
        return Phase(day, terms, regular_cycles(terms, day), day, priced_on, by, kind=kind, capture=capture)
    if not ends:
        # A change of plan inside the term: what is left is billed in parts of the new frequency (rule R4.14).
        begin, end = phase.term_of(phase.cycles.index_at(day))
        cycles = replace(regular_cycles(terms, day), until=end)
        return Phase(day, terms, cycles, begin, priced_on, by, kind="switched")
    return Phase(day, terms, regular_cycles(terms, day), day, priced_on, by, capture=capture)


def _lapses(timeline: Timeline, phase: Phase, day: date, master: MasterData, known: date | None) -> bool:
    """End a term that does not renew, or extend it month by month (rule R5.8); False where it renews."""
    off = timeline.renewal_off
    if off is None or phase.kind == "extended":
        return False
    timeline.plan_switch = None
    terms = phase.terms
    if _extends(timeline, phase, off, day, master, known):
        monthly = replace(terms, term=1, frequency=1, custom_end=None)
        cycles = Cycles.on_order_day(day, 1, terms.anchor_day)
        extended = Phase(day, monthly, cycles, day, day, off.by, kind="extended", capture="extended")
        timeline.phases.append(replace(extended, edits_before=len(timeline.edits)))
    else:
        timeline.expiry = End(day, instant(day, terms.tz), "expired", off.on, off.by)
    return True


def _extends(
    timeline: Timeline, phase: Phase, off: RenewalOff, day: date, master: MasterData, known: date | None
) -> bool:
    """Whether a term goes on month by month (rule R5.8): `nce`, turned off by choice, never after a cancellation."""
    begin, _ = phase.term_of(phase.cycles.index_at(day - _ONE_DAY))
    if not phase.terms.nce or not off.by_choice or timeline.cancellation is not None or begin < EXTENDS_SINCE:
        return False
    return master.setting("est_enabled", day, phase.terms.tz, _by(day, known)) is True


def _terms_before_extension(timeline: Timeline) -> Terms:
    return next(phase.terms for phase in reversed(timeline.phases) if phase.kind != "extended")


def _renewed_with(
    timeline: Timeline, instruction: NextTerm, terms: Terms, day: date, master: MasterData, known: date | None
) -> Terms | None:
    """The terms that an instruction renews with; None where it is refused, then the old ones renew (R5.4)."""
    renewed = next_terms(terms, instruction)
    if renewed != terms:
        listed = list_price_of(master, renewed, day, _by(day, known))
        if listed is None:
            if known is None or day <= known:
                timeline.rejected.append(
                    Rejection(*instruction.by, instruction.type, _unlisted(timeline, renewed, day))
                )
            return None
        renewed = _at_list_price(renewed, listed, day, master, known)
    if instruction.quantity is not None:
        midnight = datetime.combine(day, time(), UTC)
        timeline.seats.append(SeatChange(day, midnight, instruction.quantity, instruction.by))
    return renewed


def next_terms(terms: Terms, instruction: NextTerm) -> Terms:
    """The terms that an instruction asks for, before it is known whether there is a list price for them (R5.4)."""
    term = instruction.term or terms.term
    as_one = instruction.term is not None and not terms.has_installments
    frequency = instruction.frequency or (term if as_one else terms.frequency)
    if (term, frequency) == (terms.term, terms.frequency):
        return terms
    return replace(terms, term=term, frequency=frequency, custom_end=None, trial_until=None)


def _at_list_price(terms: Terms, listed: ListPrice, day: date, master: MasterData, known: date | None) -> Terms:
    """Terms with a price captured from the list on a day, protected for the months of that list entry (R2.5, R5.4)."""
    months = months_read_again(master, terms, _by(day, known))
    return replace(
        terms,
        unit_price=listed.sell,
        price_by=listed.by,
        unit_cost=terms.unit_cost if listed.cost is None else listed.cost,
        user_price=False,
        price_day=day,
        protection_months=months if terms.charge == "upfront" else 0,
        protected_price=None,
        protected_until=None,
    )


def _unlisted(timeline: Timeline, terms: Terms, day: date) -> str:
    assert terms.term is not None  # a one-time charge does not renew
    assert terms.frequency is not None
    return (
        f"product {terms.product_id} has no list price in {terms.currency} for a term of {duration_of(terms.term)} "
        f"billed every {duration_of(terms.frequency)} on {day}: "
        f"the old terms of subscription {timeline.subscription_id} renew; give the product that list price before the "
        "renewal"
    )


def _by(day: date, known: date | None) -> date:
    """What comes on a day is decided by what is known when it comes, or now if that is earlier."""
    return day if known is None else min(day, known)
