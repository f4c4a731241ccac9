"""What alignments that billed nothing left to be invoiced by hand, an amount a row; what was settled (rule R7.6)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel

from services.console.listing import Lister

STATES: Final = ("open", "settled", "all")
_COLUMNS: Final = """
SELECT m.alignment, m.vendor, m.account, m.subscription, m.customer, c.name AS customer_name, m.action, m.aligned_at,
    m.by, a.day, a.currency, a.net, a.tax, a.gross, m.refused, s.settled_at, s.settled_by, s.reason
"""
# What the rules would not bill has no amount, and stands there all the same.
_LEFT: Final = """
FROM read.manual_invoicing AS m
LEFT JOIN LATERAL jsonb_to_recordset(m.amounts)
    AS a (day date, currency text, net numeric, tax numeric, gross numeric) ON true
LEFT JOIN read.settled_by_hand AS s USING (alignment)
LEFT JOIN read.customers AS c ON c.customer = m.customer
"""
_WANTED: Final = f"""{_LEFT}
WHERE (%(search)s::text IS NULL OR m.subscription ILIKE %(search)s OR m.customer ILIKE %(search)s
        OR c.name ILIKE %(search)s OR m.by ILIKE %(search)s OR s.reason ILIKE %(search)s)
    AND (%(vendor)s::text IS NULL OR m.vendor = %(vendor)s)
    AND (%(state)s = 'all' OR (%(state)s = 'settled') = (s.alignment IS NOT NULL))
"""
_ROWS: Final = f"{_COLUMNS} {_WANTED} ORDER BY {{order}} LIMIT %(limit)s OFFSET %(offset)s"
_COUNT: Final = f"SELECT count(*) {_WANTED}"
_ONE: Final = f"{_COLUMNS} {_LEFT} WHERE m.alignment = %s ORDER BY a.day, a.currency"


class Left(BaseModel):
    """An amount that an alignment left, for the documents of a day; negative is to be credited.

    `refused`: why the rules would not have it billed, then there is no amount. Without `settled_at` it is open.
    """

    alignment: str
    vendor: str
    account: str
    subscription: str | None
    customer: str | None
    customer_name: str | None
    action: str | None
    aligned_at: datetime
    by: str | None
    day: date | None
    currency: str | None
    net: Decimal | None
    tax: Decimal | None
    gross: Decimal | None
    refused: str | None
    settled_at: datetime | None
    settled_by: str | None
    reason: str | None


LEFT_BY_HAND: Final = Lister(
    Left, _ROWS, _COUNT, ("aligned_at", "subscription", "customer", "day", "net", "gross", "settled_at"),
    key=("alignment", "day", "currency"), default="aligned_at",
)  # fmt: skip


async def left_by(connection: AsyncConnection, alignment: str) -> list[Left]:
    """The amounts that one alignment left; a row without one where it could not be billed, none for no such one."""
    async with connection.cursor(row_factory=class_row(Left)) as cursor:
        return await (await cursor.execute(_ONE, [alignment])).fetchall()
