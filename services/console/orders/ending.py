"""What ends a draft: its execution, with what it will cost, and its deletion, where that can be."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.console.costs import costs
from services.console.formats import link
from services.console.orders.queries import Item, Order
from services.console.orders.sending import CONFLICT, Sent, asked, form_of, found, once_more, part, status_of, then
from services.console.rendering import page
from services.console.service_calls import NotDone, Refused, ServiceAway
from services.console.viewer import Looking, Viewer, shown_to
from shared.web.errors import NotFound

router = APIRouter(dependencies=[shown_to("orders:read"), shown_to("orders:write")])


@router.get("/orders/{order_id:path}/execute")
async def look(request: Request, viewer: Looking, order_id: str) -> Response:
    """What it will cost; who comes back to an order that is executed is led to the order."""
    order, _ = await found(request, viewer, order_id)
    return await _executing(request, viewer, order) if order.is_draft else _ended(order)


@router.post("/orders/{order_id:path}/execute")
async def execute(request: Request, viewer: Looking, order_id: str) -> Response:
    """The items become subscriptions."""
    _, sent = await form_of(request)
    try:
        answer = await asked(request, viewer, "POST", part(order_id, "execute"), {}, sent)
    except NotDone as refused:
        order, _ = await found(request, viewer, order_id)
        return await _executing(request, viewer, order, refused, sent) if order.is_draft else _ended(order)
    names = ", ".join(item["subscription"] for item in answer.document["items"])
    return await then(request, viewer, order_id, answer, sent, f"{order_id} is executed. It runs as {names}.")


@router.get("/orders/{order_id:path}/delete")
async def ask(request: Request, viewer: Looking, order_id: str) -> Response:
    """What deleting it means, or why it cannot be deleted."""
    order, _ = await found(request, viewer, order_id)
    try:
        await asked(request, viewer, "DELETE", part(order_id))
    except Refused as refused:
        status_of(refused)
        return _deleting(request, order, HTTPStatus.OK, refused)
    return _deleting(request, order, HTTPStatus.OK)


@router.post("/orders/{order_id:path}/delete")
async def delete(request: Request, viewer: Looking, order_id: str) -> Response:
    """Gone, or hidden where it was executed."""
    order, _ = await found(request, viewer, order_id)
    _, sent = await form_of(request)
    try:
        answer = await asked(request, viewer, "DELETE", part(order_id), None, sent)
    except NotDone as refused:
        return _deleting(request, order, status_of(refused), refused, sent)
    return await then(request, viewer, order_id, answer, sent, f"{order_id} is deleted.")


def _ended(order: Order) -> Response:
    """It is no draft any more: the page of an executed one says what became of it. NotFound for a deleted one."""
    if order.status == "executed":
        return RedirectResponse(link("orders", order.order_id), HTTPStatus.SEE_OTHER)
    raise NotFound(f"order {order.order_id} is {order.status}: there is nothing to execute")


async def _executing(
    request: Request, viewer: Viewer, order: Order, refused: NotDone | None = None, sent: Sent | None = None
) -> Response:
    """The order as it would be executed now; after a refusal with the reason.

    Where the service gave no answer, with what was `sent`: sent again it is executed once.
    """
    conflict = refused is not None and refused.status == CONFLICT
    wrong = None if refused is None or conflict else str(refused)
    status = HTTPStatus.OK if refused is None else status_of(refused)
    items: list[Item] = []
    found_costs = None
    if wrong is None:
        try:
            answer = await asked(request, viewer, "POST", part(order.order_id, "execute"), {})
        except NotDone as no:
            status, wrong = status_of(no), str(no)
        else:
            items = [Item.model_validate(item) for item in answer.document["items"]]
            preview = answer.document["preview"]
            found_costs = None if preview is None else costs(preview, order.currency)
    return page(
        request, "orders/execute.html", status, order=order, items=items, costs=found_costs, wrong=wrong,
        conflict=conflict, is_open=isinstance(refused, ServiceAway), sent=once_more(order, refused, sent),
    )  # fmt: skip


def _deleting(
    request: Request, order: Order, status: HTTPStatus, refused: NotDone | None = None, sent: Sent | None = None
) -> Response:
    conflict = refused is not None and refused.status == CONFLICT
    wrong = None if refused is None or conflict else str(refused)
    return page(
        request, "orders/delete.html", status, order=order, wrong=wrong, conflict=conflict,
        is_open=isinstance(refused, ServiceAway), sent=once_more(order, refused, sent),
    )  # fmt: skip
