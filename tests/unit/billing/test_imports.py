"""The convention on imports: what was begun before the takeover is excluded whole."""

from __future__ import annotations

from typing import Any

from tests.billing_dsl import Event, Json, canceled, given, imported, price, seats, table

ON_THE_DAY: Json = {"id": "cus-1", "partial_charges_invoicing": "order_day"}


def taken_over(quantity: int = 5, **fields: Any) -> Event:
    """Monthly since 15 January on billing day 1, billed by us from 10 March."""
    return imported(quantity, started="2019-01-15", billed_from="2019-03-10", **{"customer": ON_THE_DAY, **fields})


def test_cycles_begun_before_the_takeover_are_excluded_whole() -> None:
    result = given(taken_over()).until("2019-04-01")

    assert result.documents == table("""
        2019-04-01 invoice 50.00
            recurring 2019-04-01..2019-04-30 5 x 10.00 = 50.00
    """)
    assert (result.subscription["status"], result.subscription["term_start"]) == ("active", "2019-04-01")


def test_a_cycle_that_begins_on_the_day_of_the_takeover_is_ours() -> None:
    result = given(imported(5, started="2019-01-01", billed_from="2019-03-01", customer=ON_THE_DAY)).until("2019-03-01")

    assert result.totals == ["2019-03-01 invoice 50.00"]


def test_a_takeover_that_lies_several_cycles_ahead_is_billed_when_it_comes() -> None:
    """Nothing else happens to it in between: the run that sees it first has to know when to look again."""
    result = given(imported(5, started="2019-01-01", billed_from="2019-06-01", known="2019-01-10")).until("2019-06-01")

    assert result.totals == ["2019-06-01 invoice 50.00"]


def test_later_increases_inside_an_excluded_cycle_are_charged_by_days() -> None:
    result = given(taken_over(), seats(7, on="2019-03-20")).until("2019-03-31")

    assert result.documents == table("""
        2019-03-20 invoice 7.74
            prorated 2019-03-20..2019-03-31 2 x 3.87 = 7.74 (12/31 of 10.00)
    """)


def test_decreases_inside_an_excluded_cycle_give_no_credit() -> None:
    result = given(taken_over(), seats(3, on="2019-03-20")).until("2019-04-01")

    assert result.totals == ["2019-04-01 invoice 30.00"]


def test_changes_before_the_takeover_are_history_and_not_billed() -> None:
    result = given(taken_over(), seats(7, on="2019-03-05", known="2019-03-10")).until("2019-04-01")

    assert result.totals == ["2019-04-01 invoice 70.00"]


def test_cancellation_inside_an_excluded_cycle_credits_nothing_that_others_billed() -> None:
    assert given(taken_over(), canceled(on="2019-03-20")).until("2019-06-01").documents == []


def test_the_price_stands_for_the_day_of_the_takeover() -> None:
    result = given(
        taken_over(), price("8.00", since="2019-02-01"), price("11.00", since="2019-05-01", known="2019-03-20")
    ).until("2019-05-01")

    assert result.totals == ["2019-04-01 invoice 50.00", "2019-05-01 invoice 55.00"]


def test_a_one_time_charge_of_before_the_takeover_is_excluded() -> None:
    bought = imported(5, started="2025-01-15", billed_from="2025-06-20", charge="one_time")

    assert given(bought).until("2026-01-01").documents == []
