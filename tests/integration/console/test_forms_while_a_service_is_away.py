"""A form that is sent while a service is away comes back with what was typed; sent once more it counts once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.integration.console.shop import InShop, Shop

pytestmark = [pytest.mark.broker, pytest.mark.database]

_CHANGE = "Confirm: change licences"
_UNKNOWN = "whether it was done is not known: send it again as it stands, it is done once."


@contextmanager
def lost_answers(shop: Shop, *, after: bool) -> Iterator[None]:
    """No service is reached; with `after` each does what it is asked, and its answer never comes."""

    async def lose(lost: httpx.Request | httpx.Response) -> None:
        raise httpx.ConnectError("lost on the way")

    shop.console.services.event_hooks = {"response" if after else "request": [lose]}
    try:
        yield
    finally:
        shop.console.services.event_hooks = {}


@pytest.mark.parametrize("after", [False, True], ids=["before it was done", "after it was done"])
def test_a_new_order_is_placed_once(in_shop: InShop, after: bool) -> None:
    async def scenario(shop: Shop) -> None:
        customer = f"away-order-{after}".lower()
        await shop.customer(customer)
        async with shop.console.visitor() as visitor:
            page = await visitor.look(f"/orders/new?customer={customer}")
            with lost_answers(shop, after=after):
                again = await visitor.send(page, "Place the draft", 503, product="office", quantity="7")
            assert f"Orders does not answer; {_UNKNOWN}" in again.words
            assert again.form("Place the draft").fields["quantity"] == "7"
            placed = await visitor.send(again, "Place the draft")
            assert "is placed as a draft" in placed.words
        await shop.system.settled()
        orders = await shop.system.query("SELECT order_id FROM read.orders WHERE customer = %s", customer)
        assert len(orders) == 1

    in_shop(scenario)


@pytest.mark.parametrize("after", [False, True], ids=["before it was done", "after it was done"])
def test_items_and_what_ends_a_draft(in_shop: InShop, after: bool) -> None:
    async def scenario(shop: Shop) -> None:
        customer = f"away-items-{after}".lower()
        await shop.customer(customer)
        await shop.order(customer, execute=False)
        of = f"/orders/ord-{customer}"
        async with shop.console.visitor() as visitor:
            for path, button, typed in (
                ("/items/new", "Add the item", {"product": "mail", "quantity": "3"}),
                ("/items/1", "Save", {"quantity": "12"}),
                ("/execute", "Confirm: execute", {}),
            ):
                page = await visitor.look(of + path)
                with lost_answers(shop, after=after):
                    again = await visitor.send(page, button, 503, **typed)
                assert _UNKNOWN in again.words
                assert typed.items() <= again.form(button).fields.items()
                await visitor.send(again, button)
                await shop.system.settled()
            order = await visitor.look(of)
        assert "Executed" in order.words
        items = "SELECT product, quantity FROM read.subscriptions WHERE customer = %s ORDER BY product"
        assert await shop.system.query(items, customer) == [("mail", 3), ("office", 12)]

    in_shop(scenario)


@pytest.mark.parametrize("after", [False, True], ids=["before it was done", "after it was done"])
def test_a_change_is_confirmed_once(in_shop: InShop, after: bool) -> None:
    async def scenario(shop: Shop) -> None:
        customer = f"away-change-{after}".lower()
        await shop.customer(customer)
        await shop.order(customer)
        of = f"/subscriptions/ord-{customer}-1"
        async with shop.console.visitor() as visitor:
            asked = await visitor.look(f"{of}/licences?quantity=15&when=now&reason=more+staff")
            with lost_answers(shop, after=after):
                again = await visitor.send(asked, _CHANGE, 503)
            assert f"Subscriptions does not answer; {_UNKNOWN}" in again.words
            assert again.form("Show what it will cost").fields["reason"] == "more staff"
            assert "It has 15 licences from now on." in (await visitor.send(again, _CHANGE)).words
        changes = "SELECT count(*) FROM store.event WHERE stream_id = %s AND type = 'LicensesChanged'"
        assert await shop.system.query(changes, f"subscription-ord-{customer}-1") == [(1,)]

    in_shop(scenario)
