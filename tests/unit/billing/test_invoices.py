"""Rules R0.5, R3.4, R6.1 to R6.6 and EX-6: who gets which document, with which tax."""

from __future__ import annotations

import pytest

from tests.billing_dsl import (
    Event,
    Json,
    customer_changed,
    given,
    ordered,
    price,
    reseller_changed,
    seats,
    setting,
    table,
)

RESELLER: Json = {"id": "res-1", "tax_rate": "0.24"}


def three_customers(*, of_c: bool) -> list[Event]:
    """EX-6: A 80.00, B 45.50, C 30.00; C with its own invoices or not."""
    return [
        ordered(8, "10.00", on="2019-02-01", sub="sub-a", customer="a", reseller=RESELLER),
        ordered(1, "45.50", on="2019-02-01", sub="sub-b", customer="b", reseller=RESELLER),
        ordered(
            3, "10.00", on="2019-02-01", sub="sub-c", customer={"id": "c", "separate_invoices": of_c}, reseller=RESELLER
        ),
    ]


def test_ex6_customers_with_the_flag_get_an_invoice_of_their_own() -> None:
    assert given(*three_customers(of_c=True)).until("2019-02-01").totals == [
        "2019-02-01 invoice to res-1 125.50 + 30.12 = 155.62",
        "2019-02-01 invoice to res-1 for c 30.00 + 7.20 = 37.20",
    ]


def test_ex6_without_the_flag_all_stand_on_one_invoice() -> None:
    result = given(*three_customers(of_c=False)).until("2019-02-01")

    assert result.totals == ["2019-02-01 invoice to res-1 155.50 + 37.32 = 192.82"]
    assert [(line["customer"], line["subscription"], line["net"]) for line in result.lines] == [
        ("a", "sub-a", "80.00"), ("b", "sub-b", "45.50"), ("c", "sub-c", "30.00"),
    ]  # fmt: skip


def test_the_tax_is_the_payer_s_not_the_end_customer_s() -> None:
    result = given(ordered(1, on="2019-02-01", customer={"id": "a", "tax_rate": "0.20"}, reseller=RESELLER)).until(
        "2019-02-01"
    )

    assert result.totals == ["2019-02-01 invoice to res-1 10.00 + 2.40 = 12.40"]


def test_a_customer_without_a_reseller_pays_itself() -> None:
    result = given(ordered(1, on="2019-02-01", customer={"id": "a", "tax_rate": "0.20"})).until("2019-02-01")

    assert result.totals == ["2019-02-01 invoice to a 10.00 + 2.00 = 12.00"]
    assert result.json[0]["customer"] is None


def test_a_direct_customer_s_own_invoice_names_it_where_its_flag_is_true() -> None:
    result = given(ordered(1, on="2019-02-01", customer={"id": "a", "separate_invoices": True})).until("2019-02-01")

    assert result.totals == ["2019-02-01 invoice to a for a 10.00"]


@pytest.mark.parametrize("who", ["customer", "reseller"])
def test_an_exempt_payer_pays_no_tax(who: str) -> None:
    block = {"id": "res-1", "tax_rate": "0.24", "tax_exempt": True}
    order = (
        ordered(1, on="2019-02-01", customer=block)
        if who == "customer"
        else ordered(1, on="2019-02-01", reseller=block)
    )

    assert given(order).until("2019-02-01").totals == ["2019-02-01 invoice to res-1 10.00"]


def test_tax_is_rounded_once_a_document() -> None:
    # 3 x 0.10 at 15 %: 0.045 -> 0.05; a line at a time it would be 0.06.
    orders = [
        ordered(1, "0.10", on="2019-02-01", sub=f"sub-{n}", customer={"id": "a", "tax_rate": "0.15"}) for n in "123"
    ]

    assert given(*orders).until("2019-02-01").totals == ["2019-02-01 invoice to a 0.30 + 0.05 = 0.35"]


def test_the_flag_holds_for_what_is_invoiced_afterwards() -> None:
    result = given(
        *three_customers(of_c=False), customer_changed(on="2019-02-10", customer="b", separate_invoices=True)
    ).until("2019-03-01")

    assert result.totals == [
        "2019-02-01 invoice to res-1 155.50 + 37.32 = 192.82",
        "2019-03-01 invoice to res-1 110.00 + 26.40 = 136.40",
        "2019-03-01 invoice to res-1 for b 45.50 + 10.92 = 56.42",
    ]


def test_the_flag_may_come_from_a_setting() -> None:
    result = given(
        setting("separate_invoices", True, since="2019-01-01", scope="reseller", of="res-1"),
        ordered(1, on="2019-02-01", customer="a", reseller=RESELLER),
    ).until("2019-02-01")

    assert result.json[0]["customer"] == "a"


def test_a_credit_note_is_grouped_by_the_flag_as_it_is_when_it_is_made() -> None:
    result = given(
        ordered(9, on="2019-03-01", customer={"id": "a"}, reseller=RESELLER),
        customer_changed(on="2019-03-10", customer="a", separate_invoices=True),
        seats(7, on="2019-03-20"),
    ).until("2019-04-01")

    assert result.totals[1:] == [
        "2019-04-01 credit_note to res-1 for a 7.74 + 1.86 = 9.60",
        "2019-04-01 invoice to res-1 for a 70.00 + 16.80 = 86.80",
    ]


def fewer(sub: str, customer: str, quantity: int) -> Event:
    """A decrease on 20 February: 9 of 28 days come back on 1 March."""
    data = {"subscription_id": sub, "customer_id": customer, "quantity": quantity}
    return {"type": "LicensesChanged", "time": "2019-02-20", "data": data}


def test_a_customer_whose_flag_is_taken_back_joins_the_others_with_invoices_and_credit_notes() -> None:
    result = given(
        *three_customers(of_c=True),
        fewer("sub-a", "a", 7),
        fewer("sub-c", "c", 2),
        customer_changed(on="2019-02-25", customer="c", separate_invoices=False),
    ).until("2019-03-01")

    # 10.00 x 9/28 is 3.21 credited of each: 10.00 less the 6.79 that are kept.
    assert result.totals == [
        "2019-02-01 invoice to res-1 125.50 + 30.12 = 155.62",
        "2019-02-01 invoice to res-1 for c 30.00 + 7.20 = 37.20",
        "2019-03-01 credit_note to res-1 6.42 + 1.54 = 7.96",
        "2019-03-01 invoice to res-1 135.50 + 32.52 = 168.02",
    ]
    note = result.json[2]
    assert [(line["customer"], line["returns"]) for line in note["lines"]] == [
        ("a", "sub-a/2019-02-01/2019-02-01"), ("c", "sub-c/2019-02-01/2019-02-01"),
    ]  # fmt: skip
    assert note["relates_to"] == [{"document": "invoice/2019-02-01/res-1/EUR", "amount": "7.96"}]


def test_a_customer_that_gets_the_flag_gets_credit_notes_of_its_own_beside_those_of_the_others() -> None:
    result = given(
        *three_customers(of_c=False),
        fewer("sub-a", "a", 7),
        fewer("sub-c", "c", 2),
        customer_changed(on="2019-02-25", customer="c", separate_invoices=True),
    ).until("2019-03-01")

    assert result.totals == [
        "2019-02-01 invoice to res-1 155.50 + 37.32 = 192.82",
        "2019-03-01 credit_note to res-1 3.21 + 0.77 = 3.98",
        "2019-03-01 invoice to res-1 115.50 + 27.72 = 143.22",
        "2019-03-01 credit_note to res-1 for c 3.21 + 0.77 = 3.98",
        "2019-03-01 invoice to res-1 for c 20.00 + 4.80 = 24.80",
    ]
    assert [document["relates_to"] for document in result.json if document["kind"] == "credit_note"] == [
        [{"document": "invoice/2019-02-01/res-1/EUR", "amount": "3.98"}],
        [{"document": "invoice/2019-02-01/res-1/EUR", "amount": "3.98"}],
    ]


def test_a_flag_that_changes_there_and_back_between_two_runs_leaves_no_trace() -> None:
    plain = given(*three_customers(of_c=False)).until("2019-03-01")
    changed = given(
        *three_customers(of_c=False),
        customer_changed(on="2019-02-10", customer="c", separate_invoices=True),
        customer_changed(on="2019-02-20", customer="c", separate_invoices=False),
    ).until("2019-03-01")

    assert changed.json == plain.json


def test_a_flag_that_is_known_only_after_the_run_does_not_touch_its_documents() -> None:
    result = given(
        *three_customers(of_c=False), customer_changed(on="2019-02-02", customer="c", separate_invoices=True)
    ).until("2019-02-28")

    assert result.totals == ["2019-02-01 invoice to res-1 155.50 + 37.32 = 192.82"]


def test_a_late_charge_of_a_customer_that_got_the_flag_goes_on_its_own_invoice() -> None:
    result = given(
        *three_customers(of_c=False),
        customer_changed(on="2019-02-10", customer="c", separate_invoices=True, partial_charges_invoicing="order_day"),
        {"type": "LicensesChanged", "time": "2019-02-20",
         "data": {"subscription_id": "sub-c", "customer_id": "c", "quantity": 4, "effective_at": "2019-02-08"}},
    ).until("2019-02-28")  # fmt: skip

    assert result.totals[1:] == ["2019-02-20 invoice to res-1 for c 7.50 + 1.80 = 9.30"]


def test_a_credit_goes_to_the_recipient_of_the_line_it_returns_at_that_line_s_tax_rate() -> None:
    result = given(
        ordered(9, on="2019-03-01", customer={"id": "a"}, reseller=RESELLER),
        reseller_changed(on="2019-03-05", tax_rate="0.20"),
        customer_changed(on="2019-03-10", customer="a", reseller_id="res-2"),
        seats(7, on="2019-03-20"),
    ).until("2019-04-01")

    assert result.totals == [
        "2019-03-01 invoice to res-1 90.00 + 21.60 = 111.60",
        "2019-04-01 credit_note to res-1 7.74 + 1.86 = 9.60",
        "2019-04-01 invoice to res-2 70.00",
    ]


def test_credits_at_two_tax_rates_are_reckoned_apart() -> None:
    # 0.21 at 24 % is 0.0504: 0.05, and 0.21 at 20 % is 0.042: 0.04.
    result = given(
        ordered(1, "0.21", on="2019-03-01", customer={"id": "a"}, reseller=RESELLER),
        reseller_changed(on="2019-03-15", tax_rate="0.20"),
        price("0.20", since="2019-03-02", known="2019-04-10", backdate=True),
        price("0.10", since="2019-04-02", known="2019-05-10", backdate=True),
    ).until("2019-05-31")

    assert result.totals == [
        "2019-03-01 invoice to res-1 0.21 + 0.05 = 0.26",
        "2019-04-01 invoice to res-1 0.21 + 0.04 = 0.25",
        "2019-04-10 credit_note to res-1 0.21 + 0.04 = 0.25",
        "2019-04-10 invoice to res-1 0.20 + 0.04 = 0.24",
        "2019-05-01 invoice to res-1 0.20 + 0.04 = 0.24",
        "2019-05-10 credit_note to res-1 0.20 + 0.04 = 0.24",
        "2019-05-10 invoice to res-1 0.10 + 0.02 = 0.12",
    ]


def test_the_tax_of_credit_notes_is_never_more_than_is_left_of_the_invoice_s() -> None:
    # 4 x 0.30 at 25 %: tax 0.30. Each seat given back alone would return 0.075 -> 0.08.
    result = given(
        ordered(4, "0.30", on="2019-04-01", customer={"id": "a", "tax_rate": "0.25"}),
        *(seats(left, on="2019-04-01", known=f"2019-04-{10 - left:02}") for left in (3, 2, 1)),
        {
            "type": "SubscriptionCanceled",
            "time": "2019-04-20",
            "data": {
                "subscription_id": "sub-1", "customer_id": "a", "mode": "immediate", "effective_at": "2019-04-01",
            },
        },
    ).until("2019-04-30")  # fmt: skip

    assert result.totals == [
        "2019-04-01 invoice to a 1.20 + 0.30 = 1.50",
        "2019-04-07 credit_note to a 0.30 + 0.08 = 0.38",
        "2019-04-08 credit_note to a 0.30 + 0.08 = 0.38",
        "2019-04-09 credit_note to a 0.30 + 0.08 = 0.38",
        "2019-04-20 credit_note to a 0.30 + 0.06 = 0.36",
    ]


def test_an_item_of_no_price_is_recorded_and_makes_no_invoice_of_its_own() -> None:
    history = given(ordered(1, "0.00", on="2019-02-01"))

    assert history.until("2019-02-28").documents == []
    assert history.under(issue_zero_invoices="true").until("2019-02-28").documents == table("""
        2019-02-01 invoice 0.00
            recurring 2019-02-01..2019-02-28 1 x 0.00 = 0.00
    """)


def test_a_reseller_known_from_the_customer_s_registration_is_the_payer() -> None:
    registered: Event = {
        "type": "CustomerRegistered", "time": "2019-01-01", "data": {"id": "a", "reseller_id": "res-1"},
    }  # fmt: skip

    assert given(registered, ordered(1, on="2019-02-01", customer="a")).until("2019-02-01").totals == [
        "2019-02-01 invoice to res-1 10.00"
    ]


def test_an_order_of_another_reseller_does_not_move_running_subscriptions() -> None:
    result = given(
        ordered(1, on="2019-02-01", customer="a", reseller="res-1"),
        ordered(2, on="2019-03-01", sub="sub-2", customer="a", reseller="res-2"),
    ).until("2019-03-01")

    assert result.totals[1:] == ["2019-03-01 invoice to res-1 10.00", "2019-03-01 invoice to res-2 20.00"]


def test_settings_of_the_new_reseller_hold_for_a_customer_that_moved() -> None:
    result = given(
        setting("partial_charges_invoicing", "order_day", since="2019-01-01", scope="reseller", of="res-2"),
        ordered(1, on="2019-03-01", customer="a", reseller="res-1"),
        customer_changed(on="2019-03-10", customer="a", reseller_id="res-2"),
        seats(2, on="2019-03-20"),
    ).until("2019-03-31")

    assert result.totals[1:] == ["2019-03-20 invoice to res-2 3.87"]
