"""Rule R6.7: the tax of a payer, from its country, its VAT number, the type of product and the seller's settings."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from shared.billing.blocks import ResellerBlock
from shared.billing.settings import Value, setting_named
from shared.billing.tax import Tax, tax_of
from shared.billing.vat_numbers import MEMBER_STATES, member_state_of
from tests.billing_dsl import (
    Event,
    Given,
    Json,
    customer_changed,
    given,
    ordered,
    product_defined,
    reseller_changed,
    seats,
    setting,
)

GREEK: Json = {"id": "res-1", "country": "GR", "tax_rate": "0.24"}
GERMAN_BUSINESS: Json = {"id": "res-2", "country": "DE", "vat_id": "DE123456789", "tax_rate": "0.19"}
FROM_GREECE = setting("seller_country", "GR", since="2019-01-01")


def order_of(reseller: Json, **item: Any) -> Event:
    return ordered(9, on="2019-03-01", customer={"id": "a", "tax_rate": "0.17"}, reseller=reseller, **item)


def total(*events: Event, **settings: str) -> str:
    """The first document, without who gets it."""
    head = Given(events).under(**settings).until("2019-03-01").totals[0]
    return head.split(" ", 4)[4]


# --- who is taxed how -----------------------------------------------------------------------------------------------


def test_without_a_seller_country_every_payer_is_billed_at_its_stated_rate() -> None:
    assert total(order_of(GERMAN_BUSINESS)) == "90.00 + 17.10 = 107.10"
    assert total(order_of({"id": "res-3"})) == "90.00"


def test_a_domestic_payer_is_billed_at_its_own_rate() -> None:
    assert total(FROM_GREECE, order_of(GREEK)) == "90.00 + 21.60 = 111.60"
    assert total(FROM_GREECE, order_of({**GREEK, "vat_id": "EL123456789"})) == "90.00 + 21.60 = 111.60"


def test_a_business_of_another_member_state_owes_the_tax_itself() -> None:
    result = given(FROM_GREECE, order_of(GERMAN_BUSINESS)).until("2019-03-01")

    assert result.totals == ["2019-03-01 invoice to res-2 90.00"]
    assert result.json[0]["taxes"] == [{"rate": "0", "base": "90.00", "amount": "0.00", "reverse_charge": True}]
    assert result.notes == ["2019-03-01 invoice: reverse charge on 90.00: the recipient owes the tax"]


@pytest.mark.parametrize(
    ("payer", "why"),
    [
        ({"vat_id": "DE12345678"}, "the number has not the form of its member state"),
        ({"vat_id": None}, "it has no number"),
        ({"vat_id": "EL123456789"}, "the number is of the seller's own state"),
        ({"country": "GR"}, "it is domestic, whatever its number"),
        ({"country": "US"}, "its country is not in the union"),
    ],
)
def test_who_is_no_business_of_another_member_state_is_taxed(payer: Json, why: str) -> None:
    block = {name: value for name, value in {**GERMAN_BUSINESS, **payer}.items() if value is not None}

    assert total(FROM_GREECE, order_of(block)) == "90.00 + 17.10 = 107.10", why


def test_a_seller_outside_the_union_knows_no_reverse_charge() -> None:
    assert total(order_of(GERMAN_BUSINESS), seller_country="CH") == "90.00 + 17.10 = 107.10"


def test_a_payer_that_states_no_country_is_where_its_vat_number_is_from() -> None:
    payer: Json = {"id": "res-2", "vat_id": "DE 123 456 789", "tax_rate": "0.19"}

    assert given(FROM_GREECE, order_of(payer)).until("2019-03-01").json[0]["taxes"][0]["reverse_charge"]


def test_an_exempt_payer_owes_nothing_and_not_by_reverse_charge() -> None:
    result = given(FROM_GREECE, order_of({**GERMAN_BUSINESS, "tax_exempt": True})).until("2019-03-01")

    assert result.totals == ["2019-03-01 invoice to res-2 90.00"]
    assert "taxes" not in result.json[0]


def test_the_tax_is_the_payer_s_not_the_end_customer_s() -> None:
    customer = {"id": "a", "country": "DE", "vat_id": "DE123456789"}

    result = given(FROM_GREECE, ordered(9, on="2019-03-01", customer=customer, reseller=GREEK)).until("2019-03-01")

    assert result.totals == ["2019-03-01 invoice to res-1 90.00 + 21.60 = 111.60"]


def test_a_customer_that_pays_itself_is_taxed_as_itself() -> None:
    customer = {"id": "a", "country": "DE", "vat_id": "DE123456789"}

    result = given(FROM_GREECE, ordered(9, on="2019-03-01", customer=customer)).until("2019-03-01")

    assert result.json[0]["taxes"][0]["reverse_charge"] is True


# --- products -------------------------------------------------------------------------------------------------------


def test_an_exempt_product_is_not_taxed_and_stands_apart_on_the_document() -> None:
    exempt = {"id": "training", "tax_type": "exempt"}
    result = given(order_of(GREEK), order_of(GREEK, sub="sub-2", product=exempt)).until("2019-03-01")

    assert result.totals == ["2019-03-01 invoice to res-1 180.00 + 21.60 = 201.60"]
    assert result.json[0]["taxes"] == [
        {"rate": "0", "base": "90.00", "amount": "0.00"},
        {"rate": "0.24", "base": "90.00", "amount": "21.60"},
    ]
    assert [(line["subscription"], line["tax_rate"]) for line in result.lines] == [("sub-1", "0.24"), ("sub-2", "0")]
    assert result.notes == [
        "2019-03-01 invoice: tax at 0 on 90.00: 0.00",
        "2019-03-01 invoice: tax at 0.24 on 90.00: 21.60",
    ]


def test_nothing_by_reverse_charge_stands_apart_from_nothing_of_an_exempt_product() -> None:
    exempt = {"id": "training", "tax_type": "exempt"}
    result = given(
        FROM_GREECE, order_of(GERMAN_BUSINESS), order_of(GERMAN_BUSINESS, sub="sub-2", product=exempt)
    ).until("2019-03-01")

    assert result.json[0]["taxes"] == [
        {"rate": "0", "base": "90.00", "amount": "0.00"},
        {"rate": "0", "base": "90.00", "amount": "0.00", "reverse_charge": True},
    ]
    assert [line.get("reverse_charge", False) for line in result.lines] == [True, False]


def test_what_the_order_says_of_the_product_wins_over_its_definition() -> None:
    defined = product_defined(on="2019-01-01", tax_type="exempt")

    assert total(defined, order_of(GREEK)) == "90.00"
    assert total(defined, order_of(GREEK, product={"id": "office", "tax_type": "service"})) == "90.00 + 21.60 = 111.60"


# --- rules of countries ---------------------------------------------------------------------------------------------

FRENCH: Json = {"id": "res-3", "country": "FR"}
RATES: Mapping[str, str] = {"seller_country": "GR", "tax_rate.FR": "0.20", "tax_rate.FR.book": "0.055",
                            "tax_rate.GR": "0.24", "tax_rate.GR.book": "0.06"}  # fmt: skip


@pytest.mark.parametrize(
    ("payer", "tax_type", "rate"),
    [
        ({"country": "FR"}, None, "0.20"),
        ({"country": "FR"}, "book", "0.055"),
        ({"country": "FR"}, "other", "0.20"),
        ({"country": "FR", "tax_rate": Decimal("0.10")}, None, "0.20"),  # abroad the country's rule comes first
        ({"country": "GR", "tax_rate": Decimal("0.17")}, None, "0.17"),  # at home the payer's own
        ({"country": "GR", "tax_rate": Decimal(0)}, None, "0"),  # a stated 0 too
        ({"country": "GR"}, None, "0.24"),
        ({"country": "gr "}, None, "0.24"),
        ({"country": "EL"}, None, "0.24"),
        ({"country": "GR", "tax_rate": Decimal("0.24")}, "book", "0.06"),  # the type's is the most particular
        ({}, None, "0.24"),  # nothing known of its country: domestic
        ({"country": "US"}, None, "0"),  # no rule, no rate of its own
        ({"country": "US", "tax_rate": Decimal("0.07")}, None, "0.07"),
    ],
)
def test_the_rate_comes_from_the_payer_s_country_and_the_type_of_product(
    payer: Json, tax_type: str | None, rate: str
) -> None:
    def configured(key: str) -> Value:
        return setting_named(key).read(RATES[key]) if key in RATES else None

    assert tax_of(ResellerBlock("res", **payer), tax_type, configured) == Tax(Decimal(rate))


def test_rates_of_countries_are_settings_with_a_date() -> None:
    result = given(
        FROM_GREECE,
        setting("tax_rate.FR", "0.20", since="2019-01-01"),
        order_of(FRENCH),
        setting("tax_rate.FR", "0.21", since="2019-04-01"),
    ).until("2019-04-01")

    assert result.totals == [
        "2019-03-01 invoice to res-3 90.00 + 18.00 = 108.00",
        "2019-04-01 invoice to res-3 90.00 + 18.90 = 108.90",
    ]


def test_the_next_gross_of_a_plan_follows_a_rate_from_the_day_it_holds() -> None:
    history = given(
        FROM_GREECE,
        setting("tax_rate.FR", "0.20", since="2019-01-01"),
        setting("tax_rate.FR", "0.21", since="2019-03-10"),
        order_of(FRENCH, term="P1Y", billing_frequency="P1M"),
    )

    before, after = (history.until(day).plan for day in ("2019-03-09", "2019-03-10"))
    assert (before["next_invoice_amount"], before["next_invoice_gross"]) == ("7.47", "8.96")
    assert (after["next_invoice_amount"], after["next_invoice_gross"]) == ("7.47", "9.04")


# --- late changes ---------------------------------------------------------------------------------------------------


def test_changed_tax_data_holds_for_documents_made_afterwards_and_credits_keep_the_line_s_tax() -> None:
    result = given(
        FROM_GREECE,
        order_of({"id": "res-2", "country": "DE", "tax_rate": "0.19"}),
        reseller_changed(on="2019-03-10", reseller="res-2", vat_id="DE123456789"),
        seats(7, on="2019-03-20"),
    ).until("2019-04-01")

    assert result.totals == [
        "2019-03-01 invoice to res-2 90.00 + 17.10 = 107.10",
        "2019-04-01 credit_note to res-2 7.74 + 1.47 = 9.21",
        "2019-04-01 invoice to res-2 70.00",
    ]


def test_a_credit_on_a_reverse_charged_line_is_reverse_charged() -> None:
    result = given(
        FROM_GREECE,
        order_of(GERMAN_BUSINESS),
        reseller_changed(on="2019-03-10", reseller="res-2", country="GR", tax_rate="0.24"),
        seats(7, on="2019-03-20"),
    ).until("2019-04-01")

    note, invoice = result.json[1:]
    assert note["taxes"] == [{"rate": "0", "base": "7.74", "amount": "0.00", "reverse_charge": True}]
    assert (invoice["gross"], "taxes" in invoice) == ("86.80", False)


def test_a_customer_s_own_change_of_tax_data_does_not_reach_its_reseller_s_documents() -> None:
    result = given(order_of(GREEK), customer_changed(on="2019-03-10", customer="a", tax_exempt=True)).until(
        "2019-04-01"
    )

    assert result.totals[1] == "2019-04-01 invoice to res-1 90.00 + 21.60 = 111.60"


# --- VAT numbers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "state"),
    [
        ("ATU12345678", "AT"), ("BE0123456789", "BE"), ("BG123456789", "BG"), ("BG1234567890", "BG"),
        ("CY12345678X", "CY"), ("CZ12345678", "CZ"), ("CZ1234567890", "CZ"), ("DE123456789", "DE"),
        ("DK12 34 56 78", "DK"), ("EE123456789", "EE"), ("EL123456789", "GR"), ("ESX1234567X", "ES"),
        ("ES12345678X", "ES"), ("ESX12345678", "ES"), ("FI12345678", "FI"), ("FRXX123456789", "FR"),
        ("FR12 123456789", "FR"), ("HR12345678901", "HR"), ("HU12345678", "HU"), ("IE1S23456L", "IE"),
        ("IE1234567WI", "IE"), ("IT12345678901", "IT"), ("LT123456789", "LT"), ("LT123456789012", "LT"),
        ("LU12345678", "LU"), ("LV12345678901", "LV"), ("MT12345678", "MT"), ("NL123456789B12", "NL"),
        ("PL1234567890", "PL"), ("PT123456789", "PT"), ("RO12", "RO"), ("RO1234567890", "RO"),
        ("SE123456789012", "SE"), ("SI12345678", "SI"), ("SK1234567890", "SK"), ("de 123.456-789", "DE"),
    ],
)  # fmt: skip
def test_a_vat_number_of_each_member_state_is_known_by_its_form(number: str, state: str) -> None:
    assert member_state_of(number) == state


@pytest.mark.parametrize(
    "number",
    [None, "", "DE", "123456789", "DE12345678", "DE1234567890", "GR123456789", "AT12345678", "ES123456789",
     "NL123456789A12", "GB123456789", "XI123456789", "EU123456789", "RO1", "DE12345678\uff19"],
)  # fmt: skip
def test_what_is_no_vat_number_of_a_member_state_is_none(number: str | None) -> None:
    assert member_state_of(number) is None


def test_there_are_27_member_states() -> None:
    assert len(MEMBER_STATES) == 27
