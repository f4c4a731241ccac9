"""The calendar of billing: anchors, cycles and stubs. Days are counted on the calendar, intervals are half-open.

A cycle runs from one boundary to the next. Boundaries are computed from the anchor every time, never from the boundary
before (rule R0.7), so that 31 January gives 28 February and then 31 March.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

ONE_DAY = timedelta(days=1)
LAST_DAY = 31


# Many subscriptions have their boundaries in few months: a century of them is kept.
@lru_cache(maxsize=2**15)
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
    this_month = billing_day >= day.day
    return clamped(month_index(day) if this_month else month_index(day) + 1, billing_day)


def first_after(day: date, billing_day: int) -> date:
    """The first occurrence of a billing day strictly after a day."""
    return first_on_or_after(day + ONE_DAY, billing_day)


class Cycle(NamedTuple):
    """One cycle [start, end). `number` is k of rule R0.7; the stub before the first boundary is -1.

    `full_days` is the denominator of rule R0.2: days of the full cycle that holds these, in a stub more than its own.
    """

    number: int
    start: date
    end: date
    full_days: int

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def is_stub(self) -> bool:
        return self.number < 0


@dataclass(frozen=True, slots=True)
class Cycles:
    """The cycles of one subscription: boundary k is anchor month + k x `months`, on `day`; before it a stub.

    `anchor_month` counts as `month_index`. With `until` no cycle reaches beyond it. `stub_days` is the denominator
    of a stub that is not part of the full cycle before the first boundary (rule R5.9).
    """

    start: date
    anchor_month: int
    day: int
    months: int
    until: date | None = None
    stub_days: int | None = None

    @classmethod
    def on_order_day(cls, start: date, months: int, day: int | None = None) -> Cycles:
        """Cycles that begin on the day of the order (anchor `order_day`, rule R4.4); `day` where that was clamped."""
        return cls(start, month_index(start), day or start.day, months)

    @classmethod
    def on_billing_day(cls, start: date, billing_day: int, months: int, *, strictly_after: bool = False) -> Cycles:
        """Cycles on the customer's billing day; what lies before the first occurrence is a stub (rule R1.2)."""
        first = first_after(start, billing_day) if strictly_after else first_on_or_after(start, billing_day)
        return cls(start, month_index(first), billing_day, months)

    @classmethod
    def ending_on(cls, start: date, end: date, months: int, natural_days: int | None = None) -> Cycles:
        """Cycles counted back from the day after a custom end; what is left at the start is a stub (rule R5.9)."""
        count = 0
        while clamped(month_index(end) - (count + 1) * months, end.day) >= start:
            count += 1
        return cls(start, month_index(end) - count * months, end.day, months, until=end, stub_days=natural_days)

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
        begin = self.boundary(index)
        if index < 0:
            full = (end - begin).days if self.stub_days is None else self.stub_days
            return Cycle(-1, self.start, end if self.until is None else min(end, self.until), full)
        if self.until is not None and self.until < end:
            end = self.until
        return Cycle(index, begin, end, (end - begin).days)

    def months_in(self, index: int) -> int:
        """The months of cycle k: fewer than `months` where `until` cuts the last one short."""
        if self.until is None:
            return self.months
        return min(self.months, month_index(self.until) - self.anchor_month - index * self.months)

    def at(self, day: date) -> Cycle:
        """The cycle that contains a day on or after `start`."""
        return self.cycle(self.index_at(day))

    def since(self, day: date) -> Iterator[Cycle]:
        """The cycles from the one that contains `day` on; a stub of no days is left out. Endless, but for `until`."""
        index = self.index_at(max(day, self.start))
        if index < 0:
            if self.start < self.first_boundary:
                yield self.cycle(-1)
            index = 0
        begin = self.boundary(index)
        while self.until is None or begin < self.until:
            end = self.boundary(index + 1)
            if self.until is not None and self.until < end:
                end = self.until
            yield Cycle(index, begin, end, (end - begin).days)
            index, begin = index + 1, end
