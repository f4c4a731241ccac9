"""Lives of one subscription that the rules allow, over a year: what amounts must be, however and whenever it is billed.

Unlike `histories` nothing here is refused and nothing depends on the day of the run (settings, tax and payer stay):
so the money must come out the same for every rhythm of runs, and for a calculation that knows nothing of runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from tests.billing_dsl import Event, Given, Json, canceled, given, ordered, price, seats

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

    @property
    def events(self) -> Given:
        customer = {"id": "cus-1", "billing_day": self.billing_day, "partial_charges_invoicing": self.partial}
        order = ordered(self.seats, self.unit_price, on=self.start.isoformat(), customer=customer, **self.terms)
        return given(order, *map(_event, self.changes), *self.prices)


def _event(change: Change) -> Event:
    on, known = change.on.isoformat(), change.known.isoformat()
    return seats(change.seats, on=on, known=known) if change.seats else canceled(on=on, known=known)


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
