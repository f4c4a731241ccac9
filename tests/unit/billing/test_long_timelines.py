"""Long timelines: many subscriptions of many kinds, over two years and more, with every document on the way.

What happens and what is expected stands in tests/cases/timelines, reckoned by hand. Beside the documents themselves it
is checked that runs are free to come more or less often: the idea behind invoices, rule R0.6.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from tests.billing_cases import FOLDER, Case, read_cases
from tests.billing_dsl import Outcome

TIMELINES = [case for path in sorted((FOLDER / "timelines").glob("*.yaml")) for case in read_cases(path)]
each = pytest.mark.parametrize("timeline", TIMELINES, ids=str)


def nets(outcome: Outcome) -> dict[str, Decimal]:
    """What each subscription was charged less what it was credited."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in outcome.lines:
        sums[line["subscription"]] += Decimal(line["net"]) * (-1 if line["kind"] == "credit" else 1)
    return dict(sums)


def document_days(timeline: Case) -> list[str]:
    return sorted({text[:10] for text in timeline.expected["totals"]})


def first_days_of_months(since: str, until: str) -> list[str]:
    years = range(int(since[:4]), int(until[:4]) + 1)
    return [*(f"{year}-{month:02}-01" for year in years for month in range(1, 13)), until]


@each
def test_every_document_of_a_timeline(timeline: Case) -> None:
    assert timeline.found() == timeline.expected


@each
def test_a_timeline_is_long(timeline: Case) -> None:
    days = document_days(timeline)

    assert len(days) > 40
    assert (date.fromisoformat(days[-1]) - date.fromisoformat(days[0])).days > 700


@each
def test_on_every_day_on_the_way_the_documents_so_far_are_those_of_the_end(timeline: Case) -> None:
    whole = timeline.outcome().json
    for day in document_days(timeline)[::7]:
        assert timeline.given.until(day).json == [document for document in whole if document["date"] <= day]


@each
def test_runs_that_are_repeated_find_nothing(timeline: Case) -> None:
    days = document_days(timeline)
    twice = [day for pair in zip(days, days, strict=True) for day in pair]

    assert timeline.given.until(timeline.until, twice).totals == timeline.expected["totals"]


@each
def test_with_a_run_a_month_every_subscription_costs_the_same(timeline: Case) -> None:
    runs = first_days_of_months(document_days(timeline)[0], timeline.until)
    monthly = timeline.given.until(timeline.until, runs)

    assert nets(monthly) == nets(timeline.outcome())
    assert len(monthly.totals) < len(timeline.expected["totals"])


@each
def test_with_one_run_at_the_end_every_subscription_costs_the_same(timeline: Case) -> None:
    once = timeline.given.until(timeline.until, [timeline.until])

    assert nets(once) == nets(timeline.outcome())
