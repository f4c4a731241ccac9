"""`rounding: line` and when runs happen: what a layer costs in total is rounded as if billed at once (R0.6)."""

from __future__ import annotations

from tests.billing_dsl import Json, canceled, given, ordered, seats

ON_THE_DAY: Json = {"id": "cus-1", "partial_charges_invoicing": "order_day"}


def test_a_seat_added_to_a_billed_line_costs_what_the_layer_grows_by() -> None:
    # One seat for a day of 28 is 0.357: 0.36. Two are 0.714: 0.71, so the second one costs 0.35.
    result = (
        given(
            ordered(1, on="2019-01-31", anchor="order_day"),
            seats(2, on="2019-01-31", known="2019-02-05"),
            canceled(on="2019-02-01"),
        )
        .under(rounding="line")
        .until("2019-03-31")
    )

    assert result.totals == [
        "2019-01-31 invoice 10.00",
        "2019-02-01 credit_note 9.64",
        "2019-02-05 invoice 0.35",
    ]


def test_cents_that_splitting_leaves_over_are_not_lost_on_the_seats_that_stay() -> None:
    # Three seats of a year from 6 April: 24.74. One comes back: 8.25. Two kept for 56 days are 3.07 of the 16.49 left.
    result = (
        given(
            ordered(1, on="2019-02-01", term="P1Y", customer=ON_THE_DAY),
            seats(4, on="2019-04-06"),
            seats(2, on="2019-03-23", known="2019-05-02"),
            canceled(on="2019-06-01"),
        )
        .under(rounding="line")
        .until("2019-12-31")
    )

    credits = [(line["returns"], line["net"]) for line in result.lines if line["kind"] == "credit"]
    assert credits == [
        ("sub-1/2019-02-01/2019-04-06", "8.25"),
        ("sub-1/2019-02-01/2019-02-01", "6.71"),
        ("sub-1/2019-02-01/2019-03-23", "6.71"),
        ("sub-1/2019-02-01/2019-04-06", "13.42"),
    ]


def test_a_cent_is_put_right_also_when_the_seats_it_belongs_to_return_nothing() -> None:
    # Three seats of 0.35 a year from 14 February, ended in two parts: 0.06 for 60 days and 0.07 for 38 days twice. That
    # the first ended three days earlier makes 0.05 of it; its own share of the line was 0.05 all along.
    result = (
        given(
            ordered(5, "0.35", on="2019-02-01", term="P1Y", customer=ON_THE_DAY),
            seats(8, on="2019-02-14"),
            seats(6, on="2019-03-24"),
            seats(3, on="2019-04-15"),
            seats(3, on="2019-04-12", known="2019-07-11"),
        )
        .under(rounding="line")
        .until("2019-12-31")
    )

    layer = [line for line in result.lines if line["line"].startswith("sub-1/2019-02-01/2019-02-14")]
    assert [(line["kind"], line["quantity"], line["net"]) for line in layer] == [
        ("prorated", 3, "1.01"), ("credit", 2, "0.60"), ("credit", 1, "0.28"), ("credit", 1, "0.01"),
    ]  # fmt: skip
