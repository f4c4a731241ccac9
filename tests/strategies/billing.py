"""Lives of one subscription that the rules allow, over a year: what amounts must be, however and whenever it is billed.

Unlike `histories` nothing here is refused and nothing depends on the day of the run (settings, tax and payer stay):
so the money must come out the same for every rhythm of runs, and for a calculation that knows nothing of runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from tests.billing_dsl import (
    Event,
    Given,
    Json,
    canceled,
    event,
    given,
    ordered,
    price,
    reactivated,
    seats,
    suspended,
)

FIRST_START: Final = date(2019, 1, 1)
LAST_CHANGE: Final = date(2020, 2, 29)
# Later than everything that a change can bring: each is due by the next billing day, a scheduled one begins in time.
END: Final = date(2020, 7, 15)

PLAIN: Final[Sequence[Json]] = (
    {},
    {"anchor": "order_day"},
    {"charge": "arrears"},
    {"term": "P3M"},
    {"term": "P1Y"},
    {"term": "P1Y", "billing_frequency": "P1M"},
    {"term": "P1Y", "billing_frequency": "P1M", "anchor": "billing_day"},
)
OTHER: Final[Sequence[Json]] = (
    {"free_period": True},
    {"usage_charge_rule": "full_period"},
    {"decrease_credit": "none"},
    {"refund_policy": "none"},
    {"refund_policy": "hours"},
    {"refund_policy": "hours", "term": "P1Y", "billing_frequency": "P1M"},
    {"usage_charge_rule": "full_period", "refund_policy": "hours", "anchor": "order_day"},
    {"pricing": {"rule": "discount", "rate": "0.123"}},
)


@dataclass(frozen=True)
class Change:
    """A new total of seats from `on`, or with `seats` 0 the end; it became known on `known`."""

    on: date
    known: date
    seats: int


@dataclass(frozen=True)
class Conversion:
    """Another price from `on`; `restart` are terms that differ, so that cycles begin anew on that day."""

    on: date
    known: date
    unit_price: str
    restart: Json


@dataclass(frozen=True)
class Pause:
    """A suspension, not billed from `on`; billed again from `back`, if it comes back at all."""

    on: date
    back: date | None


@dataclass(frozen=True)
class Life:
    """One subscription: what was ordered, and what became of it. `changes` are ordered as the rules order them."""

    start: date
    seats: int
    unit_price: str
    billing_day: int
    partial: str
    terms: Json
    changes: tuple[Change, ...]
    prices: tuple[Event, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    pauses: tuple[Pause, ...] = ()

    @property
    def events(self) -> Given:
        customer = {"id": "cus-1", "billing_day": self.billing_day, "partial_charges_invoicing": self.partial}
        order = ordered(self.seats, self.unit_price, on=self.start.isoformat(), customer=customer, **self.terms)
        happened = [*map(_changed, self.changes), *map(_converted, self.conversions)]
        happened += [event for pause in self.pauses for event in _paused(pause)]
        return given(order, *happened, *self.prices)


def _changed(change: Change) -> Event:
    on, known = change.on.isoformat(), change.known.isoformat()
    return seats(change.seats, on=on, known=known) if change.seats else canceled(on=on, known=known)


def _converted(conversion: Conversion) -> Event:
    of = {"subscription_id": "sub-1", "customer_id": "cus-1", "effective_at": conversion.on.isoformat()}
    said = {"product": {"id": "suite"}, "unit_price": conversion.unit_price, **conversion.restart}
    return event("SubscriptionConverted", conversion.known.isoformat(), of | said)


def _paused(pause: Pause) -> list[Event]:
    away = [suspended(on=pause.on.isoformat())]
    return away if pause.back is None else [*away, reactivated(on=pause.back.isoformat())]


@st.composite
def lives(
    draw: st.DrawFn,
    terms: Sequence[Json] = (*PLAIN, *OTHER),
    *,
    late: bool = True,
    prices: bool = True,
    max_changes: int = 6,
) -> Life:
    """A life with one change a day at most, perhaps ended; with `late` some become known days after they come."""
    chosen: dict[str, Any] = draw(st.sampled_from(terms))
    start = draw(st.dates(FIRST_START, date(2019, 6, 30)) | st.sampled_from([date(2019, 1, 31), date(2019, 3, 1)]))
    days = st.dates(start, LAST_CHANGE) | st.integers(0, 75).map(lambda offset: start + timedelta(days=offset))
    on = sorted(draw(st.sets(days, max_size=max_changes)))
    changes = [Change(day, _known(draw, day, late=late), draw(st.integers(1, 9))) for day in on]
    if changes and draw(st.integers(0, 2)) == 0:
        last = changes[-1]
        # What is known of the end before an earlier change comes must not make that change one after the end.
        changes[-1] = Change(last.on, last.known, 0)
    return Life(
        start=start,
        seats=draw(st.integers(1, 9)),
        unit_price=draw(st.sampled_from(["10.00", "120.00", "9.99", "0.35", "1000.00", "7"])),
        billing_day=draw(st.sampled_from([1, 1, 15, 29, 31])),
        partial=draw(st.sampled_from(["billing_day", "order_day"])),
        terms=chosen,
        changes=tuple(changes),
        prices=tuple(draw(st.lists(_prices(), max_size=2))) if prices else (),
    )


def _known(draw: st.DrawFn, day: date, *, late: bool) -> date:
    lag = draw(st.sampled_from([0, 0, 0, 1, 5, 20, 40, 90])) if late else 0
    return day + timedelta(days=lag)


@st.composite
def _prices(draw: st.DrawFn) -> Event:
    since = draw(st.dates(FIRST_START, LAST_CHANGE))
    known = since + timedelta(days=draw(st.sampled_from([-30, 0, 10, 45])))
    at = draw(st.sampled_from(["11.00", "9.50", "0.40", "990.01"]))
    return price(at, since=since.isoformat(), known=known.isoformat(), backdate=draw(st.booleans()))


# What is billed by months, and what a conversion can make of it; all of it without refusals.
EVENTFUL: Final[Sequence[Json]] = (
    {},
    {"anchor": "order_day"},
    {"charge": "arrears"},
    {"charge": "arrears", "anchor": "order_day"},
    {"term": "P3M"},
    {"term": "P1Y", "billing_frequency": "P1M"},
)
_RESTARTS: Final[Sequence[Json]] = (
    {},
    {},
    {"term": "P3M", "billing_frequency": "P3M"},
    {"anchor": "order_day"},
    {"anchor": "billing_day"},
    {"charge": "arrears", "term": "P1M", "billing_frequency": "P1M"},
)


@st.composite
def eventful_lives(draw: st.DrawFn) -> Life:
    """A life whose seats, prices and cycles change and whose suspensions are not billed; one event a day at most."""
    life = draw(lives(EVENTFUL, prices=False))
    last = life.changes[-1].on if life.changes and not life.changes[-1].seats else LAST_CHANGE
    taken = {life.start, *(change.on for change in life.changes)}
    days = st.dates(life.start, LAST_CHANGE) | st.integers(0, 75).map(
        lambda offset: life.start + timedelta(days=offset)
    )
    free = [day for day in sorted(draw(st.sets(days, min_size=3, max_size=7))) if day < last and day not in taken]
    converts = draw(st.lists(st.booleans(), min_size=len(free), max_size=len(free)))
    conversions = [_conversion(draw, day) for day, is_one in zip(free, converts, strict=True) if is_one]
    ends = [day for day, is_one in zip(free, converts, strict=True) if not is_one]
    pauses = [Pause(on, back) for on, back in zip(ends[::2], [*ends[1::2], None], strict=False)]
    terms = life.terms | {"bill_while_suspended": False}
    return replace(life, terms=terms, conversions=tuple(conversions), pauses=tuple(pauses))


def _conversion(draw: st.DrawFn, day: date) -> Conversion:
    price, restart = draw(st.sampled_from(["20.00", "9.99", "100.00", "7"])), draw(st.sampled_from(_RESTARTS))
    return Conversion(day, _known(draw, day, late=True), price, restart)
