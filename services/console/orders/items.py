"""The items of a draft: one more, one as it is to be (its Billing Plan is chosen here), one less."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.console.formats import link
from services.console.orders import buying
from services.console.orders.drafting import USUAL_TERMS
from services.console.orders.queries import Item, Order
from services.console.orders.sending import CONFLICT, Sent, asked, form_of, found, once_more, part, status_of, then
from services.console.rendering import page
from services.console.service_calls import NotDone
from services.console.typed import Typed, given, whole
from services.console.viewer import Looking, Viewer, reading_now, shown_to
from shared.web.errors import NotFound

router = APIRouter(dependencies=[shown_to("orders:read"), shown_to("orders:write")])

_NEW: Final = ("product", "quantity", "term")
_EDITED: Final = ("quantity", "term", "plan")
# What stands for no billing plan: paid at once, whatever the term.
ONCE: Final = "once"


@router.get("/orders/{order_id:path}/items/new")
async def adding(request: Request, viewer: Looking, order_id: str) -> Response:
    """The form for one more."""
    order, _ = await _draft(request, viewer, order_id)
    return await _adding(request, viewer, order, dict.fromkeys(_NEW, "") | {"quantity": "1"})


@router.post("/orders/{order_id:path}/items/new")
async def add(request: Request, viewer: Looking, order_id: str) -> Response:
    """What it can be bought for, or one item more."""
    order, _ = await _draft(request, viewer, order_id)
    form, sent = await form_of(request)
    typed = {name: form.get(name, "") for name in _NEW}
    if form.get("step") != "save":
        return await _adding(request, viewer, order, typed, is_asked=True)
    body = {"product": typed["product"], "quantity": whole(typed["quantity"]), **given(typed, "term")}
    try:
        answer = await asked(request, viewer, "POST", part(order_id, "items"), body, sent)
    except NotDone as refused:
        conflict = refused.status == CONFLICT
        return await _adding(
            request, viewer, order, typed, status_of(refused), wrong=None if conflict else str(refused),
            conflict=conflict, again=once_more(order, refused, sent),
        )  # fmt: skip
    return await then(request, viewer, order_id, answer, sent, "The item is added; its page has its Billing Plan.")


@router.post("/orders/{order_id:path}/items/{item_id:path}/remove")
async def remove(request: Request, viewer: Looking, order_id: str, item_id: str) -> Response:
    """One item less."""
    order, item = await _item(request, viewer, order_id, item_id)
    _, sent = await form_of(request)
    try:
        answer = await asked(request, viewer, "DELETE", part(order_id, "items", item_id), None, sent)
    except NotDone as refused:
        removal = once_more(order, refused, sent)
        return await _editing(request, viewer, order, item, _typed(item), refused=refused, removal=removal)
    return await then(request, viewer, order_id, answer, sent, f"Item {item_id} is removed.")


@router.get("/orders/{order_id:path}/items/{item_id:path}")
async def editing(request: Request, viewer: Looking, order_id: str, item_id: str) -> Response:
    """The form of one item, with every Billing Plan that it can be bought with."""
    order, item = await _item(request, viewer, order_id, item_id)
    return await _editing(request, viewer, order, item, _typed(item))


@router.post("/orders/{order_id:path}/items/{item_id:path}")
async def edit(request: Request, viewer: Looking, order_id: str, item_id: str) -> Response:
    """The prices for what is typed, or the item as it is to be."""
    order, item = await _item(request, viewer, order_id, item_id)
    form, sent = await form_of(request)
    typed = {name: form.get(name, "") for name in _EDITED}
    if form.get("step") != "save":
        return await _editing(request, viewer, order, item, typed)
    body: dict[str, Any] = {"quantity": whole(typed["quantity"]), **given(typed, "term")}
    plan = typed["term"] if typed["plan"] == ONCE else typed["plan"]
    try:
        answer = await asked(
            request, viewer, "PATCH", part(order_id, "items", item_id),
            body | ({"billing_frequency": plan} if plan else {}), sent,
        )  # fmt: skip
    except NotDone as refused:
        again = once_more(order, refused, sent)
        return await _editing(request, viewer, order, item, typed, refused=refused, again=again)
    return await then(request, viewer, order_id, answer, sent, f"Item {item_id} is changed.")


def _typed(item: Item) -> Typed:
    plan = item.billing_frequency if item.billing_plan and item.billing_frequency else ONCE
    return {"quantity": str(item.quantity), "term": item.term or "", "plan": plan}


async def _draft(request: Request, viewer: Viewer, order_id: str) -> tuple[Order, list[Item]]:
    order, items = await found(request, viewer, order_id)
    if not order.is_draft:
        raise NotFound(f"the items of order {order_id} are view-only: it is {order.status}")
    return order, items


async def _item(request: Request, viewer: Viewer, order_id: str, item_id: str) -> tuple[Order, Item]:
    order, items = await _draft(request, viewer, order_id)
    for item in items:
        if item.name == item_id:
            return order, item
    raise NotFound(f"order {order_id} has no item {item_id}")


async def _adding(
    request: Request, viewer: Viewer, order: Order, typed: Typed, status: HTTPStatus = HTTPStatus.OK, *,
    is_asked: bool = False, wrong: str | None = None, conflict: bool = False, again: Sent | None = None,
) -> Response:  # fmt: skip
    async with reading_now(request, viewer) as connection:
        products = await buying.products(connection, order.currency)
    offers = None
    if is_asked:
        try:
            offers = await _offers(request, viewer, order, typed["product"], typed)
        except NotDone as refused:
            status, wrong = status_of(refused), str(refused)
    return page(
        request, "orders/add_item.html", status, order=order, products=products, terms=USUAL_TERMS, typed=typed,
        offers=offers, wrong=wrong, conflict=conflict, sent=again or once_more(order),
    )  # fmt: skip


async def _editing(
    request: Request, viewer: Viewer, order: Order, item: Item, typed: Typed, *, refused: NotDone | None = None,
    again: Sent | None = None, removal: Sent | None = None,
) -> Response:  # fmt: skip
    """The form of an item as typed; after a conflict it stands beside the item as it is now.

    `again` and `removal` are what its two forms were sent with, where that is to count once.
    """
    conflict = refused is not None and refused.status == CONFLICT
    wrong = None if refused is None or conflict else str(refused)
    status = HTTPStatus.OK if refused is None else status_of(refused)
    async with reading_now(request, viewer) as connection:
        terms = await buying.terms(connection, item.product, order.currency)
    offers = None
    try:
        offers = await _offers(request, viewer, order, item.product, typed)
    except NotDone as no_offer:
        status, wrong = (status, wrong) if wrong else (status_of(no_offer), str(no_offer))
    if offers is not None:
        typed = {**typed, "term": typed["term"] or offers.term or ""}
    return page(
        request, "orders/item.html", status, order=order, item=item, typed=typed, offers=offers, wrong=wrong,
        conflict=conflict, terms=sorted({*terms, *([typed["term"]] if typed["term"] else [])}), once=ONCE,
        sent=again or once_more(order), removal=removal or once_more(order),
        address=link("orders", order.order_id, "items", item.name),
    )  # fmt: skip


async def _offers(request: Request, viewer: Viewer, order: Order, product: str, typed: Typed) -> buying.Offers:
    return await buying.offers(
        request, viewer, product=product, customer=order.customer, currency=order.currency, quantity=typed["quantity"],
        term=typed["term"],
    )  # fmt: skip
