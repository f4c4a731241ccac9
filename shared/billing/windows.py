"""A vendor's windows: how long seats that were bought or renewed together can be given back (rules R5.1 to R5.3)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, cast

from shared.billing.facts import Fact
from shared.billing.masterdata import MasterData
from shared.billing.moments import effective
from shared.billing.phases import Phase
from shared.billing.terms import Refused, Terms
from shared.billing.timeline import Returned, Timeline

_ONE_DAY = timedelta(days=1)


class Batch(NamedTuple):
    """Seats that were bought or renewed together. Those of an import have no window open (conventions table)."""

    on: date
    at: datetime
    seats: int
    imported: bool = False


class Hours(NamedTuple):
    """How long seats can be given back, and how long with every line in full; None where there is no such window."""

    change: int | None
    full_refund: int | None


class BatchWindow(NamedTuple):
    """Seats of the running term that were bought or renewed together at an instant, less those given back since.

    `full_refund_until` and `change_until` are when their windows close; None where there is none, or none to an end.
    """

    at: datetime
    seats: int
    full_refund_until: datetime | None
    change_until: datetime | None


def windows_of(timeline: Timeline, phase: Phase, day: date, master: MasterData, known: date) -> tuple[BatchWindow, ...]:
    """The windows of the term of a day, open and closed, the oldest first; nothing where the terms have none (R5.1).

    Seats that were taken over have no window open (conventions table), and are left out.
    """
    terms = phase.terms
    if not _windowed(terms, master):
        return ()
    found = []
    for batch in _batches(timeline, phase, day):
        if not batch.imported:
            change, full = _hours(terms, master, batch.on, known)
            found.append(BatchWindow(batch.at, batch.seats, _closes(batch, full), _closes(batch, change)))
    return tuple(found)


def _closes(batch: Batch, hours: int | None) -> datetime | None:
    return None if hours is None else batch.at + _h(hours)


def give_back(
    timeline: Timeline, phase: Phase, seats: int, day: date, at: datetime, master: MasterData, known: date
) -> tuple[Returned, ...]:
    """Seats taken off at an instant, the newest batches first; Refused when more than the open ones (rule R5.1).

    Nothing where the terms have no windows: then days decide, and which batch is meant does not matter.
    """
    terms = phase.terms
    if not _windowed(terms, master):
        return ()
    returned: list[Returned] = []
    left = seats
    closed = ""
    for batch in reversed(_batches(timeline, phase, day)):
        hours = _hours(terms, master, batch.on, known)
        if left == 0:
            break
        if not _open(batch, at, hours):
            closed = _closed_on(batch, hours)
            break
        taken = min(left, batch.seats)
        full = hours.full_refund is not None and not batch.imported and _elapsed(batch, at) <= _h(hours.full_refund)
        # Seats that come and go on one day leave no layer to take them off.
        if batch.on < day:
            returned.append(Returned(batch.on, batch.at, taken, full))
        left -= taken
    if left:
        raise Refused(
            f"a reduction of subscription {timeline.subscription_id} by {seats} on {day} is too late: "
            f"{seats - left} were bought or renewed so recently that they can be given back{closed}; "
            "schedule the next term with fewer seats instead"
        )
    return tuple(returned)


def _closed_on(batch: Batch, hours: Hours) -> str:
    """When the window of a batch closed, in words; an import's was never open."""
    if batch.imported or hours.change is None:
        return ""
    return f", the window of the others closed on {batch.at + _h(hours.change):%Y-%m-%d at %H:%M} UTC"


def any_closed(timeline: Timeline, phase: Phase, day: date, at: datetime, master: MasterData, known: date) -> bool:
    """Whether any seats can no longer be given back: then a cancellation waits for the term's end (rule R5.3)."""
    terms = phase.terms
    if not _windowed(terms, master):
        return False
    batches = _batches(timeline, phase, day)
    return any(not _open(batch, at, _hours(terms, master, batch.on, known)) for batch in batches)


def by_vendors_clock(timeline: Timeline, fact: Fact, day: date, at: datetime, master: MasterData) -> date:
    """The day on which a fact counts; where a term renews then, the vendor's side of it: 00:00 UTC (R0.8, R5.4).

    West of UTC what happens in the evening after that counts from the renewal; east of it what happens in the morning
    before that counts from the day before.
    """
    phase, vendors = timeline.phases[-1], at.date()
    if vendors == day or not isinstance(effective(fact), datetime) or not _windowed(phase.terms, master):
        return day
    boundary = max(day, vendors)
    if boundary <= phase.begins or phase.term_of(phase.cycles.index_at(boundary))[0] != boundary:
        return day
    return max(vendors, timeline.seats[-1].on)


def _windowed(terms: Terms, master: MasterData) -> bool:
    if terms.charge == "one_time":
        return False
    stated = terms.change_window_hours is not None or terms.full_refund_hours is not None
    return terms.nce or stated or master.states("change_window_hours") or master.states("full_refund_hours")


def _hours(terms: Terms, master: MasterData, on: date, known: date) -> Hours:
    """The windows of a batch: the subscription's own, else what the settings say on the day it was opened."""
    stated = (terms.change_window_hours, terms.full_refund_hours)
    keys = ("change_window_hours", "full_refund_hours")
    change, full = (
        _setting(key, terms, master, on, known) if own is None else own for own, key in zip(stated, keys, strict=True)
    )
    return Hours(change, full)


def _setting(key: str, terms: Terms, master: MasterData, on: date, known: date) -> int | None:
    value = master.setting(key, on, terms.tz, known, product=terms.product_id, nce=terms.nce)
    return cast(int | None, value)


def _batches(timeline: Timeline, phase: Phase, day: date) -> list[Batch]:
    """The batches of the term of a day, the oldest first: purchase or renewal, then each addition (rule R5.1)."""
    terms = phase.terms
    begin, _ = phase.term_of(phase.cycles.index_at(day))
    batches: list[Batch] = []
    held = timeline.quantity_on(begin - _ONE_DAY)
    if held:
        before_us = terms.billed_from is not None and begin < terms.billed_from
        renewed_at = datetime.combine(begin, time(), UTC)
        converted_at = phase.converted_at if begin == phase.begins else None
        batches.append(Batch(begin, converted_at or renewed_at, held, before_us))
    for change in timeline.seats:
        if change.on < begin:
            continue
        added, held = change.quantity - held, change.quantity
        if added > 0:
            founding = change is timeline.seats[0] and terms.billed_from is not None
            batches.append(Batch(change.on, change.at, added, founding))
        while added < 0:
            newest = batches.pop()
            taken = min(newest.seats, -added)
            added += taken
            if newest.seats > taken:
                batches.append(newest._replace(seats=newest.seats - taken))
    return batches


def _open(batch: Batch, at: datetime, hours: Hours) -> bool:
    if hours.change is None:
        return True
    return not batch.imported and _elapsed(batch, at) <= _h(hours.change)


def _elapsed(batch: Batch, at: datetime) -> timedelta:
    return at - batch.at


def _h(hours: int) -> timedelta:
    return timedelta(hours=hours)
