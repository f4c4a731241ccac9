"""Microsoft's charge cycles: where they start near the end of a month, and over how many days they are prorated.

For one thing only: to recompute what Microsoft billed. What a row is for, its own dates say. Source: Partner Center,
"common billing scenarios", the tables of charge cycles at the end of a month.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from shared.billing.calendar import ONE_DAY, add_months

# How far from the end of the month a start is kept there; Microsoft shows the last two days.
_FROM_THE_END = 1
_MONTHS = {"monthly": 1, "annual": 12, "yearly": 12, "triennial": 36}


def renewal_of_a_month(start: date) -> date:
    """When a term of one month renews: a month later, clamped, and from there on (31 Jan, 28 Feb, 28 Mar)."""
    return add_months(start, 1)


def cycle_start(first: date, number: int) -> date:
    """The start of the monthly cycle `number` (from 0) of a longer term that began on `first`.

    A start on one of the last two days of a month keeps its distance from the end: 30 Jan, 27 Feb, 30 Mar, 29 Apr.
    """
    distance = _last_day(first) - first.day
    start = add_months(first, number)
    return start.replace(day=_last_day(start) - distance) if distance <= _FROM_THE_END else start


def cycle_months(billing_frequency: str, days: int) -> int:
    """How many months a cycle has, by its billing frequency, else by the days that a row is for."""
    named = _MONTHS.get(billing_frequency.casefold())
    if named is not None:
        return named
    return 1 if days <= 31 else 12 if days <= 366 else 36


def cycle_days(end: date, months: int) -> int:
    """The days that a price is divided by: of the calendar month in which the cycle started, or of the year or years.

    `end` is the last day of the cycle, which is that of every row of it: a cycle from 21 February has 28, one from
    21 March 31.
    """
    begun = add_months(end + ONE_DAY, -months)
    return _last_day(begun) if months == 1 else (end + ONE_DAY - begun).days


def _last_day(day: date) -> int:
    return monthrange(day.year, day.month)[1]
