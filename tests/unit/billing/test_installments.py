"""Rules R4.4 to R4.9, R2.10 d, EX-4, EX-16, EX-17: terms that are paid in installments."""

from __future__ import annotations

from typing import Any

import pytest

from tests.billing_dsl import (
    Event,
    Json,
    auto_renew,
    canceled,
    customer_changed,
    given,
    imported,
    ordered,
    reseller_changed,
    seats,
    table,
)

ON_THE_DAY: Json = {"id": "cus-1", "partial_charges_invoicing": "order_day"}


def yearly(quantity: int = 10, at: str = "120.00", *, on: str = "2025-01-15", **fields: Any) -> Event:
    """A year paid by the month, changes invoiced on their day."""
    terms = {"term": "P1Y", "billing_frequency": "P1M", "customer": ON_THE_DAY, **fields}
    return ordered(quantity, at, on=on, **terms)


def test_ex4_twelve_equal_installments_on_the_day_of_the_order() -> None:
    result = given(yearly(auto_renew=False)).until("2026-06-01")

    assert result.totals == [
        *(f"2025-{month:02}-15 invoice 100.00" for month in range(1, 13)),
    ]
    assert {line["kind"] for line in result.lines} == {"installment"}
    assert result.documents[:2] == table("""
        2025-01-15 invoice 100.00
            installment 2025-01-15..2025-02-14 10 x 10.00 = 100.00
    """)


def test_ex4_seats_added_inside_an_installment_are_one_extra_charge_for_the_days_left() -> None:
    result = given(yearly(), seats(15, on="2025-04-25T00:00:00Z")).until("2025-05-15")

    assert result.documents[-4:] == table("""
        2025-04-25 invoice 33.35
            prorated 2025-04-25..2025-05-14 5 x 6.67 = 33.35 (20/30 of 10.00)
        2025-05-15 invoice 150.00
            installment 2025-05-15..2025-06-14 15 x 10.00 = 150.00
    """)


def test_ex4_the_summary_after_the_added_seats() -> None:
    assert given(yearly(), seats(15, on="2025-04-25T00:00:00Z")).until("2025-04-25").plan == {
        "subscription": "sub-1",
        "billing_plan": "Monthly",
        "installments": 12,
        "invoiced": 4,
        "excluded": 0,
        "remaining": 8,
        "next_invoice_date": "2025-05-15",
        "next_invoice_amount": "150.00",
        "next_invoice_gross": "150.00",
        "extra_charge_rate": "0",
    }


def test_ex4_three_of_the_added_seats_given_back() -> None:
    history = given(yearly(), seats(15, on="2025-04-25T00:00:00Z"), seats(12, on="2025-04-28T00:00:00Z"))

    assert history.until("2025-04-28").documents[-2:] == table("""
        2025-04-28 credit_note 17.01
            credit 2025-04-28..2025-05-14 3 x 5.67 = 17.01 (17/30 of 10.00) returns sub-1/2025-04-15/2025-04-25
    """)
    assert history.until("2025-05-15").totals[-1] == "2025-05-15 invoice 120.00"


def test_ex16_an_import_excludes_the_installments_before_the_takeover() -> None:
    result = given(
        imported(
            10, "120.00", started="2025-01-15", billed_from="2025-06-20", term="P1Y", billing_frequency="P1M"
        )
    ).until("2025-06-30")  # fmt: skip

    assert result.documents == []
    plan = result.plan
    assert [plan[name] for name in ("installments", "invoiced", "excluded", "remaining", "next_invoice_date")] == [
        12, 0, 6, 6, "2025-07-15",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("frequency", "name", "count", "installment"), [("P1M", "Monthly", 36, "100.00"), ("P1Y", "Annual", 3, "1200.00")]
)
def test_ex17_three_years_by_the_month_and_by_the_year(frequency: str, name: str, count: int, installment: str) -> None:
    result = given(
        ordered(1, "3600.00", on="2025-01-15", term="P3Y", billing_frequency=frequency, auto_renew=False)
    ).until("2030-01-01")

    assert [document["net"] for document in result.json] == [installment] * count
    assert result.subscription["billing_plan"] == name


def test_ex17_installments_are_equal_and_may_miss_the_whole_by_cents() -> None:
    result = given(ordered(1, "1000.00", on="2025-01-15", term="P3Y", billing_frequency="P1M", auto_renew=False)).until(
        "2030-01-01"
    )

    assert [document["net"] for document in result.json] == ["27.78"] * 36


def test_a_stub_comes_first_where_the_billing_day_is_asked_for() -> None:
    result = given(yearly(anchor="billing_day", auto_renew=False, customer={"id": "cus-1", "billing_day": 1})).until(
        "2026-12-31"
    )

    assert result.documents[:3] == table("""
        2025-02-01 invoice 154.80
            prorated 2025-01-15..2025-01-31 10 x 5.48 = 54.80 (17/31 of 10.00)
            installment 2025-02-01..2025-02-28 10 x 10.00 = 100.00
    """)
    assert [document["net"] for document in result.json] == ["154.80"] + ["100.00"] * 11
    assert (result.subscription["term_start"], result.subscription["term_end"]) == ("2025-02-01", "2026-01-31")


def test_in_the_stub_the_term_shown_runs_from_the_order_to_the_end_of_the_full_term() -> None:
    state = given(yearly(anchor="billing_day")).until("2025-01-20").subscription

    assert (state["term_start"], state["term_end"]) == ("2025-01-15", "2026-01-31")


def test_nothing_is_scheduled_before_the_order_is_executed() -> None:
    placed = {**yearly(), "type": "OrderPlaced"}

    result = given(placed).until("2025-12-31")
    assert (result.documents, result.subscriptions, result.plans) == ([], [], [])


# --- extra charge ---------------------------------------------------------------------------------------------------

WITH_EXTRA: Json = {"id": "cus-1", "extra_charge_rate": "0.05", "tax_rate": "0.24"}


def test_the_extra_charge_is_on_every_installment_and_shown_with_the_plan() -> None:
    result = given(yearly(customer=WITH_EXTRA)).until("2025-01-15")

    assert result.totals == ["2025-01-15 invoice 105.00 + 25.20 = 130.20"]
    assert result.subscription["unit_price"] == "10.50"
    plan = result.plan
    assert (plan["extra_charge_rate"], plan["next_invoice_amount"], plan["next_invoice_gross"]) == (
        "0.05", "105.00", "130.20",
    )  # fmt: skip


def test_one_off_terms_have_no_extra_charge() -> None:
    assert given(ordered(1, "120.00", on="2025-01-15", term="P1Y", anchor="order_day", customer=WITH_EXTRA)).until(
        "2025-01-15"
    ).totals == ["2025-01-15 invoice 120.00 + 28.80 = 148.80"]


def test_the_extra_charge_is_captured_at_execution_and_again_at_the_renewal() -> None:
    result = given(
        yearly(customer={**WITH_EXTRA, "tax_rate": "0"}), customer_changed(on="2025-06-01", extra_charge_rate="0.10")
    ).until("2026-01-15")

    assert [document["net"] for document in result.json] == ["105.00"] * 12 + ["110.00"]


@pytest.mark.parametrize(
    ("customer", "reseller", "net"),
    [
        ({"id": "cus-1"}, {"id": "res-1", "extra_charge_rate": "0.05"}, "105.00"),
        ({"id": "cus-1", "extra_charge_rate": "0.10"}, {"id": "res-1", "extra_charge_rate": "0.05"}, "110.00"),
        ({"id": "cus-1", "extra_charge_rate": "0"}, {"id": "res-1", "extra_charge_rate": "0.05"}, "100.00"),
        ({"id": "cus-1"}, {"id": "res-1"}, "100.00"),
    ],
)
def test_the_customer_s_own_extra_charge_wins_also_when_it_is_0(customer: Json, reseller: Json, net: str) -> None:
    result = given(yearly(customer=customer, reseller=reseller)).until("2025-01-15")

    assert result.totals == [f"2025-01-15 invoice to res-1 {net}"]


def test_a_customer_that_moved_renews_with_the_extra_charge_of_its_new_reseller() -> None:
    result = given(
        yearly(customer={"id": "cus-1"}, reseller={"id": "res-1", "extra_charge_rate": "0.05"}),
        reseller_changed(on="2025-05-01", reseller="res-2", extra_charge_rate="0.10"),
        customer_changed(on="2025-06-01", reseller_id="res-2"),
    ).until("2026-01-15")

    assert [(doc["recipient"], doc["net"]) for doc in result.json] == [
        *[("res-1", "105.00")] * 5,
        *[("res-2", "105.00")] * 7,
        ("res-2", "110.00"),
    ]


# --- changes --------------------------------------------------------------------------------------------------------


def test_a_change_of_seats_is_executed_immediately_a_scheduled_one_is_rejected() -> None:
    result = given(yearly(), seats(12, on="2025-03-15", known="2025-03-01")).until("2025-03-15")

    assert "with a billing plan a change of seats is executed immediately" in result.reason
    assert [document["net"] for document in result.json] == ["100.00"] * 3


def test_a_change_does_not_change_the_number_of_installments() -> None:
    plan = given(yearly(), seats(7, on="2025-04-25")).until("2025-05-01").plan

    assert (plan["installments"], plan["remaining"], plan["next_invoice_amount"]) == (12, 8, "70.00")


def test_a_decrease_credits_the_rest_of_the_current_installment() -> None:
    # 15 April to 14 May is 30 days; 13 are kept: 4.33 of 10.00.
    result = given(yearly(), seats(7, on="2025-04-28")).until("2025-05-15")

    assert result.totals[-2:] == ["2025-04-28 credit_note 17.01", "2025-05-15 invoice 70.00"]


def test_added_seats_pay_the_rounded_installment_by_days() -> None:
    # 1000.00 / 12 = 83.333…: 83.33; 20 of 30 days of that are 55.553…: 55.55, not 55.56.
    result = given(yearly(1, "1000.00"), seats(2, on="2025-04-25")).until("2025-04-25")

    assert result.totals[-1] == "2025-04-25 invoice 55.55"


def test_immediate_cancellation_credits_the_current_installment_and_voids_the_rest() -> None:
    result = given(yearly(), canceled(on="2025-04-28")).until("2026-12-31")

    assert result.totals[-2:] == ["2025-04-15 invoice 100.00", "2025-04-28 credit_note 56.70"]
    assert result.plans == []


def test_end_of_cycle_ends_with_the_installment_period() -> None:
    result = given(yearly(), canceled(on="2025-04-28", mode="end_of_cycle")).until("2026-12-31")

    assert result.totals[-1] == "2025-04-15 invoice 100.00"


def test_end_of_term_bills_every_installment() -> None:
    result = given(yearly(), canceled(on="2025-04-28", mode="end_of_term")).until("2026-12-31")

    assert [document["net"] for document in result.json] == ["100.00"] * 12


def test_when_all_are_invoiced_the_next_is_the_first_of_the_renewal() -> None:
    plan = given(yearly()).until("2025-12-31").plan

    assert (plan["invoiced"], plan["remaining"]) == (12, 0)
    assert (plan["next_invoice_date"], plan["next_invoice_amount"]) == ("2026-01-15", "100.00")


def test_without_renewal_there_is_no_next_when_all_are_invoiced() -> None:
    plan = given(yearly(), auto_renew(False, on="2025-03-01")).until("2025-12-31").plan

    assert (plan["remaining"], plan["next_invoice_date"], plan["next_invoice_amount"]) == (0, None, None)


def test_the_renewed_term_has_a_plan_of_its_own() -> None:
    plan = given(yearly()).until("2026-02-15").plan

    assert (plan["installments"], plan["invoiced"], plan["remaining"]) == (12, 2, 10)


def test_month_end_installments_are_reckoned_from_the_anchor_and_the_year_ends_on_30_january() -> None:
    result = given(yearly(1, on="2019-01-31")).until("2019-06-30")

    assert [document["date"][5:] for document in result.json] == ["01-31", "02-28", "03-31", "04-30", "05-31", "06-30"]
    assert result.subscription["term_end"] == "2020-01-30"


def test_a_plan_that_has_expired_shows_its_last_term() -> None:
    bought = ordered(1, "120.00", on="2025-01-15", term="P1Y", billing_frequency="P1M", auto_renew=False)

    plan = given(bought).until("2026-03-01").plan

    assert (plan["installments"], plan["invoiced"], plan["remaining"], plan["next_invoice_date"]) == (12, 12, 0, None)
