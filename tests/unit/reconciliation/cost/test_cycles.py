"""Cycles near the end of a month, as Microsoft's tables have them (34 rows), and the days a price is divided by."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.reconciliation.cost.cycles import cycle_days, cycle_months, cycle_start, renewal_of_a_month
from tests.infrastructure import vendor_samples

ONE_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("first", "starts"),
    [
        ("2021-01-31", "01-31 02-28 03-31 04-30 05-31 06-30 07-31 08-31 09-30 10-31 11-30 12-31"),
        ("2021-01-30", "01-30 02-27 03-30 04-29 05-30 06-29 07-30 08-30 09-29 10-30 11-29 12-30"),
        ("2021-01-28", "01-28 02-28 03-28 04-28 05-28 06-28 07-28 08-28 09-28 10-28 11-28 12-28"),
    ],
)
def test_a_year_billed_by_the_month_keeps_its_distance_from_the_end_of_the_month(first: str, starts: str) -> None:
    found = [cycle_start(date.fromisoformat(first), number) for number in range(12)]
    assert " ".join(day.isoformat()[5:] for day in found) == starts


def test_terms_of_a_month_are_clamped_and_go_on_from_there() -> None:
    day, starts = date(2021, 1, 31), []
    for _ in range(4):
        starts.append(day.isoformat())
        day = renewal_of_a_month(day)
    assert starts == ["2021-01-31", "2021-02-28", "2021-03-28", "2021-04-28"]


@vendor_samples.needed
def test_all_34_rows_of_the_tables() -> None:
    rows = vendor_samples.sample_csv("nce_month_end_cycles.csv")
    assert len(rows) == 34
    first: dict[str, date] = {}
    number: dict[str, int] = {}
    for row in rows:
        start, end = date.fromisoformat(row["ChargeStartDate"]), date.fromisoformat(row["ChargeEndDate"])
        renewed = date.fromisoformat(row["RenewDate"])
        if row["BillingTerm"] == "Monthly":
            assert renewal_of_a_month(start) == end + ONE_DAY == renewed
            continue
        section = row["Section"]
        first.setdefault(section, start)
        place = number[section] = number.get(section, -1) + 1
        assert (cycle_start(first[section], place), cycle_start(first[section], place + 1)) == (start, end + ONE_DAY)
        assert cycle_start(first[section], 12) == renewed
    assert number == {"last-day": 11, "day-before-last": 11}


@pytest.mark.parametrize(
    ("end", "months", "days"),
    [
        # From 21 February, from 21 March, a leap year, from 27 February to 29 March.
        ("2021-03-20", 1, 28), ("2021-04-20", 1, 31), ("2024-03-20", 1, 29), ("2021-03-29", 1, 28),
        ("2021-12-31", 12, 365), ("2024-12-31", 12, 366), ("2022-09-19", 12, 365), ("2026-12-31", 36, 1096),
    ],
)  # fmt: skip
def test_the_days_that_a_price_is_divided_by(end: str, months: int, days: int) -> None:
    assert cycle_days(date.fromisoformat(end), months) == days


@pytest.mark.parametrize(
    ("frequency", "days", "months"),
    [("Monthly", 365, 1), ("annual", 20, 12), ("Triennial", 20, 36), ("", 31, 1), ("", 32, 12), ("", 367, 36)],
)
def test_how_long_a_cycle_is(frequency: str, days: int, months: int) -> None:
    assert cycle_months(frequency, days) == months
