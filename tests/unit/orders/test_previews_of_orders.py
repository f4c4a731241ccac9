"""What a preview of an order says would be billed is what is billed once it is executed."""

from __future__ import annotations

from typing import Any

import pytest

from services.orders.commands.order_bodies import AddItem, DeleteOrder, ExecuteOrder, ItemChange, PlaceOrder
from tests.billing_dsl import Given
from tests.unit.orders.shop import PLAN, RESELLER, Shop, open_shop, read

FREE = {"product": "mail", "quantity": 5}


def billed(preview: Any) -> list[Any]:
    return [one for run in (preview["now"], *preview["next"]) for one in run["with"]["documents"]]


def asked(**more: Any) -> PlaceOrder:
    content = {"order_id": "o-1", "currency": "EUR", "customer": {"id": "cus-1"}, "items": [PLAN, FREE], **more}
    return read(PlaceOrder, content)


def simulated(shop: Shop, until: str) -> Any:
    """The documents without the reasons that a simulation gives with each line."""
    documents = Given(tuple(shop.events)).until(until).json
    return [{**one, "lines": [{k: v for k, v in line.items() if k != "why"} for line in one["lines"]]}
            for one in documents]  # fmt: skip


@pytest.mark.parametrize(
    "more", [{}, {"execute": True}, {"execute": True, "customer": {"id": "cus-9", "name": "New", "billing_day": 20}}]
)
def test_what_a_preview_says_is_billed(more: dict[str, Any]) -> None:
    shop = open_shop()
    preview = shop.preview(asked(**more), by=RESELLER)["preview"]
    assert not preview["rejected"]
    assert all(not run["without"]["documents"] for run in (preview["now"], *preview["next"]))
    shop.ask(asked(**more), by=RESELLER)
    if not more:
        shop.execute(by=RESELLER)
    assert billed(preview)
    assert billed(preview) == simulated(shop, preview["next"][-1]["date"])


def test_an_edit_of_a_draft_is_previewed_as_if_it_were_executed_with_it() -> None:
    shop = open_shop()
    shop.place(PLAN)
    for request in (read(ItemChange, {"quantity": 3}), read(AddItem, FREE), ExecuteOrder()):
        body = shop.preview(request, "o-1", item="1")
        first = body["preview"]["now"]["with"]["documents"][0]
        assert first["lines"][0]["net"] == body["items"][0]["net"]
    assert shop.session.books.order("o-1").status == "placed"  # type: ignore[union-attr]


def test_what_founds_nothing_has_no_documents() -> None:
    shop = open_shop()
    shop.place(PLAN)
    assert shop.preview(DeleteOrder(), "o-1")["preview"] is None
    shop.execute()
    assert shop.preview(ExecuteOrder(), "o-1")["preview"] is None
