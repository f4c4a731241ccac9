"""Match, rounding, discrepancy, missing, not known (rule R7.7); what lies partly in the period counts by its days."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.cost.our_cost import OurLine, Priced
from services.reconciliation.cost.rows import BilledRow, parsed
from services.reconciliation.cost.verdicts import CostComparison, Limits, Period, compared, transactions
from tests.unit.reconciliation.cost.bill import billed, cycle, one

START, END = date(2021, 6, 18), date(2021, 7, 17)
CYCLE = Period(START, END)


def ours(cost: str | None, quantity: int = 1, **changes: Any) -> OurLine:
    """A line of the whole cycle at this cost for a licence."""
    share = Fraction(changes.get("days_part", 1))
    given: dict[str, Any] = {
        "kind": "recurring", "start": START, "end": END, "currency": "EUR",
        "net": Decimal(150) * Decimal(share.numerator) / Decimal(share.denominator),
        "unit_price": Decimal(150) / quantity,
    } | changes  # fmt: skip
    priced = Priced(None if cost is None else Decimal(cost))
    return OurLine(subscription="sub-1", line="sub-1/2021-06-18", quantity=quantity, priced=priced, **given)


def theirs(subtotal: str, **changes: Any) -> BilledRow:
    prices = {"UnitPrice": subtotal, "EffectiveUnitPrice": subtotal, "BillableQuantity": "1", "Subtotal": subtotal}
    return billed(**(prices | changes))


def verdict(lines: list[OurLine], rows: list[BilledRow], limits: Limits | None = None) -> CostComparison:
    found = compared("sub-1", lines, rows, CYCLE, limits)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("cost", "said"),
    [("100.80", "match"), ("100.00", "match"), ("99.81", "match"), ("101.79", "match"), ("99.80", "discrepancy"),
     ("101.80", "discrepancy"), ("0", "discrepancy")],
)  # fmt: skip
def test_below_one_is_a_match_and_exactly_one_a_discrepancy(cost: str, said: str) -> None:
    assert verdict([ours(cost)], [theirs("100.80")]).verdict == said


def test_difference_and_margins_beside_each_other() -> None:
    found = verdict([ours("12.50", 10)], [theirs("130.00")])
    assert (found.ours, found.theirs, found.sell) == (Decimal("125.00"), Decimal("130.00"), Decimal("150.00"))
    assert (found.difference, found.margin, found.margin_by_vendor) == (
        Decimal("5.00"), Decimal("25.00"), Decimal("20.00"),
    )  # fmt: skip


def test_what_is_on_one_side_only() -> None:
    here, there = verdict([ours("10.00")], []), verdict([], [theirs("10.00")])
    assert (here.verdict, here.theirs, here.difference, here.margin_by_vendor) == (
        "missing_at_vendor",
        None,
        None,
        None,
    )
    assert (there.verdict, there.ours, there.difference, there.margin) == ("missing_here", None, None, None)


def test_a_cost_that_is_not_known_is_said_and_not_taken_as_nothing() -> None:
    found = verdict([ours("5.00"), ours(None)], [theirs("5.00")])
    assert (found.verdict, found.ours, found.theirs) == ("cost_unknown", None, Decimal("5.00"))


def test_two_currencies_are_not_compared() -> None:
    found = verdict([ours("5.00")], [theirs("5.00", Currency="USD", PricingCurrency="USD")])
    assert (found.verdict, found.currency, found.ours, found.theirs) == ("other_currency", "EUR/USD", None, None)


def test_what_is_sold_in_two_currencies_has_no_sum() -> None:
    found = verdict([ours("5.00"), ours("5.00", currency="USD")], [theirs("5.00")])
    assert (found.verdict, found.sell, found.margin, found.margin_by_vendor) == ("other_currency", None, None, None)


def test_cutting_the_price_of_three_hundred_seats_is_rounding() -> None:
    """Given an upgrade of 300 seats, billed by rule B; then 7.728 cut to 7.72 is all of the difference of 2.40."""
    day = date(2021, 6, 25)
    wipe = parsed(one(300, Decimal("10.08"), day, END, taken_back=True, rule="B", ChargeType="convert"))
    credit = ours("10.08", 300, kind="credit", start=day, days_part=Fraction(23, 30))

    found = verdict([credit], [wipe])

    assert (found.ours, found.theirs, found.verdict) == (Decimal("-2318.40"), Decimal("-2316.00"), "rounding")
    assert verdict([credit], [wipe], Limits(tolerance=Decimal("0.005"))).verdict == "discrepancy"


def test_a_difference_of_that_size_in_the_price_is_no_rounding() -> None:
    """A price that differs by half a cent costs 300 seats 1.50, and cutting has nothing to do with it."""
    rows = [parsed(one(300, Decimal("10.085"), START, END, whole=True))]
    assert verdict([ours("10.08", 300)], rows).verdict == "discrepancy"


def test_what_a_printed_price_hides_is_allowed_for() -> None:
    """10 % off 10.08 is 9.072, printed as 9.07: two hundredths of a cent, times 600 seats."""
    row = billed(UnitPrice="10.08", EffectiveUnitPrice="9.07", BillableQuantity="600", Subtotal="5442.00")
    assert verdict([ours("9.072", 600)], [row]).verdict == "rounding"
    assert verdict([ours("9.10", 600)], [row]).verdict == "discrepancy"


def test_a_row_that_is_not_what_its_own_prices_say_is_no_rounding() -> None:
    row = billed(UnitPrice="10.08", EffectiveUnitPrice="10.08", BillableQuantity="300", Subtotal="3020.99")
    assert verdict([ours("10.08", 300)], [row]).verdict == "discrepancy"


def test_one_row_may_not_hide_behind_the_seats_of_another() -> None:
    """Given 300 seats as they should be and one that is billed 2.00 too much; then cutting 300 does not excuse it."""
    rows = [
        billed(UnitPrice="10.00", EffectiveUnitPrice="10.00", BillableQuantity="300", Subtotal="3000.00"),
        billed(UnitPrice="10.00", EffectiveUnitPrice="10.00", BillableQuantity="1", Subtotal="12.00"),
    ]
    assert verdict([ours("10.00", 301)], rows).verdict == "discrepancy"


def test_a_cut_that_only_tips_a_difference_over_the_limit_does_not_excuse_it() -> None:
    """Given a price that is 0.995 off; when cutting half a cent makes it 1.00; then it is the price that differs."""
    row = billed(UnitPrice="11.075", EffectiveUnitPrice="11.075", BillableQuantity="1", Subtotal="11.07")
    assert verdict([ours("12.07")], [row]).verdict == "discrepancy"


def test_what_lies_partly_in_the_period_counts_by_its_days() -> None:
    """Given 13 of 30 days in June on both sides; then June has 13/30 of both, and July the rest."""
    june, july = Period(date(2021, 6, 1), date(2021, 6, 30)), Period(date(2021, 7, 1), date(2021, 7, 31))
    lines, rows = [ours("100.80")], [theirs("100.80"), theirs("30.00", ChargeStartDate="2021-07-01")]

    first, second = compared("sub-1", lines, rows, june), compared("sub-1", lines, rows, july)

    assert first is not None
    assert second is not None
    assert (first.ours, first.theirs, first.sell) == (Decimal("43.68"), Decimal("43.68"), Decimal("65.00"))
    assert (second.ours, second.theirs) == (Decimal("57.12"), Decimal("87.12"))


def test_what_lies_outside_the_period_is_not_compared() -> None:
    assert compared("sub-1", [ours("1.00")], [theirs("9.00")], Period(date(2021, 8, 1), date(2021, 8, 31))) is None


def test_a_period_has_days() -> None:
    with pytest.raises(ValueError, match="has no days"):
        Period(END, START)


def test_the_two_rows_of_a_product_with_telephony_are_one_cost() -> None:
    rows = [theirs("30.00", ReferenceId="r", SkuId="0001"), theirs("27.00", ReferenceId="r", SkuId="0002")]
    found = verdict([ours("57.00")], rows)
    assert (found.verdict, found.theirs, [len(one.rows) for one in found.transactions]) == (
        "match", Decimal("57.00"), [2],
    )  # fmt: skip


def test_rows_are_told_by_order_date_and_those_that_belong_together_together() -> None:
    bill = cycle(Decimal("10.08"), START, END, 10, [(date(2021, 6, 20), 12), (date(2021, 6, 25), 8)])
    found = transactions(parsed(bill[place]) for place in (4, 0, 2, 3, 1))
    assert [(one.reference_id[:8], [str(row.subtotal) for row in one.rows]) for one in found] == [
        ("025d68a6", ["100.80"]),
        ("change-0", ["-94.08", "112.89"]),
        ("change-1", ["-92.73", "61.82"]),
    ]
    assert [str(one.subtotal) for one in found] == ["100.80", "18.81", "-30.91"]


def test_rows_without_a_reference_are_each_their_own() -> None:
    assert len(transactions([theirs("1.00", ReferenceId=""), theirs("1.00", ReferenceId="")])) == 2


@given(
    st.integers(1, 500), st.lists(st.tuples(st.integers(0, 29), st.integers(1, 500)), max_size=6),
    st.sampled_from(["A", "B"]), st.decimals("0.50", "300", places=2),
)  # fmt: skip
def test_a_bill_of_what_we_hold_is_never_a_discrepancy(
    seats: int, changes: list[tuple[int, int]], rule: str, price: Decimal
) -> None:
    """Whatever changes in a cycle of 30 days: billed by Microsoft at our own cost, it matches or is rounding."""
    days = sorted((date(2021, 6, 18 + day) if day < 13 else date(2021, 7, day - 12), to) for day, to in changes)
    rows = [parsed(one) for one in cycle(price, START, END, seats, days, rule=rule)]
    lines, held = [ours(str(price), seats)], seats
    for day, to in days:
        if to != held:
            part = {"start": day, "days_part": Fraction((END - day).days + 1, 30)}
            kind = "prorated" if to > held else "credit"
            lines.append(ours(str(price), abs(to - held), kind=kind, **part))
        held = to

    assert verdict(lines, rows).verdict in ("match", "rounding")
