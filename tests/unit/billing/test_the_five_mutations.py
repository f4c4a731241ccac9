"""Five mistakes that a billing system makes, each made on purpose: cases of tests/cases must find every one of them.

They are named one by one, so that it shows which case guards what; `make mutation` makes thousands of smaller ones.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from functools import cache

import pytest

from shared.billing import installments, layers, money, pricing, tax_lines
from tests.billing_cases import Case, all_cases

Share = Callable[[Decimal, int, int], Decimal]

CENT = Decimal("0.01")


@cache
def cases() -> dict[str, Case]:
    return {str(case): case for case in all_cases()}


def found(names: list[str]) -> list[str]:
    """Those of the cases that do not come out as they should."""
    return [name for name in names if cases()[name].found() != cases()[name].expected]


def share_taken_as(share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (layers, installments):
        monkeypatch.setattr(module, "share_of", share)


def half_even(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a cent goes to the even neighbour."""
    monkeypatch.setattr(money, "_HALF_UP", Context(prec=50, rounding=ROUND_HALF_EVEN))


class Floats(Context):
    """What multiplies and divides as floats do."""

    def multiply(self, a: Decimal | int, b: Decimal | int, /) -> Decimal:
        return Decimal(float(a) * float(b))

    def divide(self, a: Decimal | int, b: Decimal | int, /) -> Decimal:
        return Decimal(float(a) / float(b))


def floats_in_proration(monkeypatch: pytest.MonkeyPatch) -> None:
    share_taken_as(lambda amount, part, whole: Decimal(float(amount) * part / whole), monkeypatch)


def floats_in_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pricing, "EXACT", Floats())


def floats_in_taxes(monkeypatch: pytest.MonkeyPatch) -> None:
    def as_a_float(amount: Decimal, currency: str) -> Decimal:
        return money.round_money(Decimal(float(amount)), currency)

    monkeypatch.setattr(tax_lines, "round_money", as_a_float)


def months_of_30_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """The denominator is 30 whatever the month, and 360 whatever the year; whole cycles stay whole."""

    def share(amount: Decimal, part: int, whole: int) -> Decimal:
        days = 30 if 28 <= whole <= 31 else 360 if whole in (365, 366) else whole
        return amount if part == whole else money.share_of(amount, part, days)

    share_taken_as(share, monkeypatch)


def ends_that_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day on which something ends is charged as well: intervals are taken as [start, end]."""

    def share(amount: Decimal, part: int, whole: int) -> Decimal:
        return money.share_of(amount, min(part + 1, whole), whole)

    share_taken_as(share, monkeypatch)


def daily_price_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day's price in whole cents, times the days."""

    def share(amount: Decimal, part: int, whole: int) -> Decimal:
        return amount if part == whole else money.share_of(amount, 1, whole).quantize(CENT, ROUND_HALF_UP) * part

    share_taken_as(share, monkeypatch)


@pytest.mark.parametrize(
    ("mistake", "guards"),
    [
        (
            half_even,
            [
                "pricing_rules:EX-2, two discounts one after the other",
                "rounding_and_currencies:Half a cent goes up",
                "rounding_and_currencies:Half a cent that is kept goes up, so the credit goes down",
                "rounding_and_currencies:Tax is rounded once a document",
            ],
        ),
        (
            floats_in_proration,
            [
                "rounding_and_currencies:Half a cent that no binary fraction holds",
                "rounding_and_currencies:Half a cent that no binary fraction holds, kept",
            ],
        ),
        (
            floats_in_prices,
            [
                "rounding_and_currencies:Half a cent that no binary fraction holds, of a discount",
                "rounding_and_currencies:Half a cent that no binary fraction holds, of an installment",
            ],
        ),
        (floats_in_taxes, ["rounding_and_currencies:Half a cent that no binary fraction holds, of a tax"]),
        (
            months_of_30_days,
            [
                "arrears:EX-19, three layers in March",
                "billing_day:From the 1st to the 15th, the lines",
                "cancellation:Immediate on the last day of a cycle, one day comes back",
                "cancellation:A year of 365.00, canceled on 1 July",
                "cancellation:A year of 366.00 with a leap day in it",
                "conversion:An upgrade in the middle of a month",
            ],
        ),
        (
            ends_that_count,
            [
                "addons:An add-on ends with its parent",
                "arrears:A seat of one day",
                "arrears:EX-19, three layers in March",
                "billing_day:From the 1st to the 15th, the lines",
            ],
        ),
        (
            daily_price_rounded,
            [
                "arrears:EX-19, three layers in March",
                "cancellation:Each layer is credited by its own days",
                "cancellation:By the hour where the refund policy is hours",
                "conversion:A downgrade",
            ],
        ),
    ],
    ids=lambda given: given.__name__ if callable(given) else "",
)
def test_a_mistake_is_found_by_each_case_that_guards_against_it(
    mistake: Callable[[pytest.MonkeyPatch], None], guards: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given cases that come out as they should
    assert found(guards) == []

    # When the mistake is made
    mistake(monkeypatch)

    # Then each of them says so
    assert found(guards) == guards
