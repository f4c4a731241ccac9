"""What Microsoft billed, recomputed: its documented examples, EX-13, and what must hold of any cycle."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.cost.cycles import cycle_days, cycle_months
from services.reconciliation.cost.proration import Rule, cut, prorated, recompute, rule_a, rule_b, rule_of_usage
from services.reconciliation.cost.rows import BilledRow, parsed
from shared.billing.vendor_cost import cost_of_cancellation, cost_of_change
from tests.infrastructure import vendor_samples
from tests.unit.reconciliation.cost.bill import Json, billed, cycle, row

ONE = Decimal(1)
# 18 June to 17 July: 30 days.
JUNE = (date(2021, 6, 18), date(2021, 7, 17))
# What Microsoft's page has beside rules A and B: a month counted as a twelfth, and days that are not those of the row.
LEFT_OVER = {
    "plan-monthly-annual": ("11 of 12 months", "250", Fraction(11, 12)),
    "nce-migration-monthly": ("27 of 28 days: of a February that the cycle does not start in", "16", Fraction(27, 28)),
    "nce-migration-annual": ("181 of 365 days: the row itself is for 177", "192", Fraction(181, 365)),
}


def documented() -> list[Json]:
    return list(vendor_samples.sample_csv("nce_proration_doc_examples.csv")) if vendor_samples.FOLDER else []


def as_row(example: Json) -> BilledRow:
    return parsed(
        row(
            UnitPrice=example["UnitPrice"], EffectiveUnitPrice=example["DocEffectiveUnitPrice"],
            BillableQuantity=example["BillableQuantity"], Subtotal=example["DocSubtotal"],
            ChargeStartDate=example["ChargeStartDate"], ChargeEndDate=example["ChargeEndDate"],
            ChargeType=example["ChargeType"], BillingFrequency="Annual" if example["CycleDays"] == "365" else "Monthly",
        )
    )  # fmt: skip


@vendor_samples.needed
def test_there_are_27_examples_and_rules_a_and_b_explain_24_of_them() -> None:
    found = [recompute(as_row(example)) for example in documented() if example["Case"] not in LEFT_OVER]
    assert len(documented()) == 27
    assert [bool(one.by) for one in found] == [True] * 24
    # Taken from the list price and the days of the row, not from the price that is printed beside them.
    assert {one.basis for one in found} == {"whole", "prorated"}


@vendor_samples.needed
@pytest.mark.parametrize("number", range(27))
def test_an_example_of_the_documentation(number: int) -> None:
    example = documented()[number]
    unit, quantity = Decimal(example["UnitPrice"]), Decimal(example["BillableQuantity"])
    subtotal, sign = Decimal(example["DocSubtotal"]), int(example["Sign"])
    if example["Case"] in LEFT_OVER:
        _, price, share = LEFT_OVER[example["Case"]]
        assert rule_b(Fraction(price) * share, quantity, ONE, "USD") == subtotal
        assert recompute(as_row(example)).basis == "printed"
        return
    start, end = date.fromisoformat(example["ChargeStartDate"]), date.fromisoformat(example["ChargeEndDate"])
    of_days = cycle_days(end, cycle_months("", (end - start).days + 1))
    exact = sign * prorated(unit, (end - start).days + 1, of_days)
    found: dict[Rule, Decimal] = {"A": rule_a(exact, quantity, ONE, "USD"), "B": rule_b(exact, quantity, ONE, "USD")}
    assert of_days == int(example["CycleDays"])
    assert subtotal in found.values()
    assert set(recompute(as_row(example)).by) == {rule for rule, amount in found.items() if amount == subtotal}


def test_ex13_ten_seats_become_twelve_and_then_eight() -> None:
    """Given 10 x 10.08 from 18 June; when 2 come on 20 June and later 4 go; then the rest is wiped and recreated."""
    day = date(2021, 6, 20)

    bill = [parsed(one) for one in cycle(Decimal("10.08"), *JUNE, 10, [(day, 12), (day, 8)])]

    assert [str(one.subtotal) for one in bill] == ["100.80", "-94.08", "112.89", "-112.89", "75.26"]
    assert cost_of_change(Decimal("10.08"), 28, 30, 10, 12, "EUR") == (bill[1].subtotal, bill[2].subtotal)
    assert cost_of_change(Decimal("10.08"), 28, 30, 12, 8, "EUR") == (bill[3].subtotal, bill[4].subtotal)
    assert [recompute(one).by for one in bill] == [("A", "B"), ("A",), ("A",), ("A",), ("A",)]


@pytest.mark.parametrize(
    ("unit", "days", "of_days", "quantity", "rule", "subtotal"),
    [
        ("12", 29, 31, 10, "A", "-112.25"), ("12", 29, 31, 15, "A", "168.38"), ("12", 11, 31, 30, "A", "127.74"),
        ("10.08", 29, 31, 10, "B", "-94.20"), ("10.08", 23, 30, 300, "B", "-2316.00"),
        ("6.43", 23, 30, 300, "B", "1476.00"),
    ],
)  # fmt: skip
def test_the_two_ways_of_cutting(unit: str, days: int, of_days: int, quantity: int, rule: Rule, subtotal: str) -> None:
    exact = prorated(Decimal(unit), days, of_days) * (-1 if subtotal.startswith("-") else 1)
    found = (rule_a if rule == "A" else rule_b)(exact, Decimal(quantity), ONE, "EUR")
    assert str(found) == subtotal


def test_a_third_three_times_is_whole_again() -> None:
    assert rule_a(prorated(Decimal("10"), 10, 30), Decimal(3), ONE, "EUR") == Decimal("10.00")


def test_the_formula_of_licences_cuts_the_unit_after_the_exchange() -> None:
    found = billed(
        UnitPrice="16", EffectiveUnitPrice="16", BillableQuantity="3", Subtotal="40.59", PricingCurrency="USD",
        PCToBCExchangeRate="0.846202666",
    )  # fmt: skip

    again = recompute(found)

    # 16 x 0.846202666 is 13.539…, cut 13.53, times 3; uncut it is a few cents more.
    assert again.by == ("B",)
    assert again.within(found.subtotal, Decimal("0.01"), found.quantity)
    assert not again.within(found.subtotal, Decimal("0.001"), found.quantity)


def test_the_formula_of_usage_cuts_before_and_after_the_exchange() -> None:
    assert rule_of_usage(Fraction("0.03825"), Decimal("100.7"), Decimal("0.846202666"), "EUR") == Decimal("3.25")


def test_a_discount_leaves_the_printed_price_to_go_by() -> None:
    found = billed(UnitPrice="16", EffectiveUnitPrice="14.4", BillableQuantity="50", Subtotal="720")
    assert (recompute(found).basis, recompute(found).by) == ("printed", ("A", "B"))


@pytest.mark.parametrize(
    ("price", "printed", "basis"),
    [("0.045", "0.03825", "printed"), ("0.045", "0.045", "whole"), ("10.08", "9.40", "prorated"),
     ("10.08", "9.408", "prorated"), ("10.08", "9.409", "printed"), ("10.08", "-9.40", "prorated")],
)  # fmt: skip
def test_a_printed_price_tells_what_it_was_made_of_as_far_as_its_digits_go(
    price: str, printed: str, basis: str
) -> None:
    found = billed(UnitPrice=price, EffectiveUnitPrice=printed, ChargeStartDate="2021-06-20")
    assert recompute(found).basis == basis


def test_currencies_without_minor_digits_are_cut_to_whole_units() -> None:
    assert cut(Fraction(-1290, 2) - Fraction(1, 3), "JPY") == Decimal("-645")


PRICES = st.decimals(min_value="0.01", max_value="500", places=2)
STARTS = st.dates(date(2024, 1, 1), date(2027, 12, 1)).filter(lambda day: day.day <= 28)
SEATS = st.integers(1, 400)


def end_of(start: date) -> date:
    following = date(start.year + start.month // 12, start.month % 12 + 1, start.day)
    return following - timedelta(days=1)


@given(PRICES, STARTS, st.integers(0, 27), SEATS, SEATS, st.sampled_from(["A", "B"]))
def test_a_wipe_and_what_is_recreated_net_to_the_seats_that_changed(
    price: Decimal, start: date, later: int, before: int, after: int, rule: Any
) -> None:
    end, day = end_of(start), start + timedelta(days=later)

    _, wipe, recreated = (parsed(one) for one in cycle(price, start, end, before, [(day, after)], rule=rule))

    net = Fraction(wipe.subtotal + recreated.subtotal)
    change = (after - before) * prorated(price, wipe.days, cycle_days(end, 1))
    tolerance = Fraction(1, 100) * (2 if rule == "A" else before + after)
    assert abs(net - change) <= tolerance
    assert wipe.subtotal <= 0 <= recreated.subtotal
    if rule == "A":
        days = (wipe.days, cycle_days(end, 1))
        assert cost_of_change(price, *days, before, after, "EUR") == (wipe.subtotal, recreated.subtotal)
    else:
        assert cost_of_cancellation(price, wipe.days, cycle_days(end, 1), before, "EUR") == wipe.subtotal


@given(PRICES, STARTS, SEATS, st.sampled_from(["A", "B"]))
def test_a_cycle_without_changes_costs_its_full_price(price: Decimal, start: date, seats: int, rule: Any) -> None:
    (only,) = (parsed(one) for one in cycle(price, start, end_of(start), seats, rule=rule))
    assert only.subtotal == price * seats
    assert recompute(only).exact == Fraction(price) * seats


@given(PRICES, STARTS, st.integers(0, 27), SEATS, SEATS, st.sampled_from(["A", "B"]))
def test_seats_that_go_and_come_back_on_one_day_cost_nothing(
    price: Decimal, start: date, later: int, seats: int, fewer: int, rule: Any
) -> None:
    day = start + timedelta(days=later)

    bill = [parsed(one) for one in cycle(price, start, end_of(start), seats, [(day, fewer), (day, seats)], rule=rule)]

    assert sum(one.subtotal for one in bill[1:]) == 0


@given(PRICES, STARTS, st.integers(0, 27), SEATS, st.sampled_from(["A", "B"]))
def test_whatever_is_billed_is_explained_by_the_rule_that_it_was_billed_by(
    price: Decimal, start: date, later: int, seats: int, rule: Any
) -> None:
    day = start + timedelta(days=later)
    for one in cycle(price, start, end_of(start), 3, [(day, seats)], rule=rule):
        assert rule in recompute(parsed(one)).by
