"""`python -m services.orders.api`: orders, accounts, catalogue and settings as last stated, and the commands on them.

Who asks sees what is theirs: the database chooses the rows (`sql/policies.sql`).
"""

from __future__ import annotations

import sys
from typing import TypeVar

from fastapi import APIRouter, Response

from services.orders import account_routes, catalogue_routes, order_routes, queries
from services.orders.desk import OrdersDesk
from services.orders.shown import (
    Customer,
    Order,
    OrderWithItems,
    Product,
    ProductWithPrices,
    Reseller,
    Setting,
)
from shared.web.access import needs
from shared.web.application import Reading, serve
from shared.web.commanding import VERSIONED, etag
from shared.web.errors import NotFound
from shared.web.paging import Cursor, Limit, Page, key_of, page_of

router = APIRouter(prefix="/v1")
DESK = OrdersDesk()
Versioned = TypeVar("Versioned", Order, OrderWithItems, Customer, Reseller, Product, ProductWithPrices)


@router.get("/orders", tags=["orders"], dependencies=[needs("orders:read", "read orders")])
async def orders(
    connection: Reading,
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


@router.get(
    "/orders/{order_id:path}",
    tags=["orders"],
    dependencies=[needs("orders:read", "read orders")],
    responses={**VERSIONED},
)
async def order(connection: Reading, order_id: str, response: Response) -> OrderWithItems:
    """One order with its items; its version is the ETag."""
    return _versioned(await queries.order(connection, order_id), f"order {order_id!r}", response)


@router.get("/customers", tags=["accounts"], dependencies=[needs("accounts:read", "read customers")])
async def customers(
    connection: Reading, reseller: str | None = None, limit: Limit = 100, cursor: Cursor = None
) -> Page[Customer]:
    """Customers by id; of one reseller."""
    (after,) = key_of(cursor, [""])
    found = await queries.customers(connection, after, limit + 1, reseller=reseller)
    return page_of(found, limit, lambda one: [one.customer])


@router.get(
    "/customers/{customer_id:path}",
    tags=["accounts"],
    dependencies=[needs("accounts:read", "read customers")],
    responses={**VERSIONED},
)
async def customer(connection: Reading, customer_id: str, response: Response) -> Customer:
    """One customer; its version is the ETag."""
    return _versioned(await queries.customer(connection, customer_id), f"customer {customer_id!r}", response)


@router.get("/resellers", tags=["accounts"], dependencies=[needs("accounts:read", "read resellers")])
async def resellers(connection: Reading, limit: Limit = 100, cursor: Cursor = None) -> Page[Reseller]:
    """Resellers by id."""
    (after,) = key_of(cursor, [""])
    found = await queries.resellers(connection, after, limit + 1)
    return page_of(found, limit, lambda one: [one.reseller])


@router.get(
    "/resellers/{reseller_id:path}",
    tags=["accounts"],
    dependencies=[needs("accounts:read", "read resellers")],
    responses={**VERSIONED},
)
async def reseller(connection: Reading, reseller_id: str, response: Response) -> Reseller:
    """One reseller; its version is the ETag."""
    return _versioned(await queries.reseller(connection, reseller_id), f"reseller {reseller_id!r}", response)


@router.get("/products", tags=["catalogue"], dependencies=[needs("catalogue:read", "read products")])
async def products(connection: Reading, limit: Limit = 100, cursor: Cursor = None) -> Page[ProductWithPrices]:
    """Products of the catalogue by id, with their list prices."""
    (after,) = key_of(cursor, [""])
    found = await queries.products(connection, after, limit + 1)
    return page_of(found, limit, lambda one: [one.product])


@router.get(
    "/products/{product_id:path}",
    tags=["catalogue"],
    dependencies=[needs("catalogue:read", "read products")],
    responses={**VERSIONED},
)
async def product(connection: Reading, product_id: str, response: Response) -> ProductWithPrices:
    """One product with its list prices; its version is the ETag."""
    return _versioned(await queries.product(connection, product_id), f"product {product_id!r}", response)


@router.get("/settings", tags=["settings"], dependencies=[needs("settings:read", "read settings")])
async def settings(
    connection: Reading, scope: str | None = None, scope_id: str | None = None, limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Setting]:  # fmt: skip
    """Settings by what they hold for, key and date; of one scope, of one thing in it."""
    after = key_of(cursor, ["", "", "", ""])
    found = await queries.settings(connection, after, limit + 1, scope=scope, scope_id=scope_id)
    return page_of(found, limit, lambda one: [one.scope, one.scope_id, one.key, one.effective_from])


def _versioned(found: Versioned | None, what: str, response: Response) -> Versioned:
    """One thing with its version as the ETag. NotFound names it."""
    if found is None:
        raise NotFound(f"there is no {what}")
    response.headers["ETag"] = etag(found.version)
    return found


for routes in (order_routes.router, account_routes.router, catalogue_routes.router):
    router.include_router(routes)

if __name__ == "__main__":
    sys.exit(serve("orders", router, DESK))
