"""Commands on orders in each state: a draft, executed, deleted, not there; by each role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.orders.commands.order_bodies import AddItem, DeleteOrder, ItemChange, ListOffers, RemoveItem
from shared.commands.decision import CommandRefused, Decided, Exists, Forbidden, Unknown
from shared.commands.principal import Principal
from tests.billing_dsl import Given
from tests.unit.orders.shop import (
    ANOTHER,
    CUSTOMER,
    ITEM,
    MONTHLY,
    PLAN,
    RESELLER,
    SUCCESS,
    Shop,
    one_item,
    open_shop,
    read,
)

FREE = {"product": "mail", "quantity": 5}


def edit(shop: Shop, item: str = "1", by: Principal = RESELLER, order: str = "o-1", **more: Any) -> Decided:
    return shop.ask(read(ItemChange, more), order, item=item, by=by)


def delete(shop: Shop, by: Principal = RESELLER) -> Decided:
    return shop.ask(DeleteOrder(), "o-1", by=by)


def items_of(decided: Decided) -> Any:
    return decided.body["items"]


def offers(shop: Shop, by: Principal = RESELLER, **more: Any) -> Any:
    asked = {"product": "office", "customer": "cus-1", "currency": "EUR", **more}
    return shop.ask(read(ListOffers, asked), by=by).body["offers"]


def test_a_draft_is_placed_at_the_list_price_with_ids_of_its_own() -> None:
    shop = open_shop()
    decided = shop.place(by=RESELLER)
    assert decided.created
    assert (decided.body["status"], decided.body["reseller"]) == ("placed", "res-1")
    item = one_item(decided)
    assert (item["item_id"], item["subscription"], item["unit_price"]) == ("1", "o-1-1", "120.00")
    data = shop.events[-1]["data"]
    assert data["customer"] == {"id": "cus-1"}
    assert data["items"][0]["unit_cost"] == "100.00"
    assert data["items"][0]["product"] == {"id": "office", "name": "Office", "vendor": "microsoft"}


def test_an_order_without_an_id_gets_one() -> None:
    shop = open_shop()
    first, second = (shop.place(order_id=None).body["order_id"] for _ in range(2))
    assert str(first).startswith("ord-")
    assert first != second


def test_the_billing_plan_is_chosen_on_the_items_edit_and_empty_when_one_off() -> None:
    shop = open_shop()
    assert one_item(shop.place())["billing_plan"] is None
    item = one_item(edit(shop, billing_frequency="P1M"))
    assert (item["billing_plan"], item["installments"], item["price"]) == ("Monthly", 12, "10.00")
    assert one_item(edit(shop, billing_frequency="P1Y"))["billing_plan"] is None


def test_installments_come_into_being_at_execution_and_not_before() -> None:
    shop = open_shop()
    shop.place(PLAN)
    simulated = Given(tuple(shop.events)).until("2026-03-01").simulation
    assert not simulated.installment_plans
    shop.execute()
    (plan,) = Given(tuple(shop.events)).until("2026-03-01").simulation.installment_plans
    assert (plan.billing_plan, plan.installments) == ("Monthly", 12)


def test_executed_it_is_view_only() -> None:
    shop = open_shop()
    shop.place(PLAN, execute=True)
    changes: list[Callable[[], object]] = [
        lambda: edit(shop, billing_frequency="P1Y"),
        lambda: shop.ask(read(AddItem, ITEM), "o-1"),
        lambda: shop.ask(RemoveItem(), "o-1", item="1"),
    ]
    for change in changes:
        with pytest.raises(CommandRefused, match="order o-1 is executed: its items and their billing plans are view"):
            change()


def test_executed_again_nothing_happens() -> None:
    shop = open_shop()
    shop.place()
    assert shop.names_of(shop.execute()) == ["OrderExecuted"]
    again = shop.execute()
    assert (again.body["status"], again.appending) == ("executed", [])


def test_an_executed_order_with_installments_is_not_deleted() -> None:
    shop = open_shop()
    shop.place(PLAN, execute=True)
    with pytest.raises(CommandRefused, match="order o-1 is executed and has installments: it cannot be deleted"):
        delete(shop)


@pytest.mark.parametrize("executed", [False, True])
def test_a_draft_and_an_executed_order_without_installments_are_deleted(executed: bool) -> None:
    shop = open_shop()
    shop.place(execute=executed)
    assert delete(shop).body["status"] == "deleted"
    assert not delete(shop).appending


def test_a_draft_with_a_plan_is_deleted() -> None:
    shop = open_shop()
    shop.place(PLAN)
    assert delete(shop).body["status"] == "deleted"


@pytest.mark.parametrize("change", [lambda shop: shop.execute(), lambda shop: edit(shop, quantity=3)])
def test_a_deleted_order_is_neither_executed_nor_edited(change: Callable[[Shop], object]) -> None:
    shop = open_shop()
    shop.place()
    delete(shop)
    with pytest.raises(CommandRefused, match="order o-1 is deleted: place a new one"):
        change(shop)


@pytest.mark.parametrize("by", [RESELLER, ANOTHER])
def test_an_order_that_is_not_there_or_not_theirs_is_unknown(by: Principal) -> None:
    shop = open_shop()
    shop.reseller("res-2")
    if by is ANOTHER:
        shop.place()
    changes: list[Callable[[], object]] = [
        lambda: shop.execute(by=by), lambda: delete(shop, by), lambda: edit(shop, by=by, quantity=3),
        lambda: shop.ask(read(AddItem, ITEM), "o-1", by=by), lambda: shop.ask(RemoveItem(), "o-1", item="1", by=by),
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(Unknown, match="there is no order 'o-1'"):
            change()


def test_an_order_for_anothers_customer_is_for_an_unknown_one() -> None:
    shop = open_shop()
    shop.reseller("res-2")
    with pytest.raises(Unknown, match="there is no customer 'cus-1'"):
        shop.place(by=ANOTHER)


def test_the_id_of_anothers_order_is_not_given_again() -> None:
    shop = open_shop()
    shop.reseller("res-2")
    shop.place()
    shop.customer("cus-2", ANOTHER)
    with pytest.raises(Forbidden, match="may not place order o-1: choose another id"):
        shop.place(by=ANOTHER, customer={"id": "cus-2"})
    with pytest.raises(Exists, match="order o-1 exists already"):
        shop.place()


def test_a_customer_places_nothing() -> None:
    with pytest.raises(Forbidden, match="orders:write"):
        open_shop().place(by=CUSTOMER)


@pytest.mark.parametrize(
    "more",
    [{"unit_price": "1.00"}, {"price_protection_months": 12}, {"pricing": {"rule": "discount", "rate": "0.5"}},
     {"user_price": True, "unit_price": "1.00"}, {"trial_until": "2026-03-01"}, {"free_period": True},
     {"unit_price": "1.00", "unit_cost": "0.50"}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("by", [RESELLER, SUCCESS])
def test_prices_and_terms_by_hand_are_for_who_may_set_prices(by: Principal, more: dict[str, Any]) -> None:
    shop = open_shop()
    with pytest.raises(Forbidden, match="prices:write"):
        shop.place({**ITEM, **more}, by=by)
    shop.place(by=by)
    with pytest.raises(Forbidden, match="prices:write"):
        edit(shop, by=by, **more)


def test_a_price_by_hand_stays_when_the_draft_is_executed() -> None:
    shop = open_shop()
    shop.place({**ITEM, "unit_price": "99.00"})
    shop.price("office", unit_price="132.00", effective_from="2026-01-15", term="P1Y")
    assert one_item(shop.execute())["unit_price"] == "99.00"


def test_a_draft_is_executed_at_the_list_price_of_then() -> None:
    shop = open_shop()
    shop.place()
    shop.price("office", unit_price="132.00", effective_from="2026-01-15", term="P1Y")
    assert one_item(shop.execute())["unit_price"] == "132.00"


def test_a_price_for_the_plan_itself_comes_before_that_of_the_one_off_charge() -> None:
    shop = open_shop()
    shop.price("office", unit_price="126.00", effective_from="2026-01-15", term="P1Y", billing_frequency="P1M")
    assert one_item(shop.place(PLAN))["unit_price"] == "126.00"


def test_without_a_list_price_it_is_refused() -> None:
    shop = open_shop()
    sentence = "item 1: product office has no list price in USD for P1Y: give the product a list price for that first"
    with pytest.raises(CommandRefused, match=sentence):
        shop.place(currency="USD")


def test_what_billing_refuses_is_refused_with_its_sentence_and_the_item() -> None:
    shop = open_shop()
    with pytest.raises(CommandRefused, match=r"item 1: custom_end 2028-01-01 does not lie in the first term"):
        shop.place({**ITEM, "custom_end": "2028-01-01"})
    with pytest.raises(CommandRefused, match=r"^item a: a free period is only for monthly prepaid products"):
        shop.place({**ITEM, "item_id": "a", "free_period": True})
    assert not [one for one in shop.events if one["type"] == "OrderPlaced"]


def test_ids_are_not_given_twice() -> None:
    shop = open_shop()
    with pytest.raises(CommandRefused, match="item_id 1 stands on two items: give each its own"):
        shop.place(ITEM, {**ITEM, "item_id": "1"})
    with pytest.raises(CommandRefused, match="subscription_id s stands on two items"):
        shop.place({**ITEM, "subscription_id": "s"}, {**ITEM, "subscription_id": "s"})
    shop.place({**ITEM, "subscription_id": "s"})
    with pytest.raises(CommandRefused, match="subscription s exists already in order o-1: give another"):
        shop.place({**ITEM, "subscription_id": "s"}, order_id="o-2")


def test_items_are_added_and_removed_while_it_is_a_draft() -> None:
    shop = open_shop()
    shop.place()
    added = shop.ask(read(AddItem, FREE), "o-1", by=RESELLER)
    assert [(one["item_id"], one["product"]) for one in items_of(added)] == [("1", "office"), ("2", "mail")]
    left = shop.ask(RemoveItem(), "o-1", item="1", by=RESELLER)
    assert one_item(left)["item_id"] == "2"
    with pytest.raises(CommandRefused, match="item 2 is the only one of order o-1: delete the order instead"):
        shop.ask(RemoveItem(), "o-1", item="2")
    with pytest.raises(Unknown, match="order 'o-1' has no item '1'"):
        edit(shop, "1", quantity=2)
    assert not edit(shop, "2", quantity=5).appending


def test_another_product_brings_its_own_price_and_term() -> None:
    shop = open_shop()
    shop.place({**ITEM, "unit_price": "99.00"})
    item = one_item(edit(shop, product="mail"))
    assert (item["product"], item["unit_price"], item["term"], item["quantity"]) == ("mail", "10.00", "P1M", 10)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (("organisation", None), "billing plans are not enabled for the organisation"),
        (("reseller", "res-1"), "billing plans are not enabled for res-1"),
        (("customer", "cus-1"), "billing plans are not enabled for"),
    ],
)
def test_a_plan_is_chosen_only_where_organisation_account_and_product_enable_it(
    said: tuple[str, str | None], sentence: str
) -> None:
    shop = open_shop()
    shop.setting("billing_plans_enabled", False, *said)
    with pytest.raises(CommandRefused, match=f"item 1: the billing plan P1M cannot be chosen: {sentence}"):
        shop.place(PLAN)
    assert [one["billing_frequency"] for one in offers(shop)] == ["P1Y"]


def test_a_plan_that_the_product_does_not_list_is_not_chosen() -> None:
    shop = open_shop()
    shop.product("office", billing_plans=[])
    with pytest.raises(CommandRefused, match="product office offers none; pay at once, or add it"):
        shop.place(PLAN)


def test_plans_are_off_by_default() -> None:
    shop = Shop()
    shop.reseller()
    shop.customer(reseller_id="res-1")
    shop.product()
    with pytest.raises(CommandRefused, match="not enabled for the organisation"):
        shop.place(PLAN)


def test_an_enabled_customer_of_a_reseller_that_is_not_may_choose() -> None:
    shop = open_shop()
    shop.setting("billing_plans_enabled", False, "reseller", "res-1")
    shop.setting("billing_plans_enabled", True, "customer", "cus-1")
    assert one_item(shop.place(PLAN))["billing_plan"] == "Monthly"


def test_the_extra_charge_is_shown_with_a_plan_and_all_prices_include_it() -> None:
    shop = open_shop()
    shop.setting("extra_charge_rate", "0.05", "reseller", "res-1")
    item = one_item(shop.place(PLAN))
    assert item["extra_charge_rate"] == "0.05"
    assert (item["unit_price"], item["price"], item["net"], item["gross"]) == ("126.00", "10.50", "105.00", "130.20")
    once = one_item(edit(shop, billing_frequency="P1Y"))
    assert (once["extra_charge_rate"], once["price"], once["gross"]) == (None, "120.00", "1488.00")


def test_the_confirmation_says_when_the_first_period_is_free_and_until_when() -> None:
    shop = open_shop()
    item = one_item(shop.place(FREE))
    assert item["note"] == "The first period is free until 31 January 2026."
    assert (item["free_until"], item["first_billing_date"]) == ("2026-01-31", "2026-02-01")
    assert (item["price"], item["net"], item["gross"]) == ("10.00", "50.00", "62.00")
    assert one_item(shop.place(order_id="o-2"))["note"] is None


def test_an_order_starts_in_the_past_only_for_who_may_backdate() -> None:
    shop = open_shop()
    with pytest.raises(Forbidden, match="backdating"):
        shop.place(by=RESELLER, effective_at="2026-01-10", execute=True)
    shop.place(by=RESELLER, effective_at="2026-01-10")
    with pytest.raises(Forbidden, match="backdating"):
        shop.execute(by=RESELLER)
    assert one_item(shop.execute(by=SUCCESS))["first_billing_date"] == "2026-01-10"
    assert shop.place(by=RESELLER, order_id="o-2", effective_at="2026-01-15", execute=True).appending


def test_a_new_customer_is_defined_in_the_order() -> None:
    shop = open_shop()
    decided = shop.place(customer={"id": "cus-2", "name": "Fabrikam", "billing_day": 15}, by=RESELLER, execute=True)
    assert shop.names_of(decided) == ["CustomerRegistered", "OrderPlaced", "OrderExecuted"]
    assert [some.stream_id for some in decided.appending] == ["customer-cus-2", "order-o-1"]
    registered = next(one["data"] for one in reversed(shop.events) if one["type"] == "CustomerRegistered")
    assert registered == {
        "id": "cus-2", "name": "Fabrikam", "billing_day": 15, "separate_invoices": False, "reseller_id": "res-1",
    }  # fmt: skip
    assert decided.body["reseller"] == "res-1"


def test_an_unknown_customer_of_which_nothing_is_said_is_unknown() -> None:
    with pytest.raises(Unknown, match="there is no customer 'cus-9': give its name, or register it first"):
        open_shop().place(customer={"id": "cus-9"})


def test_a_new_customer_with_separate_invoices_is_refused() -> None:
    with pytest.raises(CommandRefused, match="a new customer has no separate invoices"):
        open_shop().place(customer={"id": "cus-9", "name": "New", "separate_invoices": True})


def test_what_is_said_of_a_customer_that_is_known_is_refused() -> None:
    with pytest.raises(CommandRefused, match="customer cus-1 is known already: give its id alone"):
        open_shop().place(customer={"id": "cus-1", "name": "Other"})


def test_offers_are_the_plans_that_can_be_chosen_with_prices() -> None:
    shop = open_shop()
    shop.setting("extra_charge_rate", "0.05", "reseller", "res-1")
    once, monthly = offers(shop, quantity=3)
    assert (once["billing_frequency"], once["billing_plan"], once["unit_price"], once["gross"]) == (
        "P1Y", None, "120.00", "446.40",
    )  # fmt: skip
    assert monthly == {
        "billing_frequency": "P1M", "billing_plan": "Monthly", "installments": 12, "extra_charge_rate": "0.05",
        "unit_price": "126.00", "price": "10.50", "net": "31.50", "gross": "39.06",
        "first_billing_date": "2026-01-15", "free_until": None, "note": None,
    }  # fmt: skip


def test_offers_for_a_customer_who_is_still_to_come() -> None:
    shop = open_shop()
    assert len(offers(shop, customer=None)) == 2
    assert [one["billing_plan"] for one in offers(shop, SUCCESS, customer=None)] == [None]


def test_offers_of_what_is_anothers_or_not_there() -> None:
    shop = open_shop()
    shop.reseller("res-2")
    with pytest.raises(Unknown, match="there is no customer 'cus-1'"):
        offers(shop, ANOTHER)
    with pytest.raises(Forbidden):
        offers(shop, ANOTHER, customer=None, reseller="res-1")
    with pytest.raises(Unknown, match="there is no product 'x'"):
        offers(shop, product="x")
    assert offers(shop, currency="USD") == []


def test_a_one_time_charge_has_one_offer_and_no_plan() -> None:
    shop = open_shop()
    shop.product("setup", {"name": "Setup", "charge": "one_time"})
    shop.price("setup", unit_price="500.00", effective_from="2026-01-15")
    (once,) = offers(shop, product="setup")
    assert (once["billing_frequency"], once["price"], once["gross"]) == (None, "500.00", "620.00")
    item = one_item(shop.place({"product": "setup", "quantity": 1}))
    assert (item["term"], item["billing_plan"], item["price"]) == (None, None, "500.00")


def test_the_free_period_of_a_product_that_is_bought_for_a_year_is_none() -> None:
    shop = open_shop()
    shop.product("mail", {**MONTHLY, "free_period": False})
    assert one_item(shop.place(FREE))["note"] is None


def test_a_draft_of_upstream_is_executed_at_the_prices_that_it_was_given() -> None:
    shop = open_shop()
    items = [
        {"subscription_id": f"s-{n}", "product": {"id": "office"}, "quantity": n, "unit_price": "77.00", "term": "P1Y"}
        for n in (1, 2)
    ]
    placed = {"order_id": "o-9", "currency": "EUR", "customer": {"id": "cus-1"}, "items": items}
    shop.told("OrderPlaced", placed)
    executed = shop.execute("o-9")
    assert [(one["item_id"], one["unit_price"]) for one in items_of(executed)] == [(None, "77.00")] * 2
    with pytest.raises(CommandRefused, match="order o-9 is executed"):
        edit(shop, "s-2", order="o-9", quantity=5)
