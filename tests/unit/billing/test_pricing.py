"""Rules R0.3, R0.4, R4.5, EX-2 and EX-5: from the base price to the line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

import pytest

from shared.billing.blocks import PricingRule
from shared.billing.facts import PriceChanged
from shared.billing.money import round_money, written
from shared.billing.pricing import counts_from, installment_unit, part_of_term, unit_of
from tests.billing_dsl import given, ordered, price, table

Rule = Literal["discount", "markup", "margin"]


def unit(sell: str, *rules: tuple[Rule, str], cost: str | None = None, extra: str = "0") -> str:
    known_cost = None if cost is None else Decimal(cost)
    steps = [PricingRule(rule, Decimal(rate)) for rule, rate in rules]
    return written(round_money(unit_of(Decimal(sell), known_cost, steps, Decimal(extra)), "EUR"))


@pytest.mark.parametrize(
    ("sell", "rules", "rounded"),
    [
        ("2.41", [("discount", "0.164")], "2.01"),
        ("45", [("discount", "0.30"), ("discount", "0.05")], "29.93"),
        ("10.00", [], "10.00"),
    ],
)
def test_ex2_discounts_are_applied_one_after_the_other(sell: str, rules: list[tuple[Rule, str]], rounded: str) -> None:
    assert unit(sell, *rules) == rounded


@pytest.mark.parametrize(
    ("rule", "rate", "plain", "with_extra"),
    [("discount", "0.10", "9.00", "13.50"), ("markup", "0.10", "5.50", "8.25"), ("margin", "0.50", "10.00", "15.00")],
)
def test_ex5_each_rule_with_and_without_the_extra_charge(rule: Rule, rate: str, plain: str, with_extra: str) -> None:
    assert unit("10", (rule, rate), cost="5") == plain
    assert unit("10", (rule, rate), cost="5", extra="0.50") == with_extra


def test_ex5_vendor_surcharge_discount_and_extra_charge_are_rounded_once() -> None:
    term = unit_of(Decimal("120") * Decimal("1.05"), None, [PricingRule("discount", Decimal("0.10"))], Decimal("0.10"))

    assert installment_unit(term, 12, "EUR") == Decimal("10.40")


def test_installments_and_parts_of_a_term_have_the_digits_of_the_currency() -> None:
    assert installment_unit(Decimal(1000), 12, "JPY") == Decimal(83)
    assert part_of_term(Decimal(1000), 10, 36, "JPY") == Decimal(278)


@pytest.mark.parametrize(("backdate", "day"), [(False, 10), (True, 1)])
def test_a_list_price_counts_from_when_it_is_known_unless_it_is_backdated(backdate: bool, day: int) -> None:
    change = PriceChanged("EUR", Decimal(11), date(2025, 3, 1), backdate=backdate)

    assert counts_from(change, date(2025, 3, 10)) == date(2025, 3, day)


def test_ex2_line_of_637_at_a_discount_of_16_4_percent() -> None:
    result = given(ordered(637, "2.41", on="2019-02-01", pricing={"rule": "discount", "rate": "0.164"})).until(
        "2019-02-01"
    )

    assert result.totals == ["2019-02-01 invoice 1280.37"]


def test_ex2_line_of_5_at_two_discounts() -> None:
    pricing = [{"rule": "discount", "rate": "0.30"}, {"rule": "discount", "rate": "0.05"}]

    assert given(ordered(5, "45", on="2019-02-01", pricing=pricing)).until("2019-02-01").totals == [
        "2019-02-01 invoice 149.65"
    ]


def test_ex2_seats_added_inside_a_cycle_pay_the_discounted_price_rounded_once() -> None:
    # 10.00 - 10 % x 25/31 = 7.258…: 7.26 each, then x 4.
    customer = {"id": "cus-1", "billing_day": 20, "partial_charges_invoicing": "order_day"}
    history = given(ordered(4, on="2019-08-26", customer=customer, pricing={"rule": "discount", "rate": "0.10"}))

    assert history.until("2019-08-31").documents == table("""
        2019-08-26 invoice 29.04
            prorated 2019-08-26..2019-09-19 4 x 7.26 = 29.04 (25/31 of 9.00)
    """)


def test_ex2_order_on_9_july_billing_day_1() -> None:
    assert given(ordered(1, on="2019-07-09")).until("2019-08-01").documents[:2] == table("""
        2019-08-01 invoice 17.42
            prorated 2019-07-09..2019-07-31 1 x 7.42 = 7.42 (23/31 of 10.00)
    """)


def test_markup_and_margin_are_reckoned_from_the_cost() -> None:
    result = given(
        ordered(1, "10.00", on="2019-02-01", unit_cost="5.00", pricing={"rule": "markup", "rate": "0.10"})
    ).until("2019-02-01")

    assert result.totals == ["2019-02-01 invoice 5.50"]


def test_the_unrounded_price_is_what_is_prorated() -> None:
    # 9.995 (10.00 - 0.05 %) shows as 10.00, but 9.995 x 7/28 = 2.49875: 2.50; over 12/28 4.2836, not 4.2857 (4.29).
    history = given(
        ordered(1, on="2019-02-01", pricing={"rule": "discount", "rate": "0.0005"}),
        ordered(1, on="2019-02-17", sub="sub-2", pricing={"rule": "discount", "rate": "0.0005"}),
    )

    nets = {line["line"]: line["net"] for line in history.until("2019-03-01").lines}
    assert nets["sub-1/2019-02-01/2019-02-01"] == "10.00"
    assert nets["sub-2/2019-02-17/2019-02-17"] == "4.28"


@pytest.mark.parametrize(
    ("currency", "at", "unit_net", "net"),
    [("JPY", "1000", "226", "678"), ("KWD", "10.000", "2.258", "6.774"), ("EUR", "10.00", "2.26", "6.78")],
)
def test_prorated_units_have_the_minor_digits_of_the_currency(currency: str, at: str, unit_net: str, net: str) -> None:
    result = given(ordered(3, at, on="2019-01-25", currency=currency)).until("2019-02-01")

    stub = result.lines[0]
    assert (stub["unit_net"], stub["net"]) == (unit_net, net)


def test_tax_is_rounded_to_the_minor_digits_of_the_currency() -> None:
    customer = {"id": "cus-1", "tax_rate": "0.08"}
    result = given(ordered(1, "1006", on="2019-02-01", currency="JPY", customer=customer)).until("2019-02-01")

    assert result.totals == ["2019-02-01 invoice JPY 1006 + 80 = 1086"]


def test_subscriptions_in_two_currencies_stand_on_two_documents() -> None:
    result = given(
        ordered(1, "7.000", on="2019-02-01", currency="KWD", sub="sub-2"), ordered(1, on="2019-02-01")
    ).until("2019-02-01")

    assert result.totals == ["2019-02-01 invoice 10.00", "2019-02-01 invoice KWD 7.000"]


def test_a_price_change_without_a_cost_keeps_the_cost_that_is_known() -> None:
    """Margin of 20 %: cost 8.00 gives 10.00, cost 9.00 gives 11.25; a change of the sell price alone keeps that."""
    margin = {"rule": "margin", "rate": "0.2"}
    bought = ordered(1, "10.00", on="2025-01-01", unit_cost="8.00", pricing=margin)
    with_cost = price("11.00", since="2025-02-01", known="2025-01-10", unit_cost="9.00")
    without = price("12.00", since="2025-03-01", known="2025-01-11")

    assert given(bought, with_cost, without).until("2025-03-01").totals == [
        "2025-01-01 invoice 10.00",
        "2025-02-01 invoice 11.25",
        "2025-03-01 invoice 11.25",
    ]


def test_a_margin_without_a_cost_is_refused() -> None:
    result = given(ordered(1, on="2025-01-01", pricing={"rule": "margin", "rate": "0.2"})).until("2025-02-01")

    assert result.documents == []
    assert "needs the cost" in result.rejected[0]["reason"]
