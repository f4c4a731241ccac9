"""EX-1, the release notes' example: five seats on 15 January, three more, one more, a list price that is ignored."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.billing_dsl import Event, Given, Json, given, ordered, price, seats, table

MONTHS = ("04", "05", "06", "07", "08", "09", "10", "11", "12")


def example(year: int = 2019, *, tax_rate: str = "0", partial: str | None = None, **item: Any) -> Given:
    """The three kinds of events of EX-1; `item` changes the terms."""
    customer: Json = {"id": "cus-1", "billing_day": 1, "tax_rate": tax_rate}
    if partial is not None:
        customer["partial_charges_invoicing"] = partial
    terms: Json = {"free_period": True, "price_protection_months": 12, **item}
    events: tuple[Event, ...] = (
        ordered(5, "10.00", on=f"{year}-01-15", customer=customer, **terms),
        seats(8, on=f"{year}-01-25"),
        seats(9, on=f"{year}-02-22"),
        price("11.00", since=f"{year}-06-01"),
    )
    return given(*events)


def test_column_a_by_day_and_on_the_billing_day() -> None:
    assert example().until("2019-03-01").documents == table("""
        2019-02-01 invoice 80.00
            free 2019-01-15..2019-01-31 5 x 0.00 = 0.00
            free 2019-01-25..2019-01-31 3 x 0.00 = 0.00
            recurring 2019-02-01..2019-02-28 8 x 10.00 = 80.00
        2019-03-01 invoice 92.50
            prorated 2019-02-22..2019-02-28 1 x 2.50 = 2.50 (7/28 of 10.00)
            recurring 2019-03-01..2019-03-31 9 x 10.00 = 90.00
    """)


def test_column_a_the_june_price_reaches_it_after_protection() -> None:
    assert example().until("2020-02-01").totals == [
        "2019-02-01 invoice 80.00",
        "2019-03-01 invoice 92.50",
        *(f"2019-{month}-01 invoice 90.00" for month in MONTHS),
        "2020-01-01 invoice 90.00",
        "2020-02-01 invoice 99.00",
    ]


def test_column_b_by_day_and_on_the_order_day() -> None:
    result = example(partial="order_day").until("2020-02-01")

    assert result.totals == [
        "2019-02-01 invoice 80.00",
        "2019-02-22 invoice 2.50",
        "2019-03-01 invoice 90.00",
        *(f"2019-{month}-01 invoice 90.00" for month in MONTHS),
        "2020-01-01 invoice 90.00",
        "2020-02-01 invoice 99.00",
    ]
    assert result.documents[:6] == table("""
        2019-02-01 invoice 80.00
            free 2019-01-15..2019-01-31 5 x 0.00 = 0.00
            free 2019-01-25..2019-01-31 3 x 0.00 = 0.00
            recurring 2019-02-01..2019-02-28 8 x 10.00 = 80.00
        2019-02-22 invoice 2.50
            prorated 2019-02-22..2019-02-28 1 x 2.50 = 2.50 (7/28 of 10.00)
    """)


def test_column_b_zero_documents_are_issued_where_they_are_wanted() -> None:
    result = example(partial="order_day").under(issue_zero_invoices="true").until("2019-02-01")

    assert result.documents == table("""
        2019-01-15 invoice 0.00
            free 2019-01-15..2019-01-31 5 x 0.00 = 0.00
        2019-01-25 invoice 0.00
            free 2019-01-25..2019-01-31 3 x 0.00 = 0.00
        2019-02-01 invoice 80.00
            recurring 2019-02-01..2019-02-28 8 x 10.00 = 80.00
    """)


@pytest.mark.parametrize("partial", ["billing_day", "order_day"])
def test_the_first_twelve_paid_cycles_total_the_same_both_ways(partial: str) -> None:
    nets = [Decimal(document["net"]) for document in example(partial=partial).until("2020-01-01").json]

    assert sum(nets) == Decimal("1072.50")


def test_in_a_leap_year_eight_days_of_29() -> None:
    assert example(2020).until("2020-03-01").documents[4:] == table("""
        2020-03-01 invoice 92.76
            prorated 2020-02-22..2020-02-29 1 x 2.76 = 2.76 (8/29 of 10.00)
            recurring 2020-03-01..2020-03-31 9 x 10.00 = 90.00
    """)


@pytest.mark.parametrize(("partial", "billed_on"), [("billing_day", "2019-03-01"), ("order_day", "2019-02-22")])
def test_full_period_charges_the_added_seat_in_full(partial: str, billed_on: str) -> None:
    result = example(partial=partial, usage_charge_rule="full_period").until("2019-03-01")

    (added,) = [line for line in result.lines if line["from"] == "2019-02-22"]
    assert (added["net"], added["kind"], "days" in added) == ("10.00", "recurring", False)
    assert billed_on in {document["date"] for document in result.json if added in document["lines"]}


def test_vat_is_reckoned_on_the_sum_of_each_document() -> None:
    totals = example(tax_rate="0.24").until("2020-02-01").totals

    assert totals[:3] == [
        "2019-02-01 invoice 80.00 + 19.20 = 99.20",
        "2019-03-01 invoice 92.50 + 22.20 = 114.70",
        "2019-04-01 invoice 90.00 + 21.60 = 111.60",
    ]
    assert totals[-1] == "2020-02-01 invoice 99.00 + 23.76 = 122.76"


def test_control_without_a_free_period_the_first_days_are_charged_on_the_day() -> None:
    result = example(partial="order_day", free_period=False).until("2019-01-31")

    assert result.documents == table("""
        2019-01-15 invoice 27.40
            prorated 2019-01-15..2019-01-31 5 x 5.48 = 27.40 (17/31 of 10.00)
        2019-01-25 invoice 6.78
            prorated 2019-01-25..2019-01-31 3 x 2.26 = 6.78 (7/31 of 10.00)
    """)


def test_control_without_protection_the_june_price_counts_in_june() -> None:
    totals = example(price_protection_months=0).until("2019-06-01").totals

    assert totals[-2:] == ["2019-05-01 invoice 90.00", "2019-06-01 invoice 99.00"]
