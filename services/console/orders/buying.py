"""What a draft is made of: customers to choose from, products on sale, and what a product can be bought for."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel

from services.console.service_calls import calls
from services.console.viewer import Viewer
from shared.web.order_models import Offer

MOST_CUSTOMERS: Final = 20
_CUSTOMERS = """
SELECT c.customer, c.name, r.reseller, r.name AS reseller_name
FROM read.customers AS c
LEFT JOIN read.resellers AS r USING (reseller)
WHERE %(search)s::text IS NULL OR c.customer ILIKE %(search)s OR c.name ILIKE %(search)s
ORDER BY c.name, c.customer
LIMIT %(limit)s
"""
_CUSTOMER = """
SELECT c.customer, c.name, r.reseller, r.name AS reseller_name
FROM read.customers AS c LEFT JOIN read.resellers AS r USING (reseller)
WHERE c.customer = %s
"""
# The form begins with the first one, so what has no price in the currency, or prices and no definition, comes last.
_PRODUCTS = """
SELECT product, coalesce(name, product)
FROM read.products JOIN read.list_prices AS l USING (product)
WHERE NOT deleted
GROUP BY product, name
ORDER BY bool_or(l.currency = %s) DESC, name IS NULL, 2
"""
_CURRENCIES = "SELECT DISTINCT currency FROM read.list_prices ORDER BY currency"
_USUAL_CURRENCY = """
SELECT currency FROM read.orders WHERE customer = %s ORDER BY executed_at DESC NULLS LAST, order_id LIMIT 1
"""
_TERMS = "SELECT DISTINCT term FROM read.list_prices WHERE product = %s AND currency = %s AND term <> '-'"


class Buyer(BaseModel):
    """A customer who can order."""

    customer: str
    name: str | None
    reseller: str | None
    reseller_name: str | None


class Offers(BaseModel):
    """What a product can be bought for; `term` is None for a one-time charge."""

    term: str | None
    currency: str
    quantity: int
    offers: list[Offer]


async def buyers(connection: AsyncConnection, search: str | None) -> list[Buyer]:
    """The first customers that fit, one more than are shown: so it is known whether there are more."""
    async with connection.cursor(row_factory=class_row(Buyer)) as cursor:
        wanted = {"search": search, "limit": MOST_CUSTOMERS + 1}
        return await (await cursor.execute(_CUSTOMERS, wanted)).fetchall()


async def buyer(connection: AsyncConnection, customer: str) -> Buyer | None:
    async with connection.cursor(row_factory=class_row(Buyer)) as cursor:
        return await (await cursor.execute(_CUSTOMER, [customer])).fetchone()


async def products(connection: AsyncConnection, currency: str) -> list[tuple[str, str]]:
    """Products that have a price, each with its name; those that have one in the currency come first."""
    return [(product, name) for product, name in await (await connection.execute(_PRODUCTS, [currency])).fetchall()]


async def currencies(connection: AsyncConnection, customer: str) -> list[str]:
    """Currencies in which anything has a price; the one that the customer ordered in last comes first."""
    found = [currency for (currency,) in await (await connection.execute(_CURRENCIES)).fetchall()]
    usual = await (await connection.execute(_USUAL_CURRENCY, [customer])).fetchone()
    return sorted(found, key=lambda currency: (usual is None or currency != usual[0], currency))


async def terms(connection: AsyncConnection, product: str, currency: str) -> list[str]:
    """The terms that have a list price, as ISO 8601 durations."""
    return [term for (term,) in await (await connection.execute(_TERMS, [product, currency])).fetchall()]


async def offers(request: Request, viewer: Viewer, **asked: str) -> Offers:
    """What a product can be bought for, as the service says. Raises NotDone."""
    wanted = urlencode({name: value for name, value in asked.items() if value})
    answer = await calls(request).ask(request, viewer, "orders", "GET", f"/v1/offers?{wanted}")
    return Offers.model_validate(answer.document)
