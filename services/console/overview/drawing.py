"""The charts of the overview. Pure: what was read in, charts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Final
from urllib.parse import urlencode

from services.console.charts import Bars, Chart, Look, Place, Steps, bar_chart, step_chart
from services.console.charts.scales import Value
from services.console.formats import money, number
from services.console.overview.queries import Revenue, Seats

MONTHS: Final = 12
# A chart over the full width needs less height to be read.
_BROAD: Final = 1200
_LOW: Final = 220
_MONTHS_OF_A_YEAR = 12


def months_from(day: date, months: int) -> date:
    """The first of the month so many months after that of `day`; before it where they are negative."""
    place = day.year * _MONTHS_OF_A_YEAR + day.month - 1 + months
    return date(place // _MONTHS_OF_A_YEAR, place % _MONTHS_OF_A_YEAR + 1, 1)


def revenue_charts(found: Sequence[Revenue], today: date) -> Mapping[str, Chart]:
    """By currency: what was billed in the last twelve months, and what falls due, up to a year from now."""
    by_currency: dict[str, dict[date, Revenue]] = {}
    for one in found:
        by_currency.setdefault(one.currency, {})[one.month] = one
    return {currency: _revenue_chart(currency, months, today) for currency, months in sorted(by_currency.items())}


def _revenue_chart(currency: str, found: Mapping[date, Revenue], today: date) -> Chart:
    first, last = months_from(today, 1 - MONTHS), max(*found, months_from(today, 0))
    count = (last.year - first.year) * _MONTHS_OF_A_YEAR + last.month - first.month + 1
    months = [months_from(first, number) for number in range(count)]
    here = [found.get(month) for month in months]
    return bar_chart(
        f"Revenue by month, {currency}",
        [_place(month) for month in months],
        [
            Bars(
                "Billed",
                [one.billed if one and one.documents else None for one in here],
                hrefs=[_billed_in(month, currency) for month in months],
            ),
            Bars(
                "Due",
                [one.due or None if one else None for one in here],
                Look.DUE,
                [_due_in(month, currency) for month in months],
            ),
        ],
        write=partial(_amount, currency=currency),
        axis=number,
        stacked=True,
    )


def _place(month: date) -> Place:
    return Place(f"{month:%b}", f"{month:%Y-%m}", f"{month:%Y}" if month.month == 1 else "")


def _billed_in(month: date, currency: str) -> str:
    last = months_from(month, 1) - timedelta(days=1)
    return "/documents?" + urlencode({"from": month.isoformat(), "to": last.isoformat(), "currency": currency})


def _due_in(month: date, currency: str) -> str:
    return "/subscriptions?" + urlencode({"due": f"{month:%Y-%m}", "currency": currency})


def _amount(value: Value, currency: str) -> str:
    return money(Decimal(value), currency)


def seats_chart(found: Sequence[Seats], today: date) -> Chart:
    """The active seats of every first of a month, and of today."""
    return step_chart(
        "Active seats",
        [Steps("Active seats", [(one.on, one.seats) for one in found])],
        write=number,
        since=months_from(today, 1 - MONTHS),
        until=today,
        width=_BROAD,
        height=_LOW,
    )
