"""What the API of orders reads: the views of the schema `read`, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel

from services.orders.shown import (
    Customer,
    ListPrice,
    Order,
    OrderWithItems,
    Product,
    ProductWithPrices,
    Reseller,
    Setting,
)
from shared.web.order_models import OrderItem

_ORDERS = """
SELECT * FROM read.orders
WHERE order_id > %(after)s
    AND (%(customer)s::text IS NULL OR customer = %(customer)s)
    AND (%(reseller)s::text IS NULL OR reseller = %(reseller)s)
    AND (%(status)s::text IS NULL OR status = %(status)s)
ORDER BY order_id LIMIT %(limit)s
"""
_ORDER = "SELECT * FROM read.orders WHERE order_id = %s"
_ITEMS = "SELECT * FROM read.order_items WHERE order_id = %s ORDER BY subscription"
_CUSTOMERS = """
SELECT * FROM read.customers
WHERE customer > %(after)s AND (%(reseller)s::text IS NULL OR reseller = %(reseller)s)
ORDER BY customer LIMIT %(limit)s
"""
_CUSTOMER = "SELECT * FROM read.customers WHERE customer = %s"
_RESELLERS = "SELECT * FROM read.resellers WHERE reseller > %(after)s ORDER BY reseller LIMIT %(limit)s"
_RESELLER = "SELECT * FROM read.resellers WHERE reseller = %s"
_PRODUCTS = "SELECT * FROM read.products WHERE product > %(after)s ORDER BY product LIMIT %(limit)s"
_PRODUCT = "SELECT * FROM read.products WHERE product = %s"
_PRICES = """
SELECT * FROM read.list_prices WHERE product = ANY(%s)
ORDER BY product, currency, term, billing_frequency, effective_from
"""
_SETTINGS = """
SELECT * FROM read.settings
WHERE (scope, scope_id, key, effective_from) > (%(scope_after)s, %(id_after)s, %(key_after)s, %(date_after)s)
    AND (%(scope)s::text IS NULL OR scope = %(scope)s)
    AND (%(scope_id)s::text IS NULL OR scope_id = %(scope_id)s)
ORDER BY scope, scope_id, key, effective_from LIMIT %(limit)s
"""

M = TypeVar("M", bound=BaseModel)


async def orders(
    connection: AsyncConnection,
    after: str,
    limit: int,
    *,
    customer: str | None = None,
    reseller: str | None = None,
    status: str | None = None,
) -> list[Order]:
    """At most `limit` orders after an id, sorted by id."""
    wanted = {"after": after, "limit": limit, "customer": customer, "reseller": reseller, "status": status}
    return await _all(connection, Order, _ORDERS, wanted)


async def order(connection: AsyncConnection, order_id: str) -> OrderWithItems | None:
    """One order with its items."""
    found = await _one(connection, Order, _ORDER, order_id)
    if found is None:
        return None
    return OrderWithItems(**found.model_dump(), items=await _all(connection, OrderItem, _ITEMS, [order_id]))


async def customers(
    connection: AsyncConnection, after: str, limit: int, *, reseller: str | None = None
) -> list[Customer]:
    """At most `limit` customers after an id, sorted by id."""
    return await _all(connection, Customer, _CUSTOMERS, {"after": after, "limit": limit, "reseller": reseller})


async def customer(connection: AsyncConnection, customer_id: str) -> Customer | None:
    """One customer."""
    return await _one(connection, Customer, _CUSTOMER, customer_id)


async def resellers(connection: AsyncConnection, after: str, limit: int) -> list[Reseller]:
    """At most `limit` resellers after an id, sorted by id."""
    return await _all(connection, Reseller, _RESELLERS, {"after": after, "limit": limit})


async def reseller(connection: AsyncConnection, reseller_id: str) -> Reseller | None:
    """One reseller."""
    return await _one(connection, Reseller, _RESELLER, reseller_id)


async def products(connection: AsyncConnection, after: str, limit: int) -> list[ProductWithPrices]:
    """At most `limit` products after an id, sorted by id, with their list prices."""
    return await _with_prices(connection, await _all(connection, Product, _PRODUCTS, {"after": after, "limit": limit}))


async def product(connection: AsyncConnection, product_id: str) -> ProductWithPrices | None:
    """One product with its list prices."""
    found = await _with_prices(connection, await _all(connection, Product, _PRODUCT, [product_id]))
    return found[0] if found else None


async def _with_prices(connection: AsyncConnection, found: Sequence[Product]) -> list[ProductWithPrices]:
    prices: dict[str, list[ListPrice]] = {one.product: [] for one in found}
    for price in await _all(connection, ListPrice, _PRICES, [list(prices)]):
        prices[price.product].append(price)
    return [ProductWithPrices(**one.model_dump(), prices=prices[one.product]) for one in found]


async def settings(
    connection: AsyncConnection, after: Sequence[str], limit: int, *, scope: str | None, scope_id: str | None
) -> list[Setting]:
    """At most `limit` settings after (scope, scope_id, key, effective_from), sorted by these."""
    names = ("scope_after", "id_after", "key_after", "date_after")
    wanted = {**dict(zip(names, after, strict=True)), "limit": limit, "scope": scope, "scope_id": scope_id}
    return await _all(connection, Setting, _SETTINGS, wanted)


async def _one(connection: AsyncConnection, model: type[M], query: LiteralString, key: str) -> M | None:
    found = await _all(connection, model, query, [key])
    return found[0] if found else None


async def _all(
    connection: AsyncConnection, model: type[M], query: LiteralString, wanted: Sequence[object] | Mapping[str, object]
) -> list[M]:
    async with connection.cursor(row_factory=class_row(model)) as cursor:
        return await (await cursor.execute(query, wanted)).fetchall()
