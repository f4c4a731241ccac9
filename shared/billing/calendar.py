"""The calendar of billing: anchors, cycles and stubs. Days are counted on the calendar, intervals are half-open.

A cycle runs from one boundary to the next. Boundaries are computed from the anchor every time, never from the boundary
before (rule R0.7), so that 31 January gives 28 February and then 31 March.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
LAST_DAY = 31


def clamped(month_index: int, day: int) -> date:
    """The date of a day in a month (year x 12 + month - 1), cut to the month's last day (rule R0.7)."""
    year, month0 = divmod(month_index, 12)
    if day > 28:
        day = min(day, monthrange(year, month0 + 1)[1])
    return date(year, month0 + 1, day)


def month_index(day: date) -> int:
    """Months since year 0: what `clamped` takes."""
    return day.year * 12 + day.month - 1


def add_months(day: date, months: int, anchor_day: int | None = None) -> date:
    """`day` plus months, clamped; `anchor_day` where the day was itself clamped (rule R0.7)."""
    return clamped(month_index(day) + months, anchor_day or day.day)


def first_on_or_after(day: date, billing_day: int) -> date:
    """The first occurrence of a billing day (1..31, 31 = last) on or after a day (rule R1.2)."""
    here = clamped(month_index(day), billing_day)
    return here if here >= day else clamped(month_index(day) + 1, billing_day)


def first_after(day: date, billing_day: int) -> date:
    """The first occurrence of a billing day strictly after a day."""
    return first_on_or_after(day + ONE_DAY, billing_day)


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle [start, end), and the start of the full cycle it is part of: earlier than `start` only in a stub.

    `index` is k of rule R0.7; the stub is -1.
    """

    index: int
    start: date
    end: date
    full_start: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def full_days(self) -> int:
        """The denominator of rule R0.2: days of the full cycle that contains these."""
        return (self.end - self.full_start).days

    @property
    def is_stub(self) -> bool:
        return self.index < 0


@dataclass(frozen=True, slots=True)
class Cycles:
    """The cycles of one subscription: boundary k is anchor month + k x `months`, on `day`; before it a stub.

    `anchor_month` counts as `month_index`.
    """

    start: date
    anchor_month: int
    day: int
    months: int

    @classmethod
    def on_order_day(cls, start: date, months: int) -> Cycles:
        """Cycles that begin on the day of the order (anchor `order_day`, rule R4.4)."""
        return cls(start, month_index(start), start.day, months)

    @classmethod
    def on_billing_day(cls, start: date, billing_day: int, months: int, *, strictly_after: bool = False) -> Cycles:
        """Cycles on the customer's billing day; what lies before the first occurrence is a stub (rule R1.2)."""
        first = first_after(start, billing_day) if strictly_after else first_on_or_after(start, billing_day)
        return cls(start, month_index(first), billing_day, months)

    def boundary(self, index: int) -> date:
        """The start of cycle k (rule R0.7)."""
        return clamped(self.anchor_month + index * self.months, self.day)

    @property
    def first_boundary(self) -> date:
        return self.boundary(0)

    def index_at(self, day: date) -> int:
        """k of the cycle that contains a day; -1 for the stub and anything before."""
        guess = (month_index(day) - self.anchor_month) // self.months
        index = guess if self.boundary(guess) <= day else guess - 1
        return max(index, -1)

    def cycle(self, index: int) -> Cycle:
        """Cycle k; -1 is the stub [start, first boundary), whose full cycle ends at that boundary."""
        end = self.boundary(index + 1)
        if index >= 0:
            begin = self.boundary(index)
            return Cycle(index, begin, end, begin)
        return Cycle(-1, self.start, end, self.boundary(-1))

    def at(self, day: date) -> Cycle:
        """The cycle that contains a day on or after `start`."""
        return self.cycle(self.index_at(day))

    def since(self, day: date) -> Iterator[Cycle]:
        """The cycles from the one that contains `day` on, without end; a stub of no days is left out."""
        index = self.index_at(max(day, self.start))
        if index < 0 and self.start == self.first_boundary:
            index = 0
        while True:
            yield self.cycle(index)
            index += 1
