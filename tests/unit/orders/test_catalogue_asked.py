"""Commands on the catalogue and on settings."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.orders.commands.bodies import ChangeSetting, CopyProduct, DeleteProduct, SetExchangeRate
from shared.commands.decision import CommandRefused, Exists, Forbidden, Unknown
from shared.commands.principal import Principal
from tests.unit.orders.shop import ITEM, MONTHLY, OFFICE, PLAN, RESELLER, SUCCESS, Shop, one_item, open_shop, read

_YEAR = {"currency": "EUR", "term": "P1Y", "billing_frequency": "P1Y", "unit_price": "120.00"}


def prices(body: Any) -> list[tuple[str, str]]:
    return [(one["effective_from"], one["unit_price"]) for one in body["prices"]]


def test_a_product_is_defined_with_all_that_the_catalogue_says() -> None:
    body = {**OFFICE, "family": "office365", "price_protection_months": 12}
    shown = Shop().product("office", body).body
    assert (shown["vendor"], shown["family"], shown["price_protection_months"]) == ("microsoft", "office365", 12)
    assert shown["billing_plans"] == ["P1M"]
    assert prices(shown) == [("2026-01-15", "120.00")]


def test_defined_again_it_replaces_and_defined_the_same_nothing_happens() -> None:
    shop = open_shop()
    assert not shop.product().appending
    shown = shop.product("office", {"name": "Office 2"}).body
    assert (shown["name"], shown["vendor"], shown["billing_plans"]) == ("Office 2", None, [])


def test_defined_again_after_a_price_was_announced_the_defined_price_holds_again() -> None:
    shop = open_shop()
    shop.price("office", unit_price="99.00", effective_from="2026-01-15", term="P1Y")
    assert shop.product().appending


@pytest.mark.parametrize(
    "more",
    [
        {"term": "P1Y"},
        {"charge": "arrears"},
        {"charge": "one_time"},
        {"anchor": "order_day"},
        {"nce": True},
        {"prices": [_YEAR]},
    ],
    ids=str,
)
def test_a_free_period_is_for_monthly_recurring_prepaid_products_only(more: dict[str, Any]) -> None:
    with pytest.raises(CommandRefused, match="a free period is accepted only for monthly recurring prepaid products"):
        Shop().product("mail", MONTHLY, **more)


def test_a_free_period_of_a_monthly_product_is_accepted() -> None:
    assert Shop().product("mail", MONTHLY, charge="upfront", anchor="billing_day").body["free_period"] is True


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"billing_plans": ["P5M"]}, r"billing_plans: P5M bills none of the product's terms \(P1Y\)"),
        ({"billing_plans": ["P3M"], "nce": True}, "billing_plans: P3M bills none"),
        ({"billing_plans": ["P3Y"]}, "billing_plans: P3Y bills none"),
        ({"prices": [{**_YEAR, "billing_frequency": "P5M"}]}, "prices: billing_frequency P5M does not divide"),
        ({"prices": [_YEAR, _YEAR]}, "prices: there are two for EUR, term P1Y and billing_frequency P1Y: give one"),
        ({"billing_frequency": "P5M"}, "does not divide the term"),
        ({"billing_frequency": "P1M", "charge": "arrears"}, "arrears cannot be combined with installments"),
    ],
    ids=str,
)
def test_plans_and_prices_divide_a_term(more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CommandRefused, match=sentence):
        Shop().product("office", OFFICE, **more)


def test_a_copy_has_the_plans_and_the_prices_of_what_it_copies() -> None:
    shop = open_shop()
    shop.price("office", unit_price="99.00", effective_from="2026-01-15", term="P1Y")
    shop.price("office", unit_price="140.00", effective_from="2027-01-01", term="P1Y")
    copied = shop.ask(CopyProduct(product_id="school"), "office")
    assert copied.created
    assert (copied.body["copied_from"], copied.body["billing_plans"]) == ("office", ["P1M"])
    assert one_item(shop.place({**ITEM, "product": "school"}))["unit_price"] == "99.00"
    assert ("2027-01-01", "140.00") in prices(copied.body)
    with pytest.raises(Exists, match="product school exists already"):
        shop.ask(CopyProduct(product_id="school"), "office")


def test_a_copy_stays_as_it_was_when_the_original_changes_or_goes() -> None:
    shop = open_shop()
    shop.ask(CopyProduct(product_id="school"), "office")
    shop.product("office", {"name": "Other"})
    shop.ask(DeleteProduct(), "office")
    assert one_item(shop.place({**PLAN, "product": "school"}))["billing_plan"] == "Monthly"


def test_a_deleted_product_and_its_plans_are_gone_and_what_runs_goes_on() -> None:
    shop = open_shop()
    shop.place(PLAN, execute=True)
    shown = shop.ask(DeleteProduct(), "office").body
    assert (shown["deleted"], shown["billing_plans"]) == (True, [])
    assert not shop.ask(DeleteProduct(), "office").appending
    with pytest.raises(Unknown, match="there is no product 'office' in the catalogue"):
        shop.place(order_id="o-2")
    with pytest.raises(Unknown):
        shop.ask(CopyProduct(product_id="school"), "office")


def test_a_price_changes_from_a_day_on() -> None:
    shop = open_shop()
    shown = shop.price("office", unit_price="132.00", effective_from="2026-06-01", term="P1Y").body
    assert prices(shown) == [("2026-06-01", "132.00"), ("2026-01-15", "120.00")]
    assert not shop.price("office", unit_price="132.00", effective_from="2026-06-01", term="P1Y").appending


def test_the_past_is_not_changed_unless_it_is_backdated_with_a_reason() -> None:
    shop = open_shop()
    past = {"unit_price": "99.00", "effective_from": "2026-01-14"}
    with pytest.raises(CommandRefused, match="effective_from 2026-01-14 lies in the past"):
        shop.price("office", **past)
    with pytest.raises(CommandRefused, match="a price that is backdated needs a reason: say why"):
        shop.price("office", **past, backdate=True)
    shop.price("office", **past, backdate=True, reason="agreed in writing")
    assert shop.events[-1]["data"] == {
        "product_id": "office", "currency": "EUR", "unit_price": "99.00", "effective_from": "2026-01-14",
        "backdate": True, "reason": "agreed in writing",
    }  # fmt: skip


def test_what_is_not_of_the_past_is_not_backdated() -> None:
    shop = open_shop()
    shop.price("office", unit_price="99.00", effective_from="2026-01-15", backdate=True, reason="x")
    assert "backdate" not in shop.events[-1]["data"]


@pytest.mark.parametrize("by", [RESELLER, SUCCESS])
def test_the_catalogue_is_the_distributors(by: Principal) -> None:
    shop = open_shop()
    with pytest.raises(Forbidden, match="catalogue:write"):
        shop.ask(DeleteProduct(), "office", by=by)


def test_a_setting_is_refused_with_billings_own_sentence() -> None:
    shop = open_shop()
    with pytest.raises(CommandRefused, match="rounding cannot be 'never': choose one of unit, line"):
        shop.setting("rounding", "never")
    with pytest.raises(CommandRefused, match="rounding cannot be set for a customer"):
        shop.setting("rounding", "line", "customer", "cus-1")
    with pytest.raises(CommandRefused, match="scope_id is missing"):
        shop.setting("separate_invoices", True, "customer")
    with pytest.raises(Unknown, match="there is no reseller 'res-9'"):
        shop.setting("separate_invoices", True, "reseller", "res-9")


def test_a_setting_holds_from_today_and_said_again_nothing_happens() -> None:
    shop = open_shop()
    decided = shop.setting("rounding", "line")
    assert decided.body["effective_from"] == "2026-01-15"
    assert not shop.setting("rounding", "line").appending


def test_an_exchange_rate_is_an_event_of_its_own_stream() -> None:
    shop = Shop()
    decided = shop.ask(read(SetExchangeRate, {"base": "EUR", "quote": "USD", "rate": "1.0837", "date": "2026-02-01"}))
    assert [some.stream_id for some in decided.appending] == ["exchange-rate-EUR-USD"]


@pytest.mark.parametrize("body", [{"key": "rounding", "value": "\ud800"}, {"key": "\ud800", "value": "line"}], ids=repr)
def test_a_setting_that_is_no_text_cannot_be_read(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ChangeSetting.model_validate({"scope": "organisation", **body})


def test_a_price_that_is_set_back_on_the_same_day_is_news() -> None:
    shop = open_shop()
    for price in ("132.00", "140.00", "132.00"):
        assert shop.price("office", unit_price=price, effective_from="2026-06-01", term="P1Y").appending
    assert not shop.price("office", unit_price="132.00", effective_from="2026-06-01", term="P1Y").appending
    shop.product("office", family="office365")
    assert shop.price("office", unit_price="132.00", effective_from="2026-06-01", term="P1Y").appending


def test_the_same_exchange_rate_again_is_no_news_unless_there_was_another() -> None:
    shop = Shop()

    def set_rate(rate: str, on: str = "2026-02-01") -> bool:
        return bool(
            shop.ask(read(SetExchangeRate, {"base": "EUR", "quote": "USD", "rate": rate, "date": on})).appending
        )

    said = [("1.0837",), ("1.08370",), ("1.09",), ("1.0837",), ("1.0837", "2026-02-02")]
    assert [set_rate(*one) for one in said] == [True, False, True, True, True]
