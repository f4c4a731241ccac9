"""The life of a subscription as people look at it: seats and prices over time, free periods, cycles, windows. Pure.

Everything is taken from the account, which knows what is scheduled: what lies after the day of looking is what will be
as far as it is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice, pairwise
from typing import NamedTuple

from shared.billing.account import Account
from shared.billing.calendar import ONE_DAY
from shared.billing.facts import Ref
from shared.billing.pricing import Origin
from shared.billing.schedule import Stretch
from shared.billing.state import reference_day
from shared.billing.windows import BatchWindow, windows_of

# A hundred years of months.
_MOST_CYCLES = 1_200


class Span(NamedTuple):
    """Days from `begins` on, up to the first one after it that does not belong to it; None: without end."""

    begins: date
    ends: date | None


class SeatsHeld(NamedTuple):
    """The seats from a day on; none after the end. `by` is the event that brought this total."""

    begins: date
    quantity: int
    by: Ref


class PriceHeld(NamedTuple):
    """What one licence costs a cycle in [begins, ends), extra charge and installment included (rule R0.3).

    `by` is the event that set the price; `excluded`: others billed these cycles (rule R4.8).
    """

    begins: date
    ends: date
    unit_price: Decimal
    product: str
    origin: Origin
    protected_until: date | None
    by: Ref
    free: bool
    excluded: bool


@dataclass(frozen=True, slots=True)
class Life:
    """One subscription from its first day to `until`, the first one not shown; `ends` is the first one not covered.

    `cycles` are the charge cycles and `terms` the terms in it, `windows` those of the seats of the running term (rule
    R5.1): until when they can be given back, and in full.
    """

    begins: date
    ends: date | None
    until: date
    seats: tuple[SeatsHeld, ...]
    prices: tuple[PriceHeld, ...]
    free: tuple[Span, ...]
    suspended: tuple[Span, ...]
    cycles: tuple[Span, ...]
    terms: tuple[Span, ...]
    windows: tuple[BatchWindow, ...]


def life(account: Account, on: date) -> Life:
    """The life of a subscription as it is known on a day, to the end of the term that runs then, or what is later."""
    timeline, layout = account.timeline, account.layout
    end = None if timeline.end is None else timeline.end.on
    begins = layout.phases[0].begins
    day = reference_day(account, on)
    until = max(layout.term_at(day)[1], on + ONE_DAY, *(change.on + ONE_DAY for change in timeline.seats))
    stretches = list(islice(_stretches(account, begins, until, end), _MOST_CYCLES))
    phase = layout.phase_at(day)
    return Life(
        begins=begins,
        ends=end,
        until=until if end is None else max(min(until, end), on + ONE_DAY),
        seats=_seats(account, end),
        prices=_prices(stretches),
        free=_free(stretches),
        suspended=_suspended(account, end),
        cycles=_cycles(stretches),
        terms=_terms(account, stretches),
        windows=windows_of(timeline, phase, day, account.policies.master, account.known),
    )


def _stretches(account: Account, begins: date, until: date, end: date | None) -> Iterator[Stretch]:
    """The priced stretches that begin before a day, those of an ended subscription up to its end."""
    for stretches in account.schedule.since(begins, end):
        if stretches[0].begins >= until:
            return
        for stretch in stretches:
            yield stretch if end is None or stretch.ends <= end else stretch._replace(ends=end)


def _seats(account: Account, end: date | None) -> tuple[SeatsHeld, ...]:
    """The total after each day with a change; the last one of a day holds."""
    held = {change.on: SeatsHeld(change.on, change.quantity, change.by) for change in account.timeline.seats}
    found = [one for on, one in sorted(held.items()) if end is None or on < end]
    if end is not None and account.timeline.end is not None:
        found.append(SeatsHeld(end, 0, account.timeline.end.by))
    return tuple(found)


def _prices(stretches: Sequence[Stretch]) -> tuple[PriceHeld, ...]:
    """Stretches with their prices; what goes on at the same one is one."""
    found: list[PriceHeld] = []
    for stretch in stretches:
        quoted = stretch.quote.price
        one = PriceHeld(
            stretch.begins, stretch.ends, stretch.shown, stretch.phase.terms.product_id, quoted.origin,
            quoted.protected_until, quoted.by, _is_free(stretch), stretch.excluded,
        )  # fmt: skip
        if found and one == found[-1]._replace(begins=one.begins, ends=one.ends):
            found[-1] = found[-1]._replace(ends=one.ends)
        else:
            found.append(one)
    return tuple(found)


def _is_free(stretch: Stretch) -> bool:
    return stretch.free or stretch.phase.kind == "trial"


def _free(stretches: Sequence[Stretch]) -> tuple[Span, ...]:
    return _joined(Span(one.begins, one.ends) for one in stretches if _is_free(one))


def _cycles(stretches: Sequence[Stretch]) -> tuple[Span, ...]:
    """The charge cycles; one that is repriced inside is one nevertheless."""
    starts = sorted({one.cycle.start for one in stretches})
    ends = {one.cycle.start: one.ends for one in stretches}
    return tuple(Span(start, ends[start]) for start in starts)


def _terms(account: Account, stretches: Sequence[Stretch]) -> tuple[Span, ...]:
    if account.terms.frequency is None:
        return ()
    begins: dict[date, date] = {}
    for one in stretches:
        begin, end = account.layout.term_at(one.begins)
        # A stub belongs to the first term, which is told from its first whole cycle on as well.
        begins.setdefault(end, begin)
    return tuple(Span(begin, end) for end, begin in sorted(begins.items()))


def _suspended(account: Account, end: date | None) -> tuple[Span, ...]:
    """From each suspension to what ended it (rule R5.7)."""
    changes = [*account.timeline.statuses]
    spans = [Span(one.on, other.on) for one, other in pairwise(changes) if one.status == "suspended"]
    if changes and changes[-1].status == "suspended":
        spans.append(Span(changes[-1].on, end))
    return _joined(span for span in spans if span.ends is None or span.begins < span.ends)


def _joined(spans: Iterator[Span]) -> tuple[Span, ...]:
    """Spans in their order; those that follow on each other are one."""
    found: list[Span] = []
    for span in spans:
        if found and found[-1].ends == span.begins:
            found[-1] = Span(found[-1].begins, span.ends)
        else:
            found.append(span)
    return tuple(found)
