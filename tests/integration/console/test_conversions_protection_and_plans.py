"""Conversions, price protection and plans of three years on the console's pages, without scripts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.console.shop import InShop, Shop
from tests.integration.console.visitor import Looked

pytestmark = [pytest.mark.broker, pytest.mark.database]

ASK = "Show what it will cost"
CONVERT = "Confirm: convert"
PROTECT = "Confirm: protect the price"
ANNUALLY, MONTHLY = "Confirm: bill it annually", "Confirm: bill it monthly"


def price(unit_price: str, term: str = "P1Y") -> dict[str, Any]:
    return {"currency": "EUR", "term": term, "billing_frequency": term, "unit_price": unit_price}


async def sells(shop: Shop, product: str, *prices: dict[str, Any], **more: Any) -> None:
    """One more product."""
    body = {"name": product.capitalize(), "anchor": "order_day", "prices": prices, **more}
    await shop.ask("orders", "PUT", f"/v1/products/{product}", body)
    await shop.system.settled()


def offers(page: Looked, path: str) -> bool:
    """Whether a subscription's page has a button that leads to this one."""
    return f'{page.path}/{path}"' in page.html


def test_an_upgrade_costs_what_the_preview_says_to_the_cent(in_shop: InShop) -> None:
    async def scenario(shop: Shop) -> None:
        await sells(shop, "suite", price("240.00"), term="P1Y")
        await shop.customer("upgrade")
        await shop.order("upgrade")
        billed = await shop.bill()
        async with shop.console.visitor() as visitor:
            page = await visitor.look("/subscriptions/ord-upgrade-1/convert")
            assert page.form(ASK).fields["product"] == "office"
            same = await visitor.send(page, ASK, 422)
            assert "is of office with these terms already" in same.words
            much = await visitor.send(page, ASK, 400, product="suite", unit_price="much")
            assert "Price: 'much' is no price; give one of 0 or more like 114.00" in much.words
            nothing = await visitor.send(page, ASK, 422, product="mail", term="P1Y")
            assert "has no list price in EUR for the term P1Y" in nothing.words
            assert nothing.form(ASK).fields["term"] == "P1Y"
            asked = await visitor.send(page, ASK, product="suite")
            next_one = billed + timedelta(days=1)
            assert f"On {next_one}, net +1,200.00 EUR On {next_one}, with VAT +1,488.00 EUR" in asked.words
            done = await visitor.send(asked, CONVERT)
            assert "It is converted to Suite." in done.words
            assert "Price of a licence and cycle 240.00 EUR" in done.words
        await shop.bill()
        assert sorted((await shop.documents("upgrade"))[1:]) == [
            ("credit_note", Decimal("1200.00"), Decimal("1488.00")),
            ("invoice", Decimal("2400.00"), Decimal("2976.00")),
        ]

    in_shop(scenario)


def test_a_trial_is_converted_once_however_often_its_form_is_sent(in_shop: InShop) -> None:
    async def scenario(shop: Shop) -> None:
        ends = (datetime.now(UTC) + timedelta(days=10)).date()
        await shop.customer("trial")
        await shop.order("trial", trial_until=ends.isoformat())
        async with shop.console.visitor() as visitor:
            page = await visitor.look("/subscriptions/ord-trial-1/convert")
            assert "It stays free to the end of its trial" in page.words
            asked = await visitor.send(page, ASK, product="office", quantity="4", unit_price="99.00", term="P1M")
            for _ in range(2):
                assert "It is converted to Office, 1 month." in (await visitor.send(asked, CONVERT)).words
            assert "Seats 4" in (await visitor.look("/subscriptions/ord-trial-1")).words
        await shop.system.settled()
        sent = await shop.system.query("SELECT type FROM store.event WHERE stream_id = 'subscription-ord-trial-1'")
        assert sent == [("SubscriptionConverted",)]

    in_shop(scenario)


def test_a_price_is_protected_where_it_can_be_and_by_who_sets_prices(in_shop: InShop) -> None:
    async def scenario(shop: Shop) -> None:
        await sells(shop, "seal", price("4.00", "P1M"), term="P1M")
        await sells(shop, "guard", price("50.00"), term="P1Y", vendor="panda")
        await sells(shop, "setup", charge="one_time")
        listed = {"currency": "EUR", "unit_price": "80.00", "effective_from": datetime.now(UTC).date().isoformat()}
        await shop.ask("orders", "POST", "/v1/products/setup/prices", listed)
        await shop.system.settled()
        for customer, product in (("sealed", "seal"), ("guarded", "guard"), ("once", "setup")):
            await shop.customer(customer, "res-1")
            await shop.order(customer, product=product)
        of = "/subscriptions/ord-sealed-1"
        async with shop.console.visitor() as visitor:
            asked = await visitor.look(f"{of}/price-protection")
            assert "Today's list price is protected until the next anniversary of its start" in asked.words
            done = await visitor.send(asked, PROTECT)
            assert "Its price is protected." in done.words
            assert "price 4.00 EUR, protected until" in done.words
            assert not offers(await visitor.look("/subscriptions/ord-guarded-1"), "price-protection")
            refused = await visitor.look("/subscriptions/ord-guarded-1/price-protection", 409)
            assert "ord-guarded-1: the price of panda's products is not protected; only Microsoft's is" in refused.words
            assert not refused.has_button(PROTECT)
            once = await visitor.look("/subscriptions/ord-once-1")
            assert not offers(once, "convert")
            assert not offers(once, "price-protection")
        async with shop.console.visitor("reseller", reseller="res-1") as reseller:
            assert not offers(await reseller.look(of), "price-protection")
            await reseller.look(f"{of}/price-protection", 404)
            form = await reseller.look(f"{of}/convert")
            assert "unit_price" not in form.form(ASK).fields
        async with shop.console.visitor("customer", customer="sealed") as buyer:
            assert not offers(await buyer.look(of), "convert")
            await buyer.look(f"{of}/convert", 404)

    in_shop(scenario)


def test_three_years_are_billed_by_the_other_plan_and_that_is_taken_back(in_shop: InShop) -> None:
    async def scenario(shop: Shop) -> None:
        await sells(shop, "three", price("3600.00", "P3Y"), term="P3Y", billing_plans=["P1M", "P1Y"])
        await shop.customer("three")
        await shop.order("three", product="three", quantity=1, billing_frequency="P1M")
        await shop.customer("one")
        await shop.order("one", billing_frequency="P1M")
        of = "/subscriptions/ord-three-1"
        async with shop.console.visitor() as visitor:
            assert not offers(await visitor.look("/subscriptions/ord-one-1"), "billing-plan/annual")
            short = await visitor.look("/subscriptions/ord-one-1/billing-plan/annual", 409)
            assert "ord-one-1: only a term of three years changes its billing plan; convert it" in short.words
            before = await visitor.look(of)
            assert offers(before, "billing-plan/annual")
            assert not offers(before, "billing-plan/monthly")
            asked = await visitor.look(f"{of}/billing-plan/annual")
            assert "what is left of its three years is paid in parts of the other plan" in asked.words
            switched = await visitor.send(asked, ANNUALLY)
            assert "It is billed annually from its next charge on." in switched.words
            assert "billed every year" in switched.words
            assert not offers(switched, "billing-plan/annual")
            back = await visitor.look(f"{of}/billing-plan/monthly")
            assert "That is taken back: it goes on as it is billed now." in back.words
            kept = await visitor.send(back, MONTHLY)
            assert "It is billed monthly." in kept.words
            assert "billed every year" not in kept.words
            assert offers(kept, "billing-plan/annual")

    in_shop(scenario)
