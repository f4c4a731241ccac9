"""What the pages of orders read: the views of the schema `read`, with the names that go with the ids."""

from __future__ import annotations

from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel

from services.console.listing import Lister
from shared.web.order_models import OrderItem

_WANTED = """
FROM read.orders AS o
LEFT JOIN read.customers AS c USING (customer)
LEFT JOIN read.resellers AS r ON r.reseller = o.reseller
WHERE (%(search)s::text IS NULL OR o.order_id ILIKE %(search)s OR o.customer ILIKE %(search)s
        OR c.name ILIKE %(search)s OR r.name ILIKE %(search)s)
    AND (%(status)s::text IS NULL OR o.status = %(status)s)
    AND (%(customer)s::text IS NULL OR o.customer = %(customer)s)
    AND (%(reseller)s::text IS NULL OR o.reseller = %(reseller)s)
"""
# The items are counted for the rows of the page alone: PostgreSQL does it after it has sorted and limited them.
_ROWS: Final = f"""
SELECT o.order_id, o.status, coalesce(o.executed_at, o.placed_at) AS since, o.currency, o.placed_at, o.executed_at,
    o.customer, c.name AS customer_name, o.reseller, r.name AS reseller_name,
    (SELECT count(*) FROM read.order_items AS i WHERE i.order_id = o.order_id) AS items
{_WANTED} ORDER BY {{order}} LIMIT %(limit)s OFFSET %(offset)s
"""
_COUNT: Final = f"SELECT count(*) {_WANTED}"
_ONE = """
SELECT o.*, c.name AS customer_name, r.name AS reseller_name
FROM read.orders AS o
LEFT JOIN read.customers AS c USING (customer)
LEFT JOIN read.resellers AS r ON r.reseller = o.reseller
WHERE o.order_id = %s
"""
_ITEMS = """
SELECT i.*, s.status AS subscription_status
FROM read.order_items AS i
LEFT JOIN read.subscriptions AS s ON s.subscription = i.subscription
WHERE i.order_id = %s
ORDER BY length(i.item_id), i.item_id, i.subscription
"""
_VERSION = "SELECT version FROM read.orders WHERE order_id = %s"
_RESELLERS = "SELECT reseller, coalesce(name, reseller) FROM read.resellers ORDER BY 2"


class Row(BaseModel):
    """An order in the list; when it was placed and executed is an instant or a date, as upstream gave it."""

    order_id: str
    status: str
    since: str | None
    currency: str
    placed_at: str | None
    executed_at: str | None
    customer: str
    customer_name: str | None
    reseller: str | None
    reseller_name: str | None
    items: int


class Item(OrderItem):
    """An item, and what its subscription has become; that is None where there is none yet."""

    subscription_status: str | None = None

    @property
    def name(self) -> str:
        """What the item is called in addresses; of upstream's drafts, which may have none, the subscription's id."""
        return self.item_id or self.subscription


class Order(BaseModel):
    """An order and its version, which commands on it quote."""

    order_id: str
    status: str
    currency: str
    placed_at: str | None
    executed_at: str | None
    customer: str
    customer_name: str | None
    reseller: str | None
    reseller_name: str | None
    version: str

    @property
    def is_draft(self) -> bool:
        return self.status == "placed"


ORDERS: Final = Lister(
    Row, _ROWS, _COUNT,
    ("order_id", "status", "customer", "reseller", "since", "currency"), key=("order_id",), default="-since",
)  # fmt: skip


def wanted(search: str | None, *, status: str | None, customer: str | None, reseller: str | None) -> dict[str, Any]:
    """The parameters of the list; what is empty filters nothing."""
    return {"search": search, "status": status or None, "customer": customer or None, "reseller": reseller or None}


async def order(connection: AsyncConnection, order_id: str) -> Order | None:
    async with connection.cursor(row_factory=class_row(Order)) as cursor:
        return await (await cursor.execute(_ONE, [order_id])).fetchone()


async def items(connection: AsyncConnection, order_id: str) -> list[Item]:
    """The items by their number; `subscription_status` is None where the subscription is not there yet."""
    async with connection.cursor(row_factory=class_row(Item)) as cursor:
        return await (await cursor.execute(_ITEMS, [order_id])).fetchall()


async def version(connection: AsyncConnection, order_id: str) -> str | None:
    found = await (await connection.execute(_VERSION, [order_id])).fetchone()
    return None if found is None else found[0]


async def resellers(connection: AsyncConnection) -> list[tuple[str, str]]:
    """Resellers to filter by, each with its name."""
    return [(reseller, name) for reseller, name in await (await connection.execute(_RESELLERS)).fetchall()]
