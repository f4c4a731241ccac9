"""`python -m services.orders.api`: orders, customers and products as last stated.

No authentication yet (a later part), so it listens on the loopback address only.
"""

from __future__ import annotations

import sys

from fastapi import APIRouter

from services.orders import queries
from services.orders.shown import Customer, Order, OrderWithItems, ProductWithPrices
from shared.web.application import Connection, serve
from shared.web.errors import NotFound
from shared.web.paging import Cursor, Limit, Page, key_of, page_of

router = APIRouter(prefix="/v1")


@router.get("/orders")
async def orders(
    connection: Connection,
    customer: str | None = None,
    reseller: str | None = None,
    status: str | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Order]:
    """Orders by id; of one customer, one reseller, in one status."""
    (after,) = key_of(cursor, [""])
    found = await queries.orders(connection, after, limit + 1, customer=customer, reseller=reseller, status=status)
    return page_of(found, limit, lambda one: [one.order_id])


@router.get("/orders/{order_id:path}")
async def order(connection: Connection, order_id: str) -> OrderWithItems:
    """One order with its items."""
    found = await queries.order(connection, order_id)
    if found is None:
        raise NotFound(f"there is no order {order_id!r}")
    return found


@router.get("/customers")
async def customers(
    connection: Connection, reseller: str | None = None, limit: Limit = 100, cursor: Cursor = None
) -> Page[Customer]:
    """Customers by id; of one reseller."""
    (after,) = key_of(cursor, [""])
    found = await queries.customers(connection, after, limit + 1, reseller=reseller)
    return page_of(found, limit, lambda one: [one.customer])


@router.get("/products")
async def products(connection: Connection, limit: Limit = 100, cursor: Cursor = None) -> Page[ProductWithPrices]:
    """Products of the catalogue by id, with their list prices."""
    (after,) = key_of(cursor, [""])
    found = await queries.products(connection, after, limit + 1)
    return page_of(found, limit, lambda one: [one.product])


if __name__ == "__main__":
    sys.exit(serve("orders", router))
