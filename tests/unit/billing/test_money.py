"""Rules R0.1 and R0.2 on rounding, and the convention on splitting an amount."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.billing.money import minor_digits, round_money, share_of, split, written


@pytest.mark.parametrize(
    ("currency", "digits"), [("EUR", 2), ("USD", 2), ("GBP", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("TND", 3)]
)
def test_amounts_have_the_minor_digits_of_their_currency(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


@pytest.mark.parametrize(
    ("exact", "currency", "rounded"),
    [
        ("0.005", "EUR", "0.01"),
        ("0.0049999999", "EUR", "0.00"),
        ("29.925", "EUR", "29.93"),
        ("10.395", "EUR", "10.40"),
        ("2.675", "EUR", "2.68"),
        ("0.5", "JPY", "1"),
        ("1.4999", "JPY", "1"),
        ("2.2585", "KWD", "2.259"),
    ],
)
def test_half_a_minor_unit_rounds_up(exact: str, currency: str, rounded: str) -> None:
    assert written(round_money(Decimal(exact), currency)) == rounded


def test_a_share_is_exact_until_it_is_rounded() -> None:
    # 0.05 x 1/10 is exactly half a cent: a quotient with an error in it would fall below.
    assert written(round_money(share_of(Decimal("0.05"), 1, 10), "EUR")) == "0.01"
    assert written(round_money(share_of(Decimal("10.00"), 7, 28), "EUR")) == "2.50"
    assert share_of(Decimal("10.00"), 31, 31) == Decimal("10.00")


@pytest.mark.parametrize(
    ("amount", "weights", "currency", "parts"),
    [
        ("10.00", [1, 1, 1], "EUR", ["3.34", "3.33", "3.33"]),
        ("0.05", [1, 2], "EUR", ["0.02", "0.03"]),
        ("0.05", [2, 1], "EUR", ["0.03", "0.02"]),
        ("100", [1, 1, 1], "JPY", ["34", "33", "33"]),
        ("1.000", [2, 1], "KWD", ["0.667", "0.333"]),
        ("0.00", [1, 1], "EUR", ["0.00", "0.00"]),
        ("5.00", [0, 1], "EUR", ["0.00", "5.00"]),
    ],
)
def test_parts_of_a_split_add_up_by_largest_remainder(
    amount: str, weights: list[int], currency: str, parts: list[str]
) -> None:
    got = split(Decimal(amount), weights, currency)

    assert [written(part) for part in got] == parts
    assert sum(got) == Decimal(amount)


def test_amounts_are_written_without_an_exponent() -> None:
    assert written(Decimal("1E+3")) == "1000"
    assert written(Decimal("0.0000001")) == "0.0000001"
