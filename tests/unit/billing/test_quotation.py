"""What is told of an order: its first charge, what is free before it, and what a whole charge costs."""

from __future__ import annotations

from datetime import date
from typing import Any

from shared.billing.account import account_on
from shared.billing.masterdata import MasterData
from shared.billing.quotation import Quotation, quotation
from tests.billing_dsl import facts_from


def told(on: str = "2019-01-15", customer: dict[str, Any] | None = None, **item: Any) -> Quotation:
    """The quotation of an order of that day, as known then."""
    content = {"subscription_id": "sub-1", "product": {"id": "office"}, "quantity": 5, "unit_price": "10.00"} | item
    order = {"order_id": "o-1", "currency": "EUR", "items": [content],
             "customer": {"id": "cus-1", "tax_rate": "0.24"} | (customer or {})}  # fmt: skip
    facts = facts_from([{"type": "OrderExecuted", "time": on, "data": order}])
    account = account_on("sub-1", facts[:1], MasterData.of(facts), date.fromisoformat(on))
    assert account is not None
    return quotation(account)


def amounts(found: Quotation) -> list[str]:
    return [str(one) for one in (found.unit_price, found.price, found.net, found.gross)]


def test_a_first_period_is_free_up_to_the_billing_day() -> None:
    found = told(free_period=True)
    assert (found.free_until, found.first_billing_date) == (date(2019, 1, 31), date(2019, 2, 1))
    assert amounts(found) == ["10.00", "10.00", "50.00", "62.00"]


def test_a_free_period_that_would_be_empty_is_none() -> None:
    found = told("2019-02-01", free_period=True)
    assert (found.free_until, found.first_billing_date) == (None, date(2019, 2, 1))


def test_a_stub_is_charged_first_and_the_price_is_that_of_a_whole_charge() -> None:
    found = told()
    assert (found.free_until, found.first_billing_date) == (None, date(2019, 2, 1))
    assert amounts(found) == ["10.00", "10.00", "50.00", "62.00"]
    assert told(customer={"partial_charges_invoicing": "order_day"}).first_billing_date == date(2019, 1, 15)


def test_installments_have_the_extra_charge_in_every_price() -> None:
    found = told(customer={"extra_charge_rate": "0.05"}, unit_price="120.00", term="P1Y", billing_frequency="P1M")
    assert (found.billing_plan, found.installments, str(found.extra_charge_rate)) == ("Monthly", 12, "0.05")
    assert amounts(found) == ["126.00", "10.50", "52.50", "65.10"]


def test_a_one_off_charge_has_no_plan_and_no_extra_charge() -> None:
    found = told(customer={"extra_charge_rate": "0.05"}, unit_price="120.00", term="P1Y", anchor="order_day")
    assert (found.billing_plan, found.installments, str(found.extra_charge_rate)) == (None, 1, "0")
    assert amounts(found) == ["120.00", "120.00", "600.00", "744.00"]


def test_a_trial_is_free_up_to_its_day() -> None:
    found = told(trial_until="2019-03-15", anchor="order_day")
    assert (found.free_until, found.first_billing_date) == (date(2019, 3, 14), date(2019, 3, 15))


def test_a_custom_end_has_a_part_of_the_term_as_its_first_charge() -> None:
    found = told("2022-07-15", unit_price="120.00", term="P1Y", custom_end="2023-06-30", quantity=10)
    assert amounts(found) == ["120.00", "120.00", "1154.00", "1430.96"]


def test_a_one_time_charge_is_due_at_once() -> None:
    found = told(charge="one_time", unit_price="500.00", quantity=1)
    assert (found.first_billing_date, found.free_until) == (date(2019, 1, 15), None)
    assert amounts(found) == ["500.00", "500.00", "500.00", "620.00"]


def test_arrears_are_due_after_the_cycle() -> None:
    assert told("2019-02-01", charge="arrears").first_billing_date == date(2019, 3, 1)


def test_a_term_that_does_not_renew_is_quoted_all_the_same() -> None:
    assert amounts(told(auto_renew=False)) == ["10.00", "10.00", "50.00", "62.00"]
