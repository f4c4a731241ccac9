"""Where the price of a cycle comes from: captured, edited, protected, listed or extended (R2.1 to R2.10, R5.8)."""

from __future__ import annotations

import pytest

from tests.billing_dsl import (
    Event,
    Given,
    Json,
    converted,
    given,
    imported,
    of,
    ordered,
    price,
    product_defined,
)

BY_MARGIN: Json = {"rule": "margin", "rate": "0.5"}
TEN_PERCENT_OFF: Json = {"rule": "discount", "rate": "0.1"}
MICROSOFT: Json = {"id": "office", "vendor": "microsoft"}


def edited(on: str, applies: str = "next_term", **fields: object) -> Event:
    return of("PricingEdited", on, applies=applies, **fields)


def listed(**fields: object) -> Json:
    return {"currency": "EUR", "term": "P1M", "billing_frequency": "P1M", "unit_price": "10.00", **fields}


def row(*events: Event, price: str, of: str, id: str) -> object:
    return pytest.param(given(*events), of, price, id=id)


@pytest.mark.parametrize(
    ("history", "day", "expected"),
    [
        row(
            ordered(1, on="2025-01-01", pricing=BY_MARGIN, unit_cost="6.00"),
            of="2025-01-01", price="12.00 order 2025-01-01 by 1 cost 6.00", id="order",
        ),
        row(
            ordered(1, on="2025-01-01", user_price=True),
            of="2025-02-01", price="10.00 hand_set 2025-01-01 by 1", id="set by hand in the order",
        ),
        row(
            ordered(1, on="2025-01-01", user_price=True, price_protection_months=3),
            price("11.00", since="2025-01-10"),
            of="2025-02-01", price="10.00 hand_set 2025-01-01 by 1", id="set by hand it is not protected",
        ),
        row(
            ordered(1, on="2025-01-01"), price("11.00", since="2025-01-20", known="2025-01-10"),
            of="2025-02-01", price="11.00 list 2025-01-20 by 2", id="list",
        ),
        row(
            # The first came after the cycle had begun, so it does not reach it; the second does.
            ordered(1, on="2025-01-01"), price("12.00", since="2025-01-10", known="2025-02-05"),
            price("11.00", since="2025-01-20", known="2025-01-15"),
            of="2025-02-01", price="11.00 list 2025-01-20 by 3", id="list, though one before it came late",
        ),
        row(
            ordered(1, on="2025-01-01"),
            product_defined(on="2025-01-02", prices=[
                listed(term="P1Y", billing_frequency="P1Y", unit_price="110.00", unit_cost="50.00")]),
            edited("2025-01-10", "current_cycle", pricing=TEN_PERCENT_OFF),
            of("NextTermScheduled", "2025-01-20", term="P1Y"),
            of="2025-02-01", price="99.00 list 2025-02-01 by 2", id="next term from the list, by the edited rule",
        ),
        row(
            ordered(1, on="2025-01-01"),
            product_defined(on="2025-01-02", prices=[
                listed(term="P1Y", billing_frequency="P1Y", unit_price="110.00", price_protection_months=24)]),
            of("NextTermScheduled", "2025-01-20", term="P1Y"),
            of="2025-02-01", price="110.00 protected 2025-02-01 by 2 until 2027-01-01", id="next term protected",
        ),
        row(
            ordered(1, on="2025-01-01", unit_cost="6.00"),
            edited("2025-01-10", unit_price="9.00", pricing=BY_MARGIN),
            of="2025-02-01", price="12.00 hand_set 2025-02-01 by 2 cost 6.00", id="edited, with a rule over the cost",
        ),
        row(
            ordered(1, on="2025-01-01", price_protection_months=12),
            edited("2025-01-10", protected_price="9.00"), price("7.00", since="2025-01-20"),
            of="2025-02-01", price="9.00 protected 2025-02-01 by 2 until 2026-01-01", id="protected price edited",
        ),
        row(
            ordered(1, on="2025-01-01", price_protection_months=12, pricing=BY_MARGIN, unit_cost="6.00"),
            price("20.00", since="2025-01-20", unit_cost="9.00"),
            of="2025-02-01", price="12.00 protected 2025-01-01 by 1 cost 6.00 until 2026-01-01", id="protected cost",
        ),
        row(
            ordered(1, on="2025-01-10", trial_until="2025-02-01", price_protection_months=3),
            of="2025-02-01", price="10.00 protected 2025-01-10 by 1 until 2025-05-01", id="from the end of a trial",
        ),
        row(
            ordered(1, on="2025-01-10", free_period=True, price_protection_months=3),
            of="2025-02-01", price="10.00 protected 2025-01-10 by 1 until 2025-05-01", id="from the first billing day",
        ),
        row(
            # The entry of the price list says two months; what the product says for all of them does not count.
            product_defined(on="2024-12-01", price_protection_months=5, prices=[listed(price_protection_months=2)]),
            ordered(1, on="2025-01-01"), price("11.00", since="2025-02-10"),
            of="2025-03-01", price="11.00 protected 2025-03-01 by 3 until 2025-05-01", id="locked again for as long",
        ),
        row(
            product_defined(on="2024-12-01", price_protection_months=2), ordered(1, on="2025-01-01"),
            product_defined(on="2025-02-10", price_protection_months=0), price("11.00", since="2025-03-15"),
            of="2025-04-01", price="11.00 list 2025-03-15 by 4", id="no longer protected",
        ),
        row(
            ordered(1, on="2025-01-01", product=MICROSOFT, pricing=BY_MARGIN, unit_cost="6.00"),
            price("20.00", since="2025-01-05", unit_cost="7.00"), of("PriceProtectionActivated", "2025-01-10"),
            price("30.00", since="2025-01-20", unit_cost="9.00"),
            of="2025-02-01", price="14.00 protected 2025-01-10 by 3 cost 7.00 until 2026-01-01", id="activated",
        ),
        row(
            imported(1, started="2025-01-15", billed_from="2025-02-01", protected_price="9.00",
                     protected_until="2025-06-01"),
            of="2025-02-01", price="9.00 protected 2025-01-15 by 1 until 2025-06-01", id="import",
        ),
        row(
            # Protected from the first conversion on, for two months each time.
            ordered(1, on="2025-01-01"),
            of("SubscriptionConverted", "2025-02-01", product={"id": "suite"}, unit_price="20.00",
               price_protection_months=2),
            of("SubscriptionConverted", "2025-03-01", product={"id": "best"}, unit_price="30.00"),
            of="2025-04-01", price="30.00 protected 2025-04-01 by 3 until 2025-06-01", id="from the conversion on",
        ),
        row(
            # Billed in arrears nothing is protected any more.
            ordered(1, on="2025-01-01", price_protection_months=12),
            of("SubscriptionConverted", "2025-02-01", product={"id": "suite"}, unit_price="20.00", charge="arrears"),
            price("25.00", since="2025-02-10", product="suite"),
            of="2025-03-01", price="25.00 list 2025-02-10 by 3", id="converted to arrears",
        ),
    ],
)  # fmt: skip
def test_where_a_price_comes_from(history: Given, day: str, expected: str) -> None:
    assert history.price_on(day) == expected


@pytest.mark.parametrize(
    ("order", "vain", "reason"),
    [
        pytest.param(
            {"user_price": True, "product": MICROSOFT}, of("PriceProtectionActivated", "2025-01-10"),
            "the price of 2025-02-01 was set by hand, it is not protected: it stays until unit_price is edited",
            id="protection of a price that was set by hand",
        ),
        pytest.param(
            {"price_protection_months": 1}, edited("2025-02-10", protected_price="9.00"),
            "protected_price has no effect: on 2025-03-01, from when it would count, no price is protected; "
            "edit unit_price instead",
            id="a protected price where there is none any more",
        ),
    ],
)  # fmt: skip
def test_what_is_edited_in_vain_says_so(order: Json, vain: Event, reason: str) -> None:
    defined = product_defined(on="2025-01-20", price_protection_months=0)
    result = given(ordered(1, on="2025-01-01", **order), vain, defined).until("2025-03-01")

    assert result.rejected == [{"id": "2", "type": vain["type"], "reason": reason}]


def test_a_price_that_begins_inside_a_cycle_is_that_of_its_first_day() -> None:
    history = given(ordered(1, on="2025-01-01"), converted("2025-01-15"))

    assert history.price_on("2025-01-14") == "10.00 order 2025-01-01 by 1"
    assert history.price_on("2025-01-15") == "30.00 order 2025-01-15 by 2"
