"""EX-13, and Microsoft's cost beside our sell prices in EX-4 and EX-7."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.billing.vendor_cost import cost_of_cancellation, cost_of_change


@pytest.mark.parametrize(
    ("before", "after", "refund", "charge"),
    [(10, 12, "-94.08", "112.89"), (12, 8, "-112.89", "75.26")],
)
def test_ex13_a_change_is_refunded_and_charged_again_for_the_rest_of_the_cycle(
    before: int, after: int, refund: str, charge: str
) -> None:
    """18 June to 17 July are 30 days, 28 of them from 20 June on."""
    assert cost_of_change(Decimal("10.08"), 28, 30, before, after, "EUR") == (Decimal(refund), Decimal(charge))


def test_ex4_the_pair_nets_a_cent_less_than_the_sell_line_of_33_35() -> None:
    assert sum(cost_of_change(Decimal("10.00"), 20, 30, 10, 15, "EUR")) == Decimal("33.34")


def test_ex7_the_cost_credit_of_362_of_365_days() -> None:
    refund, charge = cost_of_change(Decimal("120.00"), 362, 365, 10, 0, "EUR")

    assert (refund, charge) == (Decimal("-1190.13"), Decimal(0))


def test_a_cancel_line_truncates_the_unit_first() -> None:
    assert cost_of_cancellation(Decimal("10.08"), 29, 31, 10, "EUR") == Decimal("-94.20")


def test_currencies_without_minor_digits_are_truncated_to_whole_units() -> None:
    assert cost_of_change(Decimal("1000"), 20, 31, 1, 2, "JPY") == (Decimal("-645"), Decimal("1290"))


def test_a_cancel_line_truncates_the_unit_to_the_digits_of_its_currency() -> None:
    # 1000 x 20/31 is 645.16: 645 yen for each of two.
    assert cost_of_cancellation(Decimal("1000"), 20, 31, 2, "JPY") == Decimal("-1290")
