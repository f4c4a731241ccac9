"""Rules of Panda's licences (B8)."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.vendors.watchguard.rules import (
    HeldProduct,
    UsageRow,
    billing_day_to_suggest,
    known_family,
    licence_end,
    quantities_of_usage,
    second_of_family,
)

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def held(product: str, *, family: str = "endpoint", is_trial: bool = False, runs: bool = True) -> HeldProduct:
    return HeldProduct(product, family, 10, is_trial=is_trial, runs=runs)


def test_a_second_product_of_a_family_is_refused_with_the_offer_of_an_upgrade_r8_3() -> None:
    reason = second_of_family(held("EPDR"), [held("EPP")])
    assert reason == (
        "EPP of the same family (endpoint) is there already, and a client has one: "
        "upgrade it to EPDR, or cancel it first"
    )


def test_the_same_product_again_is_more_seats_of_it_r8_3() -> None:
    assert second_of_family(held("EPDR"), [held("EPDR")]) == (
        "EPDR is there already, with 10 seats: change their number instead"
    )


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        (held("EPDR"), []),
        (held("EPDR"), [held("EPP", is_trial=True)]),
        (held("EPDR", is_trial=True), [held("EPP")]),
        (held("EPDR"), [held("EPP", runs=False)]),
        (held("EPDR"), [held("Patch Management", family="patch management")]),
    ],
    ids=["nothing", "beside a trial", "a trial beside", "after one that ended", "beside a module"],
)
def test_what_a_client_can_have_r8_3(asked: HeldProduct, there: list[HeldProduct]) -> None:
    assert second_of_family(asked, there) is None


@pytest.mark.parametrize(
    ("product", "family"),
    [("EPDR", "endpoint security"), ("WatchGuard EPDR", "endpoint security"), (" panda ad360 ", "endpoint security"),
     ("Patch Management", "patch management")],
)  # fmt: skip
def test_families_of_products(product: str, family: str) -> None:
    assert known_family(product) == family


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        ("2026-03-15", "P1M", "2026-04-01"),
        ("2026-03-01", "P1M", "2026-04-01"),
        ("2026-03-31", "P1M", "2026-04-01"),
        ("2026-12-31", "P1M", "2027-01-01"),
        ("2026-03-15", "P1Y", "2027-03-15"),
        ("2026-03-15", "P12M", "2027-03-15"),
        ("2024-02-29", "P1Y", "2025-02-28"),
        ("2026-03-15", "P3Y", "2029-03-15"),
    ],
)
def test_when_licences_end_r8_4(start: str, term: str, end: str) -> None:
    assert licence_end(date.fromisoformat(start), term) == date.fromisoformat(end)


@given(start=DAYS)
def test_a_monthly_licence_ends_on_the_first_within_a_month_r8_4(start: date) -> None:
    end = licence_end(start, "P1M")
    assert end.day == 1
    assert timedelta(0) < end - start <= timedelta(31)


@pytest.mark.parametrize(("term", "day"), [("P1M", 1), ("P1Y", None), ("P3Y", None), (None, None)])
def test_the_billing_day_to_suggest_r8_4(term: str | None, day: int | None) -> None:
    assert billing_day_to_suggest(term) == day


@pytest.mark.parametrize("term", ["", "1M", "P0M", "one month"])
def test_a_term_that_is_none_is_said(term: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        licence_end(date(2026, 1, 1), term)


def test_reported_usage_becomes_dated_quantities_r8_6() -> None:
    march = [UsageRow(date(2026, 3, day), seats) for day, seats in ((1, 5), (11, 6), (21, 7))]
    assert quantities_of_usage(march) == ((date(2026, 3, 1), 5), (date(2026, 3, 11), 6), (date(2026, 3, 21), 7))


def test_a_later_report_of_a_day_holds_and_the_same_number_says_nothing_new_r8_6() -> None:
    rows = [
        UsageRow(date(2026, 3, 1), 5, 0), UsageRow(date(2026, 3, 2), 5, 1), UsageRow(date(2026, 3, 3), 9, 2),
        UsageRow(date(2026, 3, 3), 0, 3), UsageRow(date(2026, 3, 4), 5, 4),
    ]  # fmt: skip
    assert quantities_of_usage(rows) == ((date(2026, 3, 1), 5), (date(2026, 3, 3), 0), (date(2026, 3, 4), 5))


@given(reported=st.lists(st.tuples(DAYS, st.integers(0, 100)), max_size=30), order=st.randoms(use_true_random=False))
def test_dated_quantities_say_of_each_day_what_was_reported_last_r8_6(
    reported: list[tuple[date, int]], order: Random
) -> None:
    rows = [UsageRow(day, seats, number) for number, (day, seats) in enumerate(reported)]
    expected = dict(reported)
    order.shuffle(rows)
    found = quantities_of_usage(rows)
    assert [day for day, _ in found] == sorted({day for day, _ in found})
    assert all(one[1] != other[1] for one, other in pairwise(found))
    for day, seats in expected.items():
        assert [quantity for since, quantity in found if since <= day][-1] == seats
