"""What the API of orders reads: the views of the schema `read`, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel

from services.orders.shown import (
    Customer,
    ListPrice,
    Order,
    OrderItem,
    OrderWithItems,
    Product,
    ProductWithPrices,
)

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
_PRODUCTS = "SELECT * FROM read.products WHERE product > %(after)s ORDER BY product LIMIT %(limit)s"
_PRICES = """
SELECT * FROM read.list_prices WHERE product = ANY(%s)
ORDER BY product, currency, term, billing_frequency, effective_from
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
    found = await _all(connection, Order, _ORDER, [order_id])
    if not found:
        return None
    items = await _all(connection, OrderItem, _ITEMS, [order_id])
    return OrderWithItems(**found[0].model_dump(), items=items)


async def customers(
    connection: AsyncConnection, after: str, limit: int, *, reseller: str | None = None
) -> list[Customer]:
    """At most `limit` customers after an id, sorted by id."""
    return await _all(connection, Customer, _CUSTOMERS, {"after": after, "limit": limit, "reseller": reseller})


async def products(connection: AsyncConnection, after: str, limit: int) -> list[ProductWithPrices]:
    """At most `limit` products after an id, sorted by id, with their list prices."""
    found = await _all(connection, Product, _PRODUCTS, {"after": after, "limit": limit})
    prices: dict[str, list[ListPrice]] = {one.product: [] for one in found}
    for price in await _all(connection, ListPrice, _PRICES, [list(prices)]):
        prices[price.product].append(price)
    return [ProductWithPrices(**one.model_dump(), prices=prices[one.product]) for one in found]


async def _all(
    connection: AsyncConnection, model: type[M], query: LiteralString, wanted: Sequence[object] | dict[str, object]
) -> list[M]:
    async with connection.cursor(row_factory=class_row(model)) as cursor:
        return await (await cursor.execute(query, wanted)).fetchall()
