"""A new order: who orders, and its first item."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.console.orders import buying
from services.console.orders.sending import asked, form_of, part, status_of, then
from services.console.rendering import page
from services.console.service_calls import NotDone, ServiceAway, new_key
from services.console.typed import Typed, given, whole
from services.console.viewer import Looking, Viewer, reading_now, shown_to
from shared.web.errors import NotFound
from shared.web.searching import Search, pattern

router = APIRouter(dependencies=[shown_to("orders:read"), shown_to("orders:write")])

_FIELDS: Final = ("customer", "product", "currency", "quantity", "term")
# A price that holds for terms of any length says nothing of which there are.
USUAL_TERMS: Final = ("P1M", "P1Y", "P3Y")


@router.get("/orders/new")
async def choose(request: Request, viewer: Looking, q: Search = "", customer: str = "") -> Response:
    """Whose order it is to be; then what of."""
    if customer:
        return await _form(request, viewer, dict.fromkeys(_FIELDS, "") | {"customer": customer, "quantity": "1"})
    async with reading_now(request, viewer) as connection:
        found = await buying.buyers(connection, pattern(q))
    more = len(found) > buying.MOST_CUSTOMERS
    return page(request, "orders/who.html", buyers=found[: buying.MOST_CUSTOMERS], more=more, search=q)


@router.post("/orders/new")
async def place(request: Request, viewer: Looking) -> Response:
    """What it can be bought for, or the draft itself."""
    form, sent = await form_of(request)
    typed = {name: form.get(name, "") for name in _FIELDS}
    # What is no number is refused by the offers, in words about the field that was typed into.
    if form.get("step") != "save" or isinstance(whole(typed["quantity"]), str):
        return await _form(request, viewer, typed, is_asked=True)
    item = {"product": typed["product"], "quantity": whole(typed["quantity"]), **given(typed, "term")}
    body = {"currency": typed["currency"], "customer": {"id": typed["customer"]}, "items": [item]}
    try:
        answer = await asked(request, viewer, "POST", part(), body, sent)
    except NotDone as refused:
        key = sent.key if isinstance(refused, ServiceAway) else None
        return await _form(request, viewer, typed, status_of(refused), wrong=str(refused), key=key)
    order_id = answer.document["order_id"]
    sentence = f"{order_id} is placed as a draft. The Billing Plan is chosen on the page of each item."
    return await then(request, viewer, order_id, answer, sent, sentence, is_new=True)


async def _form(
    request: Request, viewer: Viewer, typed: Typed, status: HTTPStatus = HTTPStatus.OK, *, is_asked: bool = False,
    wrong: str | None = None, key: str | None = None,
) -> Response:  # fmt: skip
    async with reading_now(request, viewer) as connection:
        buyer = await buying.buyer(connection, typed["customer"])
        if buyer is None:
            raise NotFound(f"there is no customer {typed['customer']}")
        currencies = await buying.currencies(connection, buyer.customer)
        products = await buying.products(connection, typed["currency"] or next(iter(currencies), ""))
    offers = None
    if is_asked:
        try:
            offers = await buying.offers(
                request, viewer, product=typed["product"], customer=buyer.customer, currency=typed["currency"],
                quantity=typed["quantity"], term=typed["term"],
            )  # fmt: skip
        except NotDone as refused:
            status, wrong = status_of(refused), str(refused)
    return page(
        request, "orders/new.html", status, buyer=buyer, products=products, currencies=currencies, terms=USUAL_TERMS,
        typed=typed, offers=offers, wrong=wrong, key=key or new_key(),
    )  # fmt: skip
