"""What things are called on paper: as the views have it when a document is issued, and kept with it from then on.

Names come from the views of orders. An installation without that service prints ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from shared.billing.documents import Document
from shared.billing.tax import EXEMPT

_THERE = "SELECT to_regclass('read.customers') IS NOT NULL AND to_regclass('read.resellers') IS NOT NULL"
_RECIPIENTS = """
SELECT reseller AS id, name, country, vat_id, tax_exempt FROM read.resellers WHERE reseller = ANY(%(ids)s)
UNION ALL
SELECT customer, name, country, vat_id, tax_exempt FROM read.customers
WHERE customer = ANY(%(ids)s) AND NOT EXISTS (SELECT FROM read.resellers WHERE reseller = customer)
"""
_CUSTOMERS = "SELECT customer AS id, coalesce(name, customer) AS name FROM read.customers WHERE customer = ANY(%(ids)s)"
# A product that the catalogue does not have is called as the last order for it did.
_PRODUCTS = """
SELECT id, coalesce(product.name, ordered.name) AS name, product.tax_type
FROM unnest(%(ids)s::text[]) AS wanted (id)
LEFT JOIN read.products AS product ON product.product = id
LEFT JOIN LATERAL (
    SELECT product_name AS name FROM read.order_items
    WHERE product.name IS NULL AND order_items.product = id AND subscription = ANY(%(subscriptions)s)
        AND product_name IS NOT NULL
    ORDER BY order_id LIMIT 1
) AS ordered ON true
"""
_KEEP = """
INSERT INTO invoicing.document_names (document, names)
SELECT document, names FROM unnest(%s::text[], %s::jsonb[]) AS w (document, names)
ON CONFLICT (document) DO NOTHING
"""
_KEPT = "SELECT names FROM read.document_names WHERE document = %s"


@dataclass(frozen=True, slots=True)
class Named:
    """What a document needs to know of things: who it goes to, names by id, and the products that no tax is owed for.

    `recipient` has name, country, vat_id and tax_exempt, as far as they are known.
    """

    recipient: Mapping[str, Any] = field(default_factory=dict)
    customers: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, str] = field(default_factory=dict)
    exempt_products: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Naming:
    """A document of which names are wanted."""

    number: str
    recipient: str
    customers: frozenset[str]
    products: frozenset[str]
    subscriptions: frozenset[str]


async def keep(connection: AsyncConnection, documents: Sequence[Document]) -> None:
    """Keep what things are called now with documents that are being issued, in the transaction that issues them."""
    if not documents or not await _there(connection):
        return
    issued = [_naming(document) for document in documents]
    known = await _known(connection, issued)
    rows = [(one.number, Jsonb(_kept(_of(one, known), one.recipient))) for one in issued]
    await connection.execute(_KEEP, [list(column) for column in zip(*rows, strict=True)])


async def named(connection: AsyncConnection, wanted: Naming) -> Named:
    """What things were called when the document was issued; as they are called now where that was not kept."""
    row = await (await connection.execute(_KEPT, [wanted.number])).fetchone()
    kept = _read(row[0]) if row is not None else Named()
    missing = not wanted.customers <= kept.customers.keys() or not wanted.products <= kept.products.keys()
    if (row is not None and not missing) or not await _there(connection):
        return kept
    now = _of(wanted, await _known(connection, [wanted]))
    return Named(
        kept.recipient or now.recipient,
        {**now.customers, **kept.customers},
        {**now.products, **kept.products},
        kept.exempt_products if row is not None else now.exempt_products,
    )


def _naming(document: Document) -> Naming:
    return Naming(
        document.number,
        document.recipient,
        frozenset(line.customer for line in document.lines),
        frozenset(line.product for line in document.lines),
        frozenset(line.key.subscription for line in document.lines),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    recipients: Mapping[str, Mapping[str, Any]]
    customers: Mapping[str, Mapping[str, Any]]
    products: Mapping[str, Mapping[str, Any]]


async def _there(connection: AsyncConnection) -> bool:
    row = await (await connection.execute(_THERE)).fetchone()
    return row is not None and row[0] is True


async def _known(connection: AsyncConnection, wanted: Sequence[Naming]) -> _Known:
    subscriptions = _ids(one.subscriptions for one in wanted)
    return _Known(
        await _by_id(connection, _RECIPIENTS, ids=_ids([one.recipient] for one in wanted)),
        await _by_id(connection, _CUSTOMERS, ids=_ids(one.customers for one in wanted)),
        await _by_id(
            connection, _PRODUCTS, ids=_ids(one.products for one in wanted), subscriptions=subscriptions
        ),
    )  # fmt: skip


async def _by_id(connection: AsyncConnection, query: LiteralString, **wanted: list[str]) -> dict[str, dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        return {row["id"]: row for row in await (await cursor.execute(query, wanted)).fetchall()}


def _ids(some: Iterable[Iterable[str]]) -> list[str]:
    return sorted({one for ids in some for one in ids})


def _of(one: Naming, known: _Known) -> Named:
    products = {name: known.products[name] for name in one.products if name in known.products}
    return Named(
        {key: value for key, value in known.recipients.get(one.recipient, {}).items() if value is not None},
        {name: known.customers[name]["name"] for name in one.customers if name in known.customers},
        {name: product["name"] for name, product in products.items() if product["name"] is not None},
        frozenset(name for name, product in products.items() if product["tax_type"] == EXEMPT),
    )


def _kept(names: Named, recipient: str) -> dict[str, object]:
    return {
        "recipient": {**names.recipient, "id": recipient},
        "customers": dict(names.customers),
        "products": dict(names.products),
        "exempt_products": sorted(names.exempt_products),
    }


def _read(kept: Mapping[str, Any]) -> Named:
    return Named(kept["recipient"], kept["customers"], kept["products"], frozenset(kept["exempt_products"]))
