"""Rules R1.1 to R1.8: the free period from the start to the first billing date."""

from __future__ import annotations

import pytest

from tests.billing_dsl import (
    Json,
    canceled,
    event,
    given,
    ordered,
    product_defined,
    seats,
    setting,
    table,
)

NOT_POSSIBLE: list[Json] = [
    {"term": "P1Y"},
    {"term": "P1Y", "billing_frequency": "P1M"},
    {"charge": "arrears"},
    {"charge": "one_time"},
    {"anchor": "order_day"},
]


@pytest.mark.parametrize("terms", NOT_POSSIBLE)
def test_an_item_that_claims_it_without_being_monthly_prepaid_on_the_billing_day_is_rejected(terms: Json) -> None:
    result = given(ordered(5, on="2019-01-15", free_period=True, **terms)).until("2019-03-01")

    assert (result.documents, result.subscriptions) == ([], [])
    assert "a free period is only for monthly prepaid products on the billing day" in result.reason


def test_only_the_item_that_claims_it_is_rejected() -> None:
    order = ordered(5, on="2019-02-01", free_period=True, term="P1Y")
    order["data"]["items"].append(
        {"subscription_id": "sub-2", "product": {"id": "other"}, "quantity": 1, "unit_price": "3.00"}
    )

    result = given(order).until("2019-02-01")

    assert result.totals == ["2019-02-01 invoice 3.00"]
    assert [state["subscription"] for state in result.subscriptions] == ["sub-2"]


def test_a_product_that_has_the_flag_leaves_an_item_alone_that_cannot_have_it() -> None:
    result = given(
        product_defined(on="2019-01-01", free_period=True), ordered(1, "120.00", on="2019-02-01", term="P1Y")
    ).until("2019-02-01")

    assert result.totals == ["2019-02-01 invoice 120.00"]


def test_nce_ignores_the_flag() -> None:
    result = given(ordered(5, on="2019-01-15", free_period=True, nce=True)).until("2019-01-15")

    assert result.totals == ["2019-01-15 invoice 50.00"]


def test_started_on_a_billing_day_it_is_empty_and_charged_at_once() -> None:
    result = given(ordered(5, on="2019-02-01", free_period=True)).until("2019-02-01")

    assert result.documents == table("""
        2019-02-01 invoice 50.00
            recurring 2019-02-01..2019-02-28 5 x 10.00 = 50.00
    """)


def test_started_on_a_billing_day_it_is_a_full_month_where_the_setting_says_so() -> None:
    history = given(ordered(5, on="2019-02-01", free_period=True))

    result = history.under(free_period_when_started_on_billing_day="true").until("2019-03-01")

    assert result.documents == table("""
        2019-03-01 invoice 50.00
            free 2019-02-01..2019-02-28 5 x 0.00 = 0.00
            recurring 2019-03-01..2019-03-31 5 x 10.00 = 50.00
    """)


def test_the_flag_is_captured_when_the_subscription_is_created() -> None:
    result = given(
        product_defined(on="2019-01-01", free_period=True),
        ordered(5, on="2019-01-15"),
        product_defined(on="2019-01-20", free_period=False),
    ).until("2019-02-01")

    assert result.totals == ["2019-02-01 invoice 50.00"]
    assert result.lines[0]["kind"] == "free"


def test_a_product_edited_later_does_not_make_a_running_subscription_free() -> None:
    result = given(
        product_defined(on="2019-01-01"),
        ordered(1, on="2019-01-15"),
        product_defined(on="2019-01-20", free_period=True),
    ).until("2019-02-01")

    assert result.documents[1:2] == ["prorated 2019-01-15..2019-01-31 1 x 5.48 = 5.48 (17/31 of 10.00)"]


def test_decreases_inside_it_are_free_and_the_first_advance_uses_what_is_left() -> None:
    result = given(
        ordered(5, on="2019-01-15", free_period=True), seats(8, on="2019-01-25"), seats(4, on="2019-01-28")
    ).until("2019-02-01")

    assert result.documents == table("""
        2019-02-01 invoice 40.00
            free 2019-01-15..2019-01-31 4 x 0.00 = 0.00
            free 2019-01-15..2019-01-27 1 x 0.00 = 0.00
            free 2019-01-25..2019-01-27 3 x 0.00 = 0.00
            recurring 2019-02-01..2019-02-28 4 x 10.00 = 40.00
    """)
    assert result.rejected == []


def test_ended_before_the_first_billing_date_it_costs_nothing() -> None:
    history = given(ordered(5, on="2019-01-15", free_period=True), canceled(on="2019-01-30"))

    assert history.until("2019-12-31").documents == []


def test_ended_on_the_first_billing_date_it_costs_nothing_either() -> None:
    history = given(ordered(5, on="2019-01-15", free_period=True), canceled(on="2019-02-01"))

    assert history.until("2019-12-31").documents == []


def test_an_add_on_with_the_flag_gets_its_own_from_its_own_start() -> None:
    result = given(
        ordered(5, on="2019-01-15", free_period=True),
        ordered(2, "3.00", on="2019-02-10", sub="sub-2", free_period=True, parent_subscription_id="sub-1"),
    ).until("2019-03-01")

    assert result.documents[-4:] == table("""
        2019-03-01 invoice 56.00
            sub-1 recurring 2019-03-01..2019-03-31 5 x 10.00 = 50.00
            sub-2 free 2019-02-10..2019-02-28 2 x 0.00 = 0.00
            sub-2 recurring 2019-03-01..2019-03-31 2 x 3.00 = 6.00
    """)


def test_in_it_the_unit_price_shown_is_what_the_first_cycle_will_cost() -> None:
    state = given(ordered(5, on="2019-01-15", free_period=True)).until("2019-01-20").subscription

    assert (state["unit_price"], state["term_start"], state["term_end"]) == ("10.00", "2019-01-15", "2019-02-28")


def test_seats_added_in_a_charged_first_stub_are_by_day_even_with_full_period() -> None:
    result = given(ordered(5, on="2019-01-15", usage_charge_rule="full_period"), seats(6, on="2019-01-25")).until(
        "2019-02-01"
    )

    assert result.documents[1:3] == table("""
        prorated 2019-01-15..2019-01-31 5 x 5.48 = 27.40 (17/31 of 10.00)
        prorated 2019-01-25..2019-01-31 1 x 2.26 = 2.26 (7/31 of 10.00)
    """)


@pytest.mark.parametrize("where", ["item", "product", "setting of the product", "setting of the organisation"])
def test_the_usage_charge_rule_is_taken_from_the_most_specific_place(where: str) -> None:
    before = {
        "item": [],
        "product": [product_defined(on="2019-01-01", usage_charge_rule="full_period")],
        "setting of the product": [
            setting("usage_charge_rule", "full_period", since="2019-01-01", scope="product", of="office"),
            setting("usage_charge_rule", "per_day", since="2019-01-01"),
        ],
        "setting of the organisation": [setting("usage_charge_rule", "full_period", since="2019-01-01")],
    }[where]
    stated = {"usage_charge_rule": "full_period"} if where == "item" else {}

    result = given(*before, ordered(5, on="2019-02-01", **stated), seats(6, on="2019-02-22")).until("2019-03-01")

    assert [line["net"] for line in result.lines if line["from"] == "2019-02-22"] == ["10.00"]


def test_a_stated_rule_wins_over_the_setting() -> None:
    result = (
        given(ordered(5, on="2019-02-01", usage_charge_rule="per_day"), seats(6, on="2019-02-22"))
        .under(usage_charge_rule="full_period")
        .until("2019-03-01")
    )

    assert [line["net"] for line in result.lines if line["from"] == "2019-02-22"] == ["2.50"]


def test_free_lines_wait_for_the_next_document_of_the_same_recipient() -> None:
    other = event(
        "OrderExecuted",
        "2019-01-20",
        {
            "order_id": "o-2",
            "currency": "EUR",
            "customer": {"id": "cus-2", "billing_day": 20},
            "reseller": {"id": "res-1"},
            "items": [{"subscription_id": "sub-2", "product": {"id": "p"}, "quantity": 1, "unit_price": "7.00"}],
        },
    )
    customer = {"id": "cus-1", "partial_charges_invoicing": "order_day"}
    result = given(ordered(5, on="2019-01-15", free_period=True, customer=customer, reseller="res-1"), other).until(
        "2019-01-31"
    )

    assert result.documents == table("""
        2019-01-20 invoice to res-1 7.00
            sub-1 free 2019-01-15..2019-01-31 5 x 0.00 = 0.00
            sub-2 recurring 2019-01-20..2019-02-19 1 x 7.00 = 7.00
    """)


def test_a_free_line_of_a_trial_holds_all_of_its_days_as_a_whole_of_its_own() -> None:
    result = given(ordered(1, on="2019-01-15", trial_until="2019-03-01")).until("2019-03-01")

    trial = result.simulation.documents[0].lines[0]

    assert (trial.kind, trial.days, trial.of_days) == ("free", 45, 45)
