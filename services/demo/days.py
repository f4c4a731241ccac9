"""When the demonstration plays: all of its dates follow from its last day."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from shared.billing.calendar import add_months

_MONTHS = 12
# A civil day has ended in every time zone two days later at the latest.
_ENDED_EVERYWHERE = timedelta(days=2)
_FIRST_PAID_YEAR = 13


def last_day(today: date) -> date:
    """The latest first of a month that has ended everywhere: the last day that is billed."""
    return (today - _ENDED_EVERYWHERE).replace(day=1)


def first_day(last: date) -> date:
    """Where the year of the resellers' customers begins."""
    return add_months(last, -_MONTHS)


def example_year(last: date) -> int:
    """The latest year Y of the release notes' example whose renewal, on 1 February of Y + 1, is billed by `last`.

    Not a leap year: the example's 22 to 28 February are exactly a quarter of the month.
    """
    year = last.year - 1 if (last.month, last.day) >= (2, 1) else last.year - 2
    return year - 1 if calendar.isleap(year) else year


def run_days(last: date) -> list[date]:
    """The billing days to close, in order.

    The first of each month since the example began; in the last year the 15th too. What falls due between is issued by
    the next run.
    """
    begin = date(example_year(last), 2, 1)
    firsts = [begin]
    while firsts[-1] < last:
        firsts.append(add_months(begin, len(firsts)))
    year = [day for day in firsts if first_day(last) <= day < last]
    return sorted({*firsts, *(day.replace(day=15) for day in year)})
