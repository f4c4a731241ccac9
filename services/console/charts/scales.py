"""Scales: which round values an axis is marked at, and where a value or a day lies on the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

Value = int | Decimal
_ROUND = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))
_MONTHS = 12
# Steps between the days of an axis: so many days (of weeks: Mondays), then so many months.
_DAYS = (1, 2, 7)
_STEPS_OF_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
_DAYS_OF_A_MONTH = 28


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a number lies between `start` and `end` of the picture, for numbers from `low` to `high`."""

    low: Decimal
    high: Decimal
    start: float
    end: float

    def at(self, value: Value) -> float:
        """The place, to a tenth of a unit: money becomes a float only here, where it is a place on a picture."""
        share = (Decimal(value) - self.low) / (self.high - self.low)
        return round(self.start + float(share) * (self.end - self.start), 1)

    def on(self, day: date) -> float:
        """The place where a day begins, in a scale from day to day (`date.toordinal`)."""
        return self.at(day.toordinal())


def round_ticks(values: Sequence[Value], at_most: int = 5, *, whole: bool = False) -> list[Decimal]:
    """Round values that enclose zero and all of `values`, evenly apart: 1, 2 or 5 times a power of ten.

    At most about `at_most` steps; `whole`: no step is less than 1. Where all is zero, or nothing, 0 and 1.
    """
    low = min((Decimal(value) for value in values), default=Decimal(0))
    high = max((Decimal(value) for value in values), default=Decimal(0))
    low, high = min(low, Decimal(0)), max(high, Decimal(0))
    if low == high:
        return [Decimal(0), Decimal(1)]
    step = _round_step((high - low) / at_most)
    if whole:
        step = max(step, Decimal(1))
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = (high / step).to_integral_value(ROUND_CEILING)
    return [(first + place) * step for place in range(int(last - first) + 1)]


def _round_step(least: Decimal) -> Decimal:
    power = Decimal(10) ** least.adjusted()
    return next(factor * power for factor in _ROUND if factor * power >= least)


def day_ticks(first: date, last: date, at_most: int = 12) -> list[date]:
    """Days from `first` to `last` to mark: Mondays, or firsts of months or years, as many as there is room for."""
    days = (last - first).days
    for step in _DAYS:
        if days / step <= at_most:
            offset = 0 if step == 1 else -first.weekday() % min(step, 7)
            return [first + timedelta(days) for days in range(offset, days + 1, step)]
    for months in _STEPS_OF_MONTHS:
        found = list(_firsts(first, last, months))
        if len(found) <= at_most:
            return found
    return [first, last]


def _firsts(first: date, last: date, months: int) -> Iterator[date]:
    """The first days of every so many months between two days; counted from the beginning of the calendar."""
    number = first.year * _MONTHS + first.month - 1
    number += first.day > 1
    number += -number % months
    while (day := date(number // _MONTHS, number % _MONTHS + 1, 1)) <= last:
        yield day
        number += months


def day_label(day: date, before: date | None) -> tuple[str, str]:
    """What an axis says of a day: one line, and another one with the year where that is another than before's."""
    year = f"{day:%Y}" if before is None or before.year != day.year else ""
    if day.day != 1 or (before is not None and (day - before).days < _DAYS_OF_A_MONTH):
        return f"{day.day} {day:%b}", year
    return f"{day:%b}", year
