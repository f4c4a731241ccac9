"""Orders and changes of subscriptions on the console's pages, without scripts; behind them the services themselves."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.integration.console.shop import InShop, Shop

pytestmark = [pytest.mark.broker, pytest.mark.database]

ASK = "Show what it will cost"
CHANGE = "Confirm: change licences"


def test_an_order_with_a_plan_is_drafted_executed_and_billed_as_it_was_told(
    in_shop: InShop,
) -> None:
    async def scenario(shop: Shop) -> None:
        await shop.customer("plan")
        async with shop.console.visitor() as visitor:
            page = await visitor.look("/orders/new?customer=plan")
            offers = await visitor.send(page, "Show the prices", product="office", quantity="10")
            assert "Monthly 12 5 % 10.50 105.00 EUR 130.20 EUR" in offers.words
            draft = await visitor.send(offers, "Place the draft")
            assert "is placed as a draft" in draft.words
            assert "Office" in draft.words
            order = draft.path

            item = await visitor.look(f"{order}/items/1")
            saved = await visitor.send(item, "Save", plan="P1M")
            assert "Item 1 is changed." in saved.words
            assert "Monthly 12 installments 5 % 126.00 10.50 105.00 EUR 130.20 EUR" in saved.words
            assert not saved.has_button("Save")

            asked = await visitor.look(f"{order}/execute")
            assert "+105.00 EUR" in asked.words
            in_another_tab = await visitor.look(f"{order}/execute")
            done = await visitor.send(asked, "Confirm: execute")
            assert "is executed" in done.words
            assert (await visitor.send(in_another_tab, "Confirm: execute")).path == order
            assert (await visitor.look(f"{order}/execute")).path == order
            assert "Executed" in done.words

            refused = await visitor.look(f"{order}/delete")
            assert "is executed and has installments: it cannot be deleted" in refused.words
            assert not refused.has_button("Confirm: delete")
        await shop.bill()
        assert await shop.documents("plan") == [("invoice", Decimal("105.00"), Decimal("130.20"))]

    in_shop(scenario)


def test_items_of_a_draft_come_and_go_and_the_last_one_stays(in_shop: InShop) -> None:
    async def scenario(shop: Shop) -> None:
        await shop.customer("items")
        await shop.order("items", execute=False)
        async with shop.console.visitor() as visitor:
            page = await visitor.look("/orders/ord-items/items/new")
            refused = await visitor.send(page, "Add the item", 400, product="mail", quantity="many")
            assert 'Quantity: got "many"; give a whole number' in refused.words
            assert refused.form("Add the item").fields["quantity"] == "many"
            two = await visitor.send(refused, "Add the item", quantity="3")
            assert "Mail" in two.words
            assert "12.00 EUR" in two.words
            one = await visitor.send(await visitor.look("/orders/ord-items/items/1"), "Remove this item")
            assert "Office" not in one.words
            kept = await visitor.send(await visitor.look("/orders/ord-items/items/2"), "Remove this item", 422)
            assert "is the only one of order ord-items: delete the order instead" in kept.words
            gone = await visitor.send(await visitor.look("/orders/ord-items/delete"), "Confirm: delete")
            assert "ord-items is deleted." in gone.words
            assert "Deleted" in (await visitor.look("/orders?status=deleted")).words
            await visitor.look("/orders/ord-items/execute", 404)

    in_shop(scenario)


def test_seats_cost_what_the_preview_says_to_the_cent(in_shop: InShop) -> None:
    async def scenario(shop: Shop) -> None:
        await shop.customer("seats")
        await shop.order("seats", billing_frequency="P1M")
        billed = await shop.bill()
        async with shop.console.visitor() as visitor:
            page = await visitor.look("/subscriptions/ord-seats-1/licences")
            assert page.form(ASK).fields["quantity"] == "10"
            asked = await visitor.send(page, ASK, quantity="15")
            next_one = billed + timedelta(days=1)
            assert f"On {next_one}, net +52.50 EUR On {next_one}, with VAT +65.10 EUR" in asked.words
            done = await visitor.send(asked, CHANGE)
            assert done.path == "/subscriptions/ord-seats-1"
            assert "It has 15 licences from now on." in done.words
        await shop.bill()
        assert (await shop.documents("seats"))[1:] == [("invoice", Decimal("52.50"), Decimal("65.10"))]

    in_shop(scenario)


def test_what_somebody_changed_meanwhile_is_shown_before_it_is_confirmed_again(
    in_shop: InShop,
) -> None:
    async def scenario(shop: Shop) -> None:
        await shop.customer("meanwhile")
        await shop.order("meanwhile")
        async with shop.console.visitor() as visitor:
            asked = await visitor.look("/subscriptions/ord-meanwhile-1/licences?quantity=15&when=now")
            await shop.ask("subscriptions", "POST", "/v1/subscriptions/ord-meanwhile-1/quantity", {"quantity": 12})
            await shop.system.settled()

            conflict = await visitor.send(asked, CHANGE, 412)
            assert "Somebody changed it meanwhile, so nothing was done." in conflict.words
            assert "Licences 12" in conflict.words
            assert "Licences 12 15 at once" in conflict.words
            assert conflict.form(CHANGE).fields["quantity"] == "15"
            assert "It has 15 licences from now on." in (await visitor.send(conflict, CHANGE)).words

    in_shop(scenario)


def test_a_form_that_is_sent_twice_changes_once(in_shop: InShop) -> None:
    async def scenario(shop: Shop) -> None:
        await shop.customer("twice")
        await shop.order("twice")
        async with shop.console.visitor() as visitor:
            asked = await visitor.look("/subscriptions/ord-twice-1/licences?quantity=15&when=now")
            for _ in range(2):
                assert "It has 15 licences from now on." in (await visitor.send(asked, CHANGE)).words
        await shop.system.settled()
        changes = await shop.system.query(
            "SELECT count(*) FROM store.event WHERE stream_id = 'subscription-ord-twice-1'"
        )
        assert changes == [(1,)]

    in_shop(scenario)


def test_with_a_plan_immediate_is_the_only_choice_and_a_refusal_keeps_what_was_typed(
    in_shop: InShop,
) -> None:
    async def scenario(shop: Shop) -> None:
        await shop.customer("refused")
        await shop.order("refused", billing_frequency="P1M")
        await shop.customer("at-once")
        await shop.order("at-once")
        async with shop.console.visitor() as visitor:
            assert "On a day" in (await visitor.look("/subscriptions/ord-at-once-1/licences")).words
            page = await visitor.look("/subscriptions/ord-refused-1/licences")
            assert "On a day" not in page.words
            many = await visitor.send(page, ASK, 400, quantity="9" * 23)
            assert "; give a whole number of at most 1000000000" in many.words
            refused = await visitor.send(page, ASK, 422, quantity="12", when="later", on="2099-01-01")
            assert "with a billing plan a change of seats is executed immediately" in refused.words
            assert refused.form(ASK).fields["quantity"] == "12"
            pricing = await visitor.look("/subscriptions/ord-refused-1/pricing")
            assert "The cycle that runs" not in pricing.words
            dear = await visitor.send(pricing, ASK, 400, unit_price="much")
            assert "Price: 'much' is no price; give one of 0 or more like 114.00" in dear.words
            assert dear.form(ASK).fields["unit_price"] == "much"
            unclear = await visitor.send(pricing, ASK, 400, what="rule", rate="ten")
            assert "'ten' is no number of per cent" in unclear.words

    in_shop(scenario)


def test_a_whole_life_on_pages(in_shop: InShop) -> None:
    async def scenario(shop: Shop) -> None:
        await shop.customer("life")
        await shop.order("life")
        of = "/subscriptions/ord-life-1"
        async with shop.console.visitor() as visitor:
            rule = await visitor.look(f"{of}/pricing?what=rule&rule=discount&rate=10&applies=current_cycle")
            assert "Price of a licence and cycle 120.00 EUR 108.00 EUR at once" in rule.words
            edited = await visitor.send(rule, "Confirm: edit pricing")
            assert "Its pricing is edited." in edited.words
            suspended = await visitor.send(await visitor.look(f"{of}/suspend?when=now"), "Confirm: suspend")
            assert "It is suspended from now on." in suspended.words
            assert "Reactivate" in suspended.words
            await visitor.look(f"{of}/suspend", 409)
            again = await visitor.send(await visitor.look(f"{of}/reactivate?when=now"), "Confirm: reactivate")
            assert "It is active again from now on." in again.words
            page = await visitor.send(
                await visitor.look(f"{of}/next-term?quantity=20"), "Confirm: change the next term"
            )
            assert "The change is scheduled for the renewal." in page.words
            page = await visitor.send(
                await visitor.look(f"{of}/next-term/discard"),
                "Confirm: discard what is scheduled for the next term",
            )
            assert "The renewal changes nothing any more." in page.words
            page = await visitor.send(await visitor.look(f"{of}/auto-renew/off"), "Confirm: turn the renewal off")
            assert "It does not renew any more." in page.words
            page = await visitor.send(await visitor.look(f"{of}/auto-renew/on"), "Confirm: turn the renewal on")
            assert "It renews by itself again." in page.words
            ended = await visitor.send(await visitor.look(f"{of}/cancel?mode=immediate"), "Confirm: cancel")
            assert "It is canceled: the last day that is covered is" in ended.words
            assert "Change licences" not in ended.words
            over = await visitor.look(f"{of}/licences", 409)
            assert "Subscription ord-life-1: it is canceled, so nothing of it can be changed any more." in over.words
            assert not over.has_button(ASK)

    in_shop(scenario)


def test_who_may_not_finds_no_page_and_no_button(in_shop: InShop) -> None:
    async def scenario(shop: Shop) -> None:
        await shop.customer("rights", "res-1")
        await shop.customer("drafts", "res-1")
        await shop.order("rights")
        await shop.order("drafts", execute=False)
        of = "/subscriptions/ord-rights-1"
        async with shop.console.visitor("reseller", reseller="res-1") as reseller:
            page = await reseller.look(of)
            assert "Change licences" in page.words
            assert "Edit pricing" not in page.words
            await reseller.look(f"{of}/pricing", 404)
            assert "Execute" in (await reseller.look("/orders/ord-drafts")).words
        async with shop.console.visitor("customer", customer="rights") as customer:
            assert "Change licences" not in (await customer.look(of)).words
            assert "New order" not in (await customer.look("/orders")).words
            assert "Delete" not in (await customer.look("/orders/ord-rights")).words
            for path in (f"{of}/licences", "/orders/new", "/orders/ord-drafts/execute", "/orders/ord-drafts/items/1"):
                await customer.look(path, 404)
        async with shop.console.visitor("reseller", reseller="res-2") as another:
            assert "ord-" not in (await another.look("/orders")).words
            assert "rights" not in (await another.look("/orders/new?q=Ltd")).words
            for path in (
                "/orders/ord-rights", "/orders/ord-rights/delete", "/orders/ord-drafts/execute",
                "/orders/ord-drafts/items/1", "/orders/ord-drafts/items/new", "/orders/new?customer=rights",
                f"{of}/licences", f"{of}/cancel",
            ):  # fmt: skip
                await another.look(path, 404)

    in_shop(scenario)


def test_what_is_not_projected_yet_is_on_its_way(in_shop: InShop) -> None:
    async def scenario(shop: Shop) -> None:
        await shop.customer("coming")
        async with shop.console.visitor() as visitor:
            page = await visitor.look("/orders/new?customer=coming")
            async with shop.standing_still():
                coming = await visitor.send(page, "Place the draft", product="mail", quantity="2")
                assert "It is on its way to this page" in coming.words
                assert "Mail" not in coming.words
            await shop.system.settled()
            assert "Mail" in (await visitor.look(coming.path)).words

            await shop.order("coming")
            asked = await visitor.look("/subscriptions/ord-coming-1/licences?quantity=15&when=now")
            async with shop.standing_still():
                late = await visitor.send(asked, CHANGE)
                assert "It has 15 licences from now on. It is on its way to this page" in late.words
                assert "Seats 10" in late.words
            await shop.system.settled()
            assert "Seats 15" in (await visitor.look(late.path)).words

    in_shop(scenario)
