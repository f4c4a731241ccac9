"""Drafts whose customer moved on, prices by hand that no longer fit, and ids that are somebody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.orders.commands.order_bodies import AddItem, DeleteOrder, ExecuteOrder, ItemChange
from shared.commands.decision import CommandRefused, Decided, Forbidden, Outdated, Unknown
from shared.commands.principal import OPERATOR, Principal, principal_of
from tests.unit.orders.shop import ANOTHER, ITEM, OFFICE, RESELLER, SUCCESS, Shop, one_item, open_shop, read

TODAY, YESTERDAY = "2026-01-15", "2026-01-14"


def edit(shop: Shop, by: Principal = OPERATOR, **more: Any) -> Decided:
    return shop.ask(read(ItemChange, more), "o-1", item="1", by=by)


def moved() -> Shop:
    """The draft o-1 of cus-1, who went from res-1 to res-2 meanwhile."""
    shop = open_shop()
    shop.reseller("res-2")
    shop.place(by=RESELLER)
    shop.change_customer("cus-1", reseller_id="res-2")
    return shop


def test_a_draft_goes_with_its_customer_to_another_reseller() -> None:
    shop = moved()
    with pytest.raises(Unknown, match="there is no order 'o-1'"):
        edit(shop, RESELLER, quantity=3)
    with pytest.raises(Unknown, match="there is no order 'o-1'"):
        shop.execute(by=RESELLER)
    assert edit(shop, ANOTHER, quantity=3).body["reseller"] == "res-2"
    assert shop.execute(by=ANOTHER).body["reseller"] == "res-2"


def test_an_executed_order_stays_with_whom_it_was_executed_for() -> None:
    shop = open_shop()
    shop.reseller("res-2")
    shop.place(by=RESELLER, execute=True)
    shop.change_customer("cus-1", reseller_id="res-2")
    with pytest.raises(Unknown, match="there is no order 'o-1'"):
        shop.ask(DeleteOrder(), "o-1", by=ANOTHER)
    assert shop.ask(DeleteOrder(), "o-1", by=RESELLER).body["status"] == "deleted"


@pytest.mark.parametrize("change", [{"term": "P3Y"}, {"billing_frequency": "P1M"}], ids=str)
def test_a_price_by_hand_falls_with_the_term_it_was_meant_for(change: dict[str, str]) -> None:
    shop = open_shop()
    three = {"currency": "EUR", "term": "P3Y", "billing_frequency": "P3Y", "unit_price": "300.00"}
    shop.product("office", {**OFFICE, "prices": [*OFFICE["prices"], three]})
    shop.place({**ITEM, "unit_price": "1.00", "unit_cost": "0.50"})
    listed = "300.00" if "term" in change else "120.00"
    assert one_item(edit(shop, RESELLER, **change))["unit_price"] == listed
    with pytest.raises(Forbidden, match="prices:write"):
        edit(shop, RESELLER, **change, unit_price="1.00")


def test_a_price_by_hand_stays_with_the_same_term_and_can_be_given_anew() -> None:
    shop = open_shop()
    shop.place({**ITEM, "unit_price": "1.00"})
    assert one_item(edit(shop, RESELLER, quantity=3, term="P1Y"))["unit_price"] == "1.00"
    assert one_item(edit(shop, billing_frequency="P1M", unit_price="2.00"))["unit_price"] == "2.00"


def test_an_add_on_is_of_its_customers_own_subscription() -> None:
    shop = open_shop()
    shop.reseller("res-2")
    shop.customer("cus-2", ANOTHER)
    shop.place({**ITEM, "subscription_id": "theirs"}, order_id="o-2", customer={"id": "cus-2"}, execute=True)
    shop.place({**ITEM, "subscription_id": "draft"}, order_id="o-3")
    shop.place({**ITEM, "subscription_id": "mine"}, order_id="o-4", execute=True)
    for parent in ("nowhere", "theirs", "draft", "o-1-1"):
        with pytest.raises(CommandRefused, match=f"item 1: parent_subscription_id {parent} is no subscription of cus"):
            shop.place({**ITEM, "parent_subscription_id": parent}, by=RESELLER)
    shop.place({**ITEM, "parent_subscription_id": "mine"}, {**ITEM, "parent_subscription_id": "o-1-1"}, by=RESELLER)
    assert shop.events[-1]["data"]["items"][0]["parent_subscription_id"] == "mine"
    with pytest.raises(CommandRefused, match="parent_subscription_id theirs is no subscription of cus-1"):
        edit(shop, RESELLER, parent_subscription_id="theirs")


@pytest.mark.parametrize("by", [RESELLER, SUCCESS])
def test_the_vendors_id_is_for_who_may_take_subscriptions_over(by: Principal) -> None:
    shop = open_shop()
    item = {**ITEM, "vendor_subscription_id": "v-1"}
    with pytest.raises(Forbidden, match="subscriptions:import"):
        shop.place(item, by=by)
    shop.place(by=by)
    with pytest.raises(Forbidden, match="subscriptions:import"):
        edit(shop, by, vendor_subscription_id="v-1")
    shop.place(item, order_id="o-2")


def test_the_order_of_somebody_else_is_not_named() -> None:
    shop = open_shop()
    shop.reseller("res-2")
    shop.customer("cus-2", ANOTHER)
    shop.place({**ITEM, "subscription_id": "s"})
    with pytest.raises(CommandRefused, match="subscription s exists already: give another"):
        shop.place({**ITEM, "subscription_id": "s"}, order_id="o-2", customer={"id": "cus-2"}, by=ANOTHER)


@pytest.mark.parametrize("at", [TODAY, "2026-01-15T09:59:00Z", "2026-01-15T10:00:00Z"])
def test_who_may_not_backdate_executes_now_not_at_midnight(at: str) -> None:
    shop = open_shop()
    shop.place(by=RESELLER, effective_at=at, execute=True)
    placed, executed = shop.events[-2:]
    assert "effective_at" not in placed["data"]
    assert "effective_at" not in executed["data"]


@pytest.mark.parametrize("at", [YESTERDAY, "2026-01-15T09:57:00Z"])
def test_what_lies_before_now_is_the_past(at: str) -> None:
    shop = open_shop()
    shop.place(by=RESELLER)
    with pytest.raises(Forbidden, match="backdating"):
        shop.execute(by=RESELLER, effective_at=at)
    shop.execute(by=SUCCESS, effective_at=at)
    assert shop.events[-1]["data"]["effective_at"] == at


def test_a_draft_for_a_day_that_comes_is_executed_on_it() -> None:
    shop = open_shop()
    shop.place(by=RESELLER, effective_at="2026-01-16")
    shop.at += timedelta(days=1)
    shop.execute(by=RESELLER)
    assert "effective_at" not in shop.events[-1]["data"]


def test_an_order_has_at_most_a_hundred_items() -> None:
    shop = open_shop()
    with pytest.raises(ValueError, match="100"):
        shop.place(*[ITEM] * 101)
    shop.place(*[{"product": "mail", "quantity": 1}] * 100)
    with pytest.raises(CommandRefused, match="order o-1 has 100 items, the most there are in one: place another"):
        shop.ask(read(AddItem, ITEM), "o-1")


def test_on_a_version_that_is_no_more_it_is_outdated_and_not_refused() -> None:
    shop = open_shop()
    version = shop.place().etag
    shop.execute()
    for request in (read(ItemChange, {"quantity": 3}), read(AddItem, ITEM), ExecuteOrder()):
        with pytest.raises(Outdated, match=f"order o-1 has changed since version {version}"):
            shop.ask(request, "o-1", item="1", if_match=version)
    with pytest.raises(Unknown):
        shop.ask(read(AddItem, ITEM), "o-1", by=principal_of("res-2's token", "reseller", reseller="res-2"),
                 if_match=version)  # fmt: skip
