"""What is known to come of a subscription: what was scheduled, and has not taken effect on a day. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from shared.billing.account import Account
from shared.billing.calendar import ONE_DAY
from shared.billing.facts import Ref
from shared.billing.periods import duration_of
from shared.billing.timeline import PriceEdit, Timeline

# Whether a day is still to come, and before the end of the subscription.
_Comes = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class ScheduledQuantity:
    """A new total of seats, and the first day on which it is held (rule R3.1)."""

    quantity: int
    effective_from: date


@dataclass(frozen=True, slots=True)
class ScheduledStatus:
    """A suspension or a reactivation, and its day (rule R5.7)."""

    status: Literal["active", "suspended", "pending", "failed"]
    effective_from: date


@dataclass(frozen=True, slots=True)
class ScheduledConversion:
    """An upgrade or a downgrade, and its day; durations are ISO 8601, `quantity` is null where the seats stay.

    `unit_price` is what one licence will cost a cycle, as far as it is known.
    """

    product: str
    quantity: int | None
    term: str | None
    billing_frequency: str | None
    unit_price: Decimal
    effective_from: date


@dataclass(frozen=True, slots=True)
class ScheduledTerm:
    """What the renewal on a day changes (rule R5.4); null is what stays. Durations are ISO 8601."""

    quantity: int | None
    term: str | None
    billing_frequency: str | None
    effective_from: date


@dataclass(frozen=True, slots=True)
class ScheduledPrice:
    """What an edited price or activated protection comes to on the day from which it counts (rules R2.7, R2.9, R4.11).

    `unit_price` is what one licence will cost a cycle, rule and extra charge included, as far as it is known.
    """

    unit_price: Decimal
    protected_until: date | None
    effective_from: date


@dataclass(frozen=True, slots=True)
class ScheduledPlan:
    """Another billing frequency for what is left of the term, and the day of its first charge (rule R4.14)."""

    billing_frequency: str
    effective_from: date


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Everything that is known to come; lists are in the order of their days.

    `last_day` is the last one that is covered, where a cancellation, the end of a term that does not renew or the end
    of what it is an add-on of is still to come. What another scheduled thing takes away before its day is left out.
    """

    quantities: tuple[ScheduledQuantity, ...]
    statuses: tuple[ScheduledStatus, ...]
    conversions: tuple[ScheduledConversion, ...]
    next_term: ScheduledTerm | None
    price: ScheduledPrice | None
    billing_plan: ScheduledPlan | None
    last_day: date | None


_NOTHING = Scheduled((), (), (), None, None, None, None)


def scheduled(account: Account, on: date) -> Scheduled | None:
    """What is known to come after a day, of what the account knows; None where nothing is."""
    timeline = account.timeline
    end = timeline.end

    def comes(day: date) -> bool:
        return day > on and (end is None or day < end.on)

    found = Scheduled(
        quantities=_quantities(timeline, comes),
        statuses=tuple(ScheduledStatus(one.status, one.on) for one in timeline.statuses if comes(one.on)),
        conversions=_conversions(account, comes),
        next_term=_next_term(timeline, comes),
        price=_price(account, comes),
        billing_plan=_billing_plan(timeline, comes),
        last_day=None if end is None or end.on <= on else end.on - ONE_DAY,
    )
    return None if found == _NOTHING else found


def _quantities(timeline: Timeline, comes: _Comes) -> tuple[ScheduledQuantity, ...]:
    """The totals that were scheduled by themselves; the last one of a day holds."""
    shown_elsewhere: set[Ref] = {phase.by for phase in timeline.phases if phase.capture == "conversion"}
    if timeline.renewal is not None:
        shown_elsewhere.add(timeline.renewal.by)
    # The first is the order's own.
    coming = {
        change.on: change.quantity
        for change in timeline.seats[1:]
        if comes(change.on) and change.by not in shown_elsewhere
    }
    return tuple(ScheduledQuantity(quantity, day) for day, quantity in coming.items())


def _conversions(account: Account, comes: _Comes) -> tuple[ScheduledConversion, ...]:
    seats = {change.by: change.quantity for change in account.timeline.seats}
    return tuple(
        ScheduledConversion(
            product=phase.terms.product_id,
            quantity=seats.get(phase.by),
            term=_duration(phase.terms.term),
            billing_frequency=_duration(phase.terms.frequency),
            unit_price=account.schedule.first_paid(phase.begins).shown,
            effective_from=phase.begins,
        )
        for phase in account.layout.phases
        if phase.capture == "conversion" and comes(phase.begins)
    )


def _next_term(timeline: Timeline, comes: _Comes) -> ScheduledTerm | None:
    renewal = timeline.renewal
    if renewal is None or not comes(renewal.on):
        return None
    return ScheduledTerm(renewal.quantity, _duration(renewal.term), _duration(renewal.frequency), renewal.on)


def _price(account: Account, comes: _Comes) -> ScheduledPrice | None:
    """The price of the first start at which something that was edited begins to count."""
    rejected = {(one.source, one.id) for one in account.timeline.rejected}
    waiting = [edit for edit in account.timeline.edits if not _in_vain(edit, rejected)]
    converted = {phase.begins for phase in account.layout.phases if phase.capture == "conversion"}
    # The price of a conversion stands beside that.
    starts = (start for start in map(account.prices.counts_from, waiting) if start not in converted)
    begins = min((start for start in starts if start is not None and comes(start)), default=None)
    if begins is None:
        return None
    stretch = account.schedule.first_paid(begins)
    return ScheduledPrice(stretch.shown, stretch.quote.price.protected_until, begins)


def _in_vain(edit: PriceEdit, rejected: set[tuple[str, str]]) -> bool:
    """Whether an edit meets no protection, or no price that can be protected; a rule beside it counts nevertheless."""
    return edit.by in rejected and edit.pricing is None


def _billing_plan(timeline: Timeline, comes: _Comes) -> ScheduledPlan | None:
    """The first phase whose cycles are of another length, and whose price goes on."""
    for before, phase in pairwise(timeline.phases):
        frequency = phase.terms.frequency
        switched = phase.capture is None and frequency != before.terms.frequency
        if switched and frequency is not None and comes(phase.begins):
            return ScheduledPlan(duration_of(frequency), phase.begins)
    return None


def _duration(months: int | None) -> str | None:
    return None if months is None else duration_of(months)
