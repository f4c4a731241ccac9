"""Rules R0.6, R0.10, R1.9, R3.1, R3.2, R3.5, EX-3 and EX-19: seats added and taken away inside a cycle."""

from __future__ import annotations

import pytest

from tests.billing_dsl import Json, canceled, given, ordered, reactivated, seats, setting, suspended, table

ON_THE_DAY: Json = {"id": "cus-1", "partial_charges_invoicing": "order_day"}


def test_ex3_two_of_nine_seats_end_on_20_march() -> None:
    result = given(ordered(9, on="2019-03-01"), seats(7, on="2019-03-20")).until("2019-04-01")

    assert result.documents == table("""
        2019-03-01 invoice 90.00
            recurring 2019-03-01..2019-03-31 9 x 10.00 = 90.00
        2019-04-01 credit_note 7.74
            credit 2019-03-20..2019-03-31 2 x 3.87 = 7.74 (12/31 of 10.00) returns sub-1/2019-03-01/2019-03-01
        2019-04-01 invoice 70.00
            recurring 2019-04-01..2019-04-30 7 x 10.00 = 70.00
    """)


def test_ex3_on_the_order_day_the_credit_comes_at_once() -> None:
    result = given(ordered(9, on="2019-03-01", customer=ON_THE_DAY), seats(7, on="2019-03-20")).until("2019-03-31")

    assert result.totals == ["2019-03-01 invoice 90.00", "2019-03-20 credit_note 7.74"]


def test_ex19_a_stub_with_seats_added_inside_it() -> None:
    result = given(ordered(5, on="2019-01-15"), seats(8, on="2019-01-25")).until("2019-02-01")

    assert result.documents == table("""
        2019-02-01 invoice 114.18
            prorated 2019-01-15..2019-01-31 5 x 5.48 = 27.40 (17/31 of 10.00)
            prorated 2019-01-25..2019-01-31 3 x 2.26 = 6.78 (7/31 of 10.00)
            recurring 2019-02-01..2019-02-28 8 x 10.00 = 80.00
    """)


def test_ex19_arrears_are_charged_the_day_after_the_cycle_with_every_layer() -> None:
    history = given(ordered(5, on="2019-03-01", charge="arrears"), seats(6, on="2019-03-11"), seats(7, on="2019-03-21"))

    assert history.until("2019-04-30").documents == table("""
        2019-04-01 invoice 60.32
            recurring 2019-03-01..2019-03-31 5 x 10.00 = 50.00
            prorated 2019-03-11..2019-03-31 1 x 6.77 = 6.77 (21/31 of 10.00)
            prorated 2019-03-21..2019-03-31 1 x 3.55 = 3.55 (11/31 of 10.00)
    """)


def test_arrears_end_on_cancellation_and_are_due_that_day() -> None:
    result = given(ordered(5, on="2019-03-01", charge="arrears"), canceled(on="2019-03-20")).until("2019-05-01")

    assert result.documents == table("""
        2019-03-20 invoice 30.65
            prorated 2019-03-01..2019-03-19 5 x 6.13 = 30.65 (19/31 of 10.00)
    """)


def test_in_arrears_a_decrease_is_charged_for_the_days_it_was_used() -> None:
    result = given(ordered(3, on="2019-03-01", charge="arrears"), seats(2, on="2019-03-20")).until("2019-04-01")

    assert result.documents == table("""
        2019-04-01 invoice 26.13
            prorated 2019-03-01..2019-03-19 1 x 6.13 = 6.13 (19/31 of 10.00)
            recurring 2019-03-01..2019-03-31 2 x 10.00 = 20.00
    """)


def test_a_decrease_ends_the_newest_layers_first() -> None:
    # March: 5, +3 on the 11th (21 of 31: 6.77), -4 on the 21st: the 3 keep 10 (3.23), one of the 5 keeps 20 (6.45).
    result = given(
        ordered(5, on="2019-03-01", customer=ON_THE_DAY), seats(8, on="2019-03-11"), seats(4, on="2019-03-21")
    ).until("2019-03-31")

    assert result.documents[-3:] == table("""
        2019-03-21 credit_note 14.17
            credit 2019-03-21..2019-03-31 1 x 3.55 = 3.55 (11/31 of 10.00) returns sub-1/2019-03-01/2019-03-01
            credit 2019-03-21..2019-03-31 3 x 3.54 = 10.62 (11/31 of 10.00) returns sub-1/2019-03-01/2019-03-11
    """)


def test_a_line_is_issued_for_the_days_and_seats_known_at_that_run() -> None:
    # Both changes are known before the billing day: the added seats are charged for the days they were there.
    result = given(ordered(5, on="2019-03-01"), seats(8, on="2019-03-11"), seats(5, on="2019-03-21")).until(
        "2019-04-01"
    )

    assert result.documents[2:4] == table("""
        2019-04-01 invoice 59.69
            prorated 2019-03-11..2019-03-20 3 x 3.23 = 9.69 (10/31 of 10.00)
    """)


def test_several_changes_on_one_day_leave_one_layer() -> None:
    result = given(
        ordered(5, on="2019-03-01", customer=ON_THE_DAY),
        seats(9, on="2019-03-11T08:00:00Z"),
        seats(2, on="2019-03-11T09:00:00Z"),
        seats(6, on="2019-03-11T10:00:00Z"),
    ).until("2019-03-31")

    assert result.documents[2:] == table("""
        2019-03-11 invoice 6.77
            prorated 2019-03-11..2019-03-31 1 x 6.77 = 6.77 (21/31 of 10.00)
    """)


def test_a_change_that_comes_back_to_the_same_number_leaves_nothing() -> None:
    result = given(
        ordered(5, on="2019-03-01", customer=ON_THE_DAY),
        seats(9, on="2019-03-11T08:00:00Z"),
        seats(5, on="2019-03-11T09:00:00Z"),
    ).until("2019-03-31")

    assert result.totals == ["2019-03-01 invoice 50.00"]


def test_a_change_scheduled_for_the_renewal_gives_no_credit() -> None:
    result = given(ordered(9, on="2019-03-01"), seats(7, on="2019-04-01", known="2019-03-10")).until("2019-04-01")

    assert result.totals == ["2019-03-01 invoice 90.00", "2019-04-01 invoice 70.00"]


def test_a_backdated_increase_charges_only_the_difference() -> None:
    result = given(
        ordered(5, on="2019-03-01", customer=ON_THE_DAY), seats(6, on="2019-03-10", known="2019-03-20")
    ).until("2019-03-31")

    assert result.documents[2:] == table("""
        2019-03-20 invoice 7.10
            prorated 2019-03-10..2019-03-31 1 x 7.10 = 7.10 (22/31 of 10.00)
    """)


def test_an_increase_backdated_to_the_start_of_the_cycle_is_a_revision_of_its_line() -> None:
    result = given(ordered(5, on="2019-03-01"), seats(6, on="2019-03-01", known="2019-03-20")).until("2019-03-31")

    assert result.documents[2:] == table("""
        2019-03-20 invoice 10.00
            recurring 2019-03-01..2019-03-31 1 x 10.00 = 10.00
    """)
    assert result.lines[1]["line"] == "sub-1/2019-03-01/2019-03-01/2"


def test_a_credit_that_turns_out_not_to_be_due_is_charged_back_exactly() -> None:
    result = given(
        ordered(9, on="2019-03-01", customer=ON_THE_DAY),
        seats(7, on="2019-03-20"),
        seats(9, on="2019-03-20", known="2019-03-25"),
    ).until("2019-03-31")

    assert result.documents[2:] == table("""
        2019-03-20 credit_note 7.74
            credit 2019-03-20..2019-03-31 2 x 3.87 = 7.74 (12/31 of 10.00) returns sub-1/2019-03-01/2019-03-01
        2019-03-25 invoice 7.74
            prorated 2019-03-20..2019-03-31 2 x 3.87 = 7.74 (12/31 of 10.00)
    """)
    assert [line["line"] for line in result.lines[1:]] == [
        "sub-1/2019-03-01/2019-03-01/2",
        "sub-1/2019-03-01/2019-03-01/3",
    ]


def test_decrease_credit_none_keeps_paid_seats_paid_and_they_cover_later_increases() -> None:
    result = given(
        ordered(9, on="2019-03-01", customer=ON_THE_DAY, decrease_credit="none"),
        seats(7, on="2019-03-11"),
        seats(10, on="2019-03-21"),
    ).until("2019-04-01")

    assert result.documents == table("""
        2019-03-01 invoice 90.00
            recurring 2019-03-01..2019-03-31 9 x 10.00 = 90.00
        2019-03-21 invoice 3.55
            prorated 2019-03-21..2019-03-31 1 x 3.55 = 3.55 (11/31 of 10.00)
        2019-04-01 invoice 100.00
            recurring 2019-04-01..2019-04-30 10 x 10.00 = 100.00
    """)


def test_decreases_by_the_hour_where_the_refund_policy_says_so() -> None:
    # 9 -> 7 on 20 March 12:00: 468 of 744 hours used: 6.29 kept, 3.71 back.
    result = given(
        ordered(9, on="2019-03-01", customer=ON_THE_DAY, refund_policy="hours"), seats(7, on="2019-03-20T12:00:00Z")
    ).until("2019-03-31")

    assert result.totals[1:] == ["2019-03-20 credit_note 7.42"]


def test_full_period_lines_are_credited_by_their_own_days() -> None:
    # One seat added in full on 22 March for 10 days, given back after 4 of them: 10.00 x 4/10 = 4.00 kept.
    result = given(
        ordered(5, on="2019-03-01", customer=ON_THE_DAY, usage_charge_rule="full_period"),
        seats(6, on="2019-03-22"),
        seats(5, on="2019-03-26"),
    ).until("2019-03-31")

    assert result.documents[2:] == table("""
        2019-03-22 invoice 10.00
            recurring 2019-03-22..2019-03-31 1 x 10.00 = 10.00
        2019-03-26 credit_note 6.00
            credit 2019-03-26..2019-03-31 1 x 6.00 = 6.00 (6/10 of 10.00) returns sub-1/2019-03-01/2019-03-22
    """)


def test_rounding_line_rounds_the_exact_fraction_once() -> None:
    # 3 x 10.00 x 7/31 = 6.774…: 6.77, where rounding the unit first gives 6.78.
    history = given(ordered(5, on="2019-01-01", customer=ON_THE_DAY), seats(8, on="2019-01-25"))

    assert history.until("2019-01-31").totals[1:] == ["2019-01-25 invoice 6.78"]
    assert history.under(rounding="line").until("2019-01-31").totals[1:] == ["2019-01-25 invoice 6.77"]


def test_rounding_line_credits_the_same_way() -> None:
    # 2 of 9 kept for 19 of 31 days: 12.258 -> 12.26 kept of 20.00.
    history = given(ordered(9, on="2019-03-01", customer=ON_THE_DAY), seats(7, on="2019-03-20"))

    assert history.under(rounding="line").until("2019-03-31").totals[1:] == ["2019-03-20 credit_note 7.74"]


def test_a_change_without_billing_counts_from_the_next_cycle_start() -> None:
    history = given(ordered(5, on="2019-03-01"), seats(8, on="2019-03-11", billing="none"))

    assert history.until("2019-04-01").totals == ["2019-03-01 invoice 50.00", "2019-04-01 invoice 80.00"]
    assert history.until("2019-03-11").subscription["quantity"] == 8


def test_a_change_without_billing_on_the_day_of_the_order_leaves_the_order_billed() -> None:
    result = given(ordered(5, on="2019-03-01T08:00:00Z"), seats(8, on="2019-03-01T09:00:00Z", billing="none")).until(
        "2019-04-01"
    )

    assert result.totals == ["2019-03-01 invoice 50.00", "2019-04-01 invoice 80.00"]


def test_a_change_without_billing_on_a_cycle_start_leaves_what_that_day_brought_before_it() -> None:
    result = given(
        ordered(5, on="2019-03-01"),
        seats(6, on="2019-04-01T08:00:00Z"),
        seats(8, on="2019-04-01T09:00:00Z", billing="none"),
    ).until("2019-05-01")

    assert result.totals == ["2019-03-01 invoice 50.00", "2019-04-01 invoice 60.00", "2019-05-01 invoice 80.00"]


@pytest.mark.parametrize(
    ("anchor", "frequency", "billed_on"),
    [("billing_day", "P1M", "2019-04-01"), ("billing_day", "P1Y", "2019-04-01"), ("order_day", "P1Y", "2019-04-01")],
)
def test_on_billing_day_a_change_is_invoiced_on_the_next_own_billing_day_whatever_the_frequency(
    anchor: str, frequency: str, billed_on: str
) -> None:
    history = given(ordered(5, on="2019-03-01", anchor=anchor, term=frequency), seats(6, on="2019-03-22"))

    (added,) = [doc for doc in history.until("2019-04-30").json if any(x["quantity"] == 1 for x in doc["lines"])]
    assert added["date"] == billed_on


@pytest.mark.parametrize(
    ("scope", "of", "billed_on"),
    [("customer", "cus-1", "2019-03-22"), ("reseller", "res-1", "2019-03-22"), ("organisation", None, "2019-03-22")],
)
def test_order_day_can_be_a_setting_of_customer_reseller_or_organisation(
    scope: str, of: str | None, billed_on: str
) -> None:
    history = given(
        setting("partial_charges_invoicing", "order_day", since="2019-01-01", scope=scope, of=of),
        ordered(5, on="2019-03-01", reseller="res-1"),
        seats(6, on="2019-03-22"),
    )

    assert history.until("2019-03-31").totals[1:] == [f"{billed_on} invoice to res-1 3.23"]


def test_what_the_customer_states_wins_over_the_setting() -> None:
    stated = {"id": "cus-1", "partial_charges_invoicing": "billing_day"}
    history = given(ordered(5, on="2019-03-01", customer=stated), seats(6, on="2019-03-22"))

    assert history.under(partial_charges_invoicing="order_day").until("2019-03-31").totals == [
        "2019-03-01 invoice 50.00"
    ]


def test_suspension_leaves_billing_as_it_is() -> None:
    result = given(ordered(5, on="2019-03-01"), suspended(on="2019-03-10"), reactivated(on="2019-04-10")).until(
        "2019-04-05"
    )

    assert result.totals == ["2019-03-01 invoice 50.00", "2019-04-01 invoice 50.00"]
    assert result.subscription["status"] == "suspended"


def test_seats_given_up_without_billing_stay_billed_and_cover_what_comes_back() -> None:
    """`billing: none` is as if it came at the next cycle start: five are paid for January, whoever holds them."""
    given_up = [ordered(5, on="2019-01-01", customer=ON_THE_DAY), seats(3, on="2019-01-20", billing="none")]

    assert given(*given_up, seats(5, on="2019-01-25")).until("2019-01-31").totals == ["2019-01-01 invoice 50.00"]
    assert given(*given_up, seats(6, on="2019-01-25")).until("2019-01-31").totals == [
        "2019-01-01 invoice 50.00",
        "2019-01-25 invoice 2.26",
    ]
    assert given(*given_up).until("2019-02-01").totals == ["2019-01-01 invoice 50.00", "2019-02-01 invoice 30.00"]
