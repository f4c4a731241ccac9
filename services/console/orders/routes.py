"""The list of orders, and the page of one."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.console.afterwards import said
from services.console.exports import ROWS_ASKED, Field, Format, exported
from services.console.listing import PageNumber, Sort
from services.console.orders import queries
from services.console.rendering import page
from services.console.viewer import Looking, Reading, shown_to
from shared.web.errors import NotFound
from shared.web.searching import Search, pattern

router = APIRouter(dependencies=[shown_to("orders:read")])

Filter = Annotated[str | None, Query(max_length=200)]
_FIELDS = [Field(name, attrgetter(name)) for name in queries.Row.model_fields]


@router.get("/orders")
async def orders(
    request: Request,
    viewer: Looking,
    connection: Reading,
    q: Search = "",
    status: Literal["placed", "executed", "deleted", ""] | None = None,
    customer: Filter = None,
    reseller: Filter = None,
    sort: Sort = None,
    page_number: PageNumber = 1,
    format: Format | None = None,
) -> Response:
    """The list; as a file too."""
    wanted = queries.wanted(pattern(q), status=status, customer=customer, reseller=reseller)
    if format is not None:
        rows = queries.ORDERS.everything(connection, wanted, sort, ROWS_ASKED)
        return await exported(format, "orders", _FIELDS, rows)
    listed = await queries.ORDERS.page(connection, wanted, sort, page_number)
    return page(
        request, "orders/list.html", listed=listed, search=q, filters=wanted,
        resellers=await queries.resellers(connection), may_place=viewer.may("orders:write"),
    )  # fmt: skip


@router.get("/orders/{order_id:path}")
async def order(request: Request, viewer: Looking, connection: Reading, order_id: str) -> Response:
    """One order with its items."""
    found, told = await queries.order(connection, order_id), said(request, viewer)
    if found is None:
        if told is not None and told.is_on_its_way(None):
            return page(request, "orders/coming.html", order_id=order_id, said=told)
        raise NotFound(f"there is no order {order_id}")
    return page(
        request, "orders/one.html", one=found, items=await queries.items(connection, order_id), said=told,
        may_change=viewer.may("orders:write") and found.status != "deleted",
    )  # fmt: skip
