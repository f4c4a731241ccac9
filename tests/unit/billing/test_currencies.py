"""Rule R6.8: documents in their recipient's currency; and whole documents in currencies of 0 and 3 minor digits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.billing_dsl import (
    Event,
    Given,
    Json,
    customer_changed,
    exchange_rate,
    given,
    ordered,
    reseller_changed,
    seats,
    table,
)

PAYS_IN_DOLLARS: Json = {"id": "res-1", "transaction_currency": "USD"}


def order(at: str = "92.50", *, reseller: Json = PAYS_IN_DOLLARS, **fields: Any) -> Event:
    return ordered(1, at, on="2019-03-01", customer="a", reseller=reseller, **fields)


def transaction(*events: Event) -> Json | None:
    """What the first document says of its recipient's currency."""
    return Given(events).until("2019-03-01").json[0].get("transaction")


def test_amounts_stay_in_base_and_the_total_is_shown_in_the_recipient_s_currency() -> None:
    result = given(exchange_rate("1.0837", on="2019-03-01"), order()).until("2019-03-01")

    assert result.totals == ["2019-03-01 invoice to res-1 92.50"]
    assert result.json[0]["transaction"] == {
        "currency": "USD", "rate": "1.0837", "rate_date": "2019-03-01", "total": "100.24",
    }  # fmt: skip
    assert result.notes == ["2019-03-01 invoice: 100.24 USD at 1.0837, the rate of 2019-03-01"]


def test_the_total_is_the_gross() -> None:
    taxed = {**PAYS_IN_DOLLARS, "tax_rate": "0.24"}

    found = transaction(exchange_rate("1.0837", on="2019-03-01"), order(reseller=taxed))

    assert found is not None
    assert found["total"] == "124.30"  # 114.70 x 1.0837 = 124.30039


@pytest.mark.parametrize(
    ("rates", "rate"),
    [
        ([("1.10", "2019-02-01", None), ("1.20", "2019-02-28", None)], "1.20"),  # the latest
        ([("1.20", "2019-02-28", None), ("1.10", "2019-02-01", "2019-03-01")], "1.20"),  # by its date, not by arrival
        ([("1.10", "2019-02-28", None), ("1.20", "2019-02-28", "2019-03-01")], "1.20"),  # corrected
        ([("1.10", "2019-02-28", None), ("1.20", "2019-02-28", "2019-03-02")], "1.10"),  # corrected too late
        ([("1.10", "2019-02-28", None), ("1.20", "2019-03-02", "2019-02-28")], "1.10"),  # of a later day
    ],
)
def test_the_rate_is_the_latest_of_the_day_or_before_that_was_known_by_then(
    rates: list[tuple[str, str, str | None]], rate: str
) -> None:
    found = transaction(*(exchange_rate(at, on=on, known=known) for at, on, known in rates), order())

    assert found is not None
    assert found["rate"] == rate


@pytest.mark.parametrize(
    "other",
    [
        [],
        [exchange_rate("1.10", on="2019-03-02", known="2019-03-01")],
        [exchange_rate("0.90", on="2019-02-28", base="USD", quote="EUR")],
        [exchange_rate("0.85", on="2019-02-28", quote="GBP"), exchange_rate("1.3", on="2019-02-28", base="GBP")],
    ],
)
def test_without_a_rate_the_document_is_issued_and_says_what_is_missing(other: list[Event]) -> None:
    result = given(*other, order()).until("2019-03-01")

    assert result.totals == ["2019-03-01 invoice to res-1 92.50"]
    assert result.json[0]["transaction"] == {
        "currency": "USD",
        "reason": "no exchange rate from EUR to USD dated 2019-03-01 or before was known",
    }
    assert result.notes == [
        "2019-03-01 invoice: no amount in USD: no exchange rate from EUR to USD dated 2019-03-01 or before was known"
    ]


def test_a_rate_that_comes_later_does_not_touch_what_was_issued() -> None:
    history = given(order(), exchange_rate("1.10", on="2019-03-01", known="2019-03-05"))

    assert "rate" not in history.until("2019-04-01").json[0]["transaction"]
    assert history.until("2019-04-01").json[1]["transaction"]["rate"] == "1.10"


def test_whoever_pays_in_the_currency_of_the_document_sees_nothing_of_it() -> None:
    assert transaction(order(reseller={"id": "res-1", "transaction_currency": "EUR"})) is None
    assert transaction(order(reseller={"id": "res-1"})) is None


def test_it_is_the_payer_s_currency_not_the_end_customer_s() -> None:
    customer = {"id": "a", "transaction_currency": "USD"}
    rate = exchange_rate("1.10", on="2019-03-01")

    assert transaction(rate, ordered(1, on="2019-03-01", customer=customer, reseller="res-1")) is None
    paid_itself = transaction(rate, ordered(1, on="2019-03-01", customer=customer))
    assert paid_itself is not None
    assert paid_itself["total"] == "11.00"


def test_a_credit_note_is_shown_at_the_rate_of_its_own_date_to_whom_it_goes() -> None:
    result = given(
        exchange_rate("1.0837", on="2019-03-01"),
        ordered(9, on="2019-03-01", customer="a", reseller=PAYS_IN_DOLLARS),
        exchange_rate("1.20", on="2019-04-01"),
        customer_changed(on="2019-03-10", customer="a", reseller_id="res-2"),
        seats(7, on="2019-03-20"),
    ).until("2019-04-01")

    assert result.totals[1:] == ["2019-04-01 credit_note to res-1 7.74", "2019-04-01 invoice to res-2 70.00"]
    assert result.json[1]["transaction"]["total"] == "9.29"  # 7.74 x 1.20 = 9.288
    assert "transaction" not in result.json[2]


def test_another_currency_of_the_reseller_holds_for_documents_made_afterwards() -> None:
    result = given(
        exchange_rate("1.10", on="2019-03-01"),
        exchange_rate("0.90", on="2019-03-01", quote="CHF"),
        order(),
        reseller_changed(on="2019-03-10", transaction_currency="CHF"),
    ).until("2019-04-01")

    assert [document["transaction"]["currency"] for document in result.json] == ["USD", "CHF"]


@pytest.mark.parametrize(("quote", "rate", "total"), [("JPY", "121.6351", "11251"), ("KWD", "0.333333", "30.833")])
def test_the_total_has_the_digits_of_its_currency(quote: str, rate: str, total: str) -> None:
    payer = {"id": "res-1", "transaction_currency": quote}

    found = transaction(exchange_rate(rate, on="2019-03-01", quote=quote), order(reseller=payer))

    assert found is not None
    assert found["total"] == total


@pytest.mark.parametrize(
    ("currency", "at", "documents"),
    [
        (
            "JPY",
            "1000",
            """
            2019-03-01 invoice to res-1 JPY 9000 + 2160 = 11160
                recurring 2019-03-01..2019-03-31 9 x 1000 = 9000
            2019-04-01 credit_note to res-1 JPY 774 + 186 = 960
                credit 2019-03-20..2019-03-31 2 x 387 = 774 (12/31 of 1000) returns sub-1/2019-03-01/2019-03-01
            2019-04-01 invoice to res-1 JPY 7000 + 1680 = 8680
                recurring 2019-04-01..2019-04-30 7 x 1000 = 7000
            """,
        ),
        (
            "KWD",
            "10",
            """
            2019-03-01 invoice to res-1 KWD 90.000 + 21.600 = 111.600
                recurring 2019-03-01..2019-03-31 9 x 10.000 = 90.000
            2019-04-01 credit_note to res-1 KWD 7.742 + 1.858 = 9.600
                credit 2019-03-20..2019-03-31 2 x 3.871 = 7.742 (12/31 of 10.000) returns sub-1/2019-03-01/2019-03-01
            2019-04-01 invoice to res-1 KWD 70.000 + 16.800 = 86.800
                recurring 2019-04-01..2019-04-30 7 x 10.000 = 70.000
            """,
        ),
    ],
)
def test_whole_documents_have_the_digits_of_their_currency(currency: str, at: str, documents: str) -> None:
    result = given(
        ordered(9, at, on="2019-03-01", currency=currency, customer="a", reseller={"id": "res-1", "tax_rate": "0.24"}),
        seats(7, on="2019-03-20"),
    ).until("2019-04-01")

    assert result.documents == table(documents)
    assert result.json[1]["relates_to"] == [
        {"document": f"invoice/2019-03-01/res-1/{currency}", "amount": result.json[1]["gross"]}
    ]


def test_each_currency_has_documents_of_its_own_and_the_rate_of_its_own_pair() -> None:
    result = given(
        exchange_rate("1.10", on="2019-03-01"),
        exchange_rate("0.0066", on="2019-03-01", base="JPY"),
        order(),
        order("1000", currency="JPY", sub="sub-2"),
    ).until("2019-03-01")

    assert [(one["currency"], one["gross"], one["transaction"]["total"]) for one in result.json] == [
        ("EUR", "92.50", "101.75"),
        ("JPY", "1000", "6.60"),
    ]


def test_a_free_day_costs_nothing_in_the_digits_of_its_currency() -> None:
    result = given(ordered(1, "1000", on="2019-03-15", currency="JPY", free_period=True)).until("2019-04-01")

    free = [line for document in result.json for line in document["lines"] if line["kind"] == "free"]
    assert [(line["unit_price"], line["net"]) for line in free] == [("0", "0")]
