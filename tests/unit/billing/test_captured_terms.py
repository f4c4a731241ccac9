"""What an order captures: its own fields, the product's, the customer's, and what `nce` brings (R0.12, R4.3)."""

from __future__ import annotations

import pytest

from tests.billing_dsl import (
    Event,
    Json,
    canceled,
    customer_registered,
    given,
    imported,
    of,
    ordered,
    price,
    product_defined,
    seats,
    setting,
    suspended,
)

ON_THE_DAY: Json = {"id": "cus-1", "partial_charges_invoicing": "order_day"}
BY_MARGIN: Json = {"rule": "margin", "rate": "0.5"}
NO_PROTECTED_PRICE = (
    "subscription sub-1 has no price protection that protected_price could change: edit unit_price, or activate "
    "protection first"
)
NOT_FOR_PANDA = (
    "price protection can be activated for Microsoft subscriptions, and subscription sub-1 is of panda: "
    "leave it without"
)


def of_product(key: str, value: object) -> Event:
    return setting(key, value, since="2025-01-01", scope="product", of="office")


@pytest.mark.parametrize(
    ("said", "order", "then", "nets"),
    [
        # March has 31 days at 31.00: a day is 1.00. The second seat comes on the 11th, for 21 days.
        pytest.param("full_period", {}, seats(2, on="2025-03-11"), ["31.00", "31.00"], id="of the product"),
        pytest.param("full_period", {"nce": True}, seats(2, on="2025-03-11"), ["31.00", "21.00"], id="nce by days"),
        pytest.param(
            "full_period", {"nce": True, "usage_charge_rule": "full_period"}, seats(2, on="2025-03-11"),
            ["31.00", "31.00"], id="nce, as it was ordered",
        ),
        pytest.param("per_day", {}, seats(2, on="2025-03-11"), ["31.00", "21.00"], id="by days"),
    ],
)  # fmt: skip
def test_how_added_seats_are_charged(said: str, order: Json, then: Event, nets: list[str]) -> None:
    bought = ordered(1, "31.00", on="2025-03-01", customer=ON_THE_DAY, **order)

    result = given(of_product("usage_charge_rule", said), bought, then).until("2025-03-31")

    assert [one["net"] for one in result.json] == nets


@pytest.mark.parametrize(
    ("order", "nets"),
    [
        pytest.param({}, ["62.00"], id="nothing, as is set for the product"),
        # Three of 31 days are kept: inside the window by hours, 72 of 744.
        pytest.param({"nce": True}, ["62.00", "-28.00"], id="nce inside its window"),
        pytest.param({"decrease_credit": "prorated"}, ["62.00", "-28.00"], id="as it was ordered"),
        pytest.param({"nce": True, "decrease_credit": "none"}, ["62.00"], id="nce, as it was ordered"),
    ],
)
def test_what_fewer_seats_give_back(order: Json, nets: list[str]) -> None:
    bought = ordered(2, "31.00", on="2025-03-01T00:00:00Z", customer=ON_THE_DAY, **order)

    result = given(of_product("decrease_credit", "none"), bought, seats(1, on="2025-03-04T00:00:00Z")).until(
        "2025-03-31"
    )

    assert [("-" if one["kind"] == "credit_note" else "") + one["net"] for one in result.json] == nets


@pytest.mark.parametrize(
    ("order", "nets"),
    [
        pytest.param({}, ["31.00", "-21.00"], id="not billed, as is set for the product"),
        pytest.param({"nce": True}, ["31.00"], id="nce is billed on"),
        pytest.param({"nce": True, "bill_while_suspended": False}, ["31.00", "-21.00"], id="nce, as it was ordered"),
        pytest.param({"bill_while_suspended": True}, ["31.00"], id="as it was ordered"),
    ],
)
def test_what_a_suspension_gives_back(order: Json, nets: list[str]) -> None:
    bought = ordered(1, "31.00", on="2025-03-01", customer=ON_THE_DAY, **order)

    result = given(of_product("bill_while_suspended", False), bought, suspended(on="2025-03-11")).until("2025-03-31")

    assert [("-" if one["kind"] == "credit_note" else "") + one["net"] for one in result.json] == nets


@pytest.mark.parametrize(
    ("order", "days", "reason"),
    [
        pytest.param({}, 20, None, id="no window"),
        pytest.param({"change_window_hours": 47}, 3, "is too late", id="after its window"),
        pytest.param({"change_window_hours": 48}, 3, None, id="in its window"),
        pytest.param({"nce": True}, 8, None, id="nce in the seventh day"),
        pytest.param({"nce": True}, 9, "is too late", id="nce after the seventh day"),
        pytest.param({"nce": True, "change_window_hours": 240}, 9, None, id="nce with a window of its own"),
    ],
)
def test_until_when_seats_can_be_given_back(order: Json, days: int, reason: str | None) -> None:
    history = given(ordered(2, on="2025-03-01T00:00:00Z", **order), seats(1, on=f"2025-03-{days:02}T00:00:00Z"))

    rejected = [one["reason"] for one in history.until("2025-03-31").rejected]
    assert rejected == [] if reason is None else reason in rejected[0]


@pytest.mark.parametrize(
    ("order", "back"),
    [
        # 48 of 744 hours are kept of 31.00.
        pytest.param({"change_window_hours": 100, "full_refund_hours": 48}, "31.00", id="all of it"),
        pytest.param({"change_window_hours": 100, "full_refund_hours": 47}, "29.00", id="by days"),
        pytest.param({"nce": True, "full_refund_hours": 48}, "31.00", id="nce, all of it"),
        pytest.param({"nce": True}, "29.00", id="nce, by hours"),
        pytest.param({"nce": True, "refund_policy": "none", "full_refund_hours": 1}, None, id="as it was ordered"),
    ],
)
def test_what_a_cancellation_gives_back(order: Json, back: str | None) -> None:
    bought = ordered(1, "31.00", on="2025-03-01T00:00:00Z", **order)

    lines = given(bought, canceled(on="2025-03-03T00:00:00Z")).until("2025-03-31").lines

    assert [line["net"] for line in lines if line["kind"] == "credit"] == ([] if back is None else [back])


@pytest.mark.parametrize(
    ("defined", "order", "reason"),
    [
        ({"vendor": "panda"}, {}, NOT_FOR_PANDA),
        ({"vendor": "panda"}, {"product": {"id": "office", "vendor": "microsoft"}}, None),
        ({"vendor": "microsoft"}, {"product": {"id": "office", "vendor": "panda"}}, NOT_FOR_PANDA),
        ({"vendor": "microsoft"}, {}, None),
        ({}, {}, None),
    ],
)
def test_whose_product_it_is(defined: Json, order: Json, reason: str | None) -> None:
    history = given(
        product_defined(on="2025-01-01", **defined),
        ordered(1, on="2025-03-01", **order),
        of("PriceProtectionActivated", "2025-03-10"),
    )

    assert [one["reason"] for one in history.until("2025-04-01").rejected] == ([] if reason is None else [reason])


@pytest.mark.parametrize("order", [{"user_price": True}, {"charge": "arrears"}])
def test_what_is_not_protected_although_months_are_stated(order: Json) -> None:
    history = given(
        ordered(1, on="2025-03-01", price_protection_months=6, **order),
        of("PricingEdited", "2025-03-10", applies="next_term", protected_price="9.00"),
    )

    assert history.until("2025-04-01").reason == NO_PROTECTED_PRICE


@pytest.mark.parametrize(
    ("stated", "charged"),
    [
        pytest.param({"unit_cost": "20.00"}, "40.00", id="its own"),
        pytest.param({}, "30.00", id="that of the price list"),
    ],
)
def test_the_cost_of_a_margin(stated: Json, charged: str) -> None:
    defined = product_defined(on="2025-01-01", prices=[
        {"currency": "EUR", "term": "P1M", "billing_frequency": "P1M", "unit_price": "18.00", "unit_cost": "15.00"}
    ])  # fmt: skip

    result = given(defined, ordered(1, on="2025-03-01", pricing=BY_MARGIN, **stated)).until("2025-03-01")

    assert result.totals == [f"2025-03-01 invoice {charged}"]


@pytest.mark.parametrize(
    ("registered", "customer", "first"),
    [
        ({"billing_day": 10}, {}, "2025-03-10"),
        ({"billing_day": 10}, {"billing_day": 20}, "2025-03-20"),
        ({}, {"billing_day": 20}, "2025-03-20"),
        ({}, {}, "2025-03-01"),
        # At noon in UTC it is the second of March in Auckland.
        ({"billing_day": 1, "time_zone": "Pacific/Auckland"}, {}, "2025-04-01"),
        ({"billing_day": 2, "time_zone": "Pacific/Auckland"}, {"time_zone": "UTC"}, "2025-03-02"),
    ],
)
def test_the_billing_day_and_the_zone_are_the_order_s_else_the_customer_s(
    registered: Json, customer: Json, first: str
) -> None:
    bought = ordered(1, on="2025-03-01T12:00:00Z", customer={"id": "cus-1", **customer})

    result = given(customer_registered(on="2025-01-01", **registered), bought).until("2025-04-01")

    assert result.json[0]["date"] == first


@pytest.mark.parametrize(
    ("order", "nets"),
    [
        pytest.param({"free_period": True}, ["10.00"], id="free, as the setting says"),
        pytest.param({}, ["10.00", "10.00"], id="without a free period"),
        pytest.param({"free_period": True, "nce": True}, ["10.00", "10.00"], id="nce has none"),
    ],
)
def test_a_free_month_from_the_billing_day_on_is_only_for_a_free_period(order: Json, nets: list[str]) -> None:
    said = setting("free_period_when_started_on_billing_day", True, since="2025-01-01")

    result = given(said, ordered(1, on="2025-03-01", **order)).until("2025-04-01")

    assert [one["net"] for one in result.json] == nets


def test_list_prices_of_before_the_takeover_do_not_reach_an_import() -> None:
    # It started in January; the price that is imported is that of the first of June.
    taken_over = imported(1, started="2025-01-01", billed_from="2025-06-01")

    result = given(taken_over, price("11.00", since="2025-03-10"), price("12.00", since="2025-06-10")).until(
        "2025-07-01"
    )

    assert result.totals == ["2025-06-01 invoice 10.00", "2025-07-01 invoice 12.00"]


def test_a_next_term_of_what_is_charged_in_arrears_is_not_protected_either() -> None:
    history = given(
        product_defined(on="2025-02-01", price_protection_months=12),
        ordered(1, on="2025-03-01", charge="arrears"),
        price("110.00", since="2025-03-05", term="P1Y"),
        of("NextTermScheduled", "2025-03-10", term="P1Y"),
        of("PricingEdited", "2025-04-10", applies="next_term", protected_price="100.00"),
    )

    assert history.until("2025-05-01").reason == NO_PROTECTED_PRICE
