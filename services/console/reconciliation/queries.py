"""What the pages of reconciliation read of the comparison: its rows with both sides, and what else both say of one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel

from services.console.listing import Lister

# Where somebody has to look: the rest agrees, or cannot be known yet (rules R7.3 and R7.4).
FINDINGS: Final = ("QUANTITY_MISMATCH", "STATUS_MISMATCH", "MISSING_IN_VENDOR", "MISSING_IN_BSS")
VERDICTS: Final = (*FINDINGS, "NOT_COMPARABLE", "OK")

# Resellers have no looks and no differences: the database gives them none, so those columns are empty for them.
_COMPARED: Final = """
FROM read.reconciliation AS r
LEFT JOIN read.vendor_looks AS l ON (l.vendor, l.account) = (r.vendor, r.account)
LEFT JOIN read.customers AS c ON c.customer = r.customer
LEFT JOIN read.products AS p ON p.product = r.product
"""
_ROWS_WANTED: Final = f"""
{_COMPARED}
WHERE (%(search)s::text IS NULL OR r.subscription ILIKE %(search)s OR r.vendor_subscription ILIKE %(search)s
        OR r.name ILIKE %(search)s OR r.customer ILIKE %(search)s OR c.name ILIKE %(search)s
        OR r.account ILIKE %(search)s OR l.name ILIKE %(search)s OR p.name ILIKE %(search)s)
    AND (%(vendor)s::text IS NULL OR r.vendor = %(vendor)s)
    AND (%(verdict)s::text IS NULL OR r.verdicts @> ARRAY[%(verdict)s::text]
        OR (%(verdict)s = 'findings' AND r.verdicts && %(findings)s::text[]))
    AND (%(account)s::text IS NULL OR r.account = %(account)s)
    AND (%(customer)s::text IS NULL OR r.customer = %(customer)s)
"""
_ROW_COLUMNS: Final = """
SELECT r.vendor, r.row, r.subscription, r.vendor_subscription, r.account, l.name AS account_name, r.customer,
    c.name AS customer_name, r.reseller, r.product, p.name AS product_name, r.name, r.product_key, r.is_addon,
    r.is_trial, r.ours_quantity, r.ours_status, r.theirs_quantity, r.theirs_status, r.raw_status, r.verdicts,
    r.warnings, r.reason, r.candidates, r.snapshot, r.looked_at, r.told_until
"""
_ROWS: Final = f"{_ROW_COLUMNS} {_ROWS_WANTED} ORDER BY {{order}} LIMIT %(limit)s OFFSET %(offset)s"
_ROWS_COUNT: Final = f"SELECT count(*) {_ROWS_WANTED}"
_ONE: Final = f"{_ROW_COLUMNS} {_COMPARED} WHERE (r.vendor, r.row) = (%s, %s)"
_DETAILS: Final = """
SELECT s.auto_renew AS ours_renews, s.term_end AS ours_term_end, s.vendor_subscription AS linked_to,
    v.auto_renew AS theirs_renews, v.scheduled_cancel AS theirs_cancels, v.term_end AS theirs_term_end, v.used,
    v.parent AS theirs_parent, v.migrated_from
FROM (SELECT %(subscription)s::text AS subscription, %(vendor_subscription)s::text AS vendor_subscription) AS asked
LEFT JOIN read.subscriptions AS s ON s.subscription = asked.subscription
LEFT JOIN read.vendor_subscriptions AS v
    ON v.vendor = %(vendor)s AND v.account = %(account)s AND v.vendor_subscription = asked.vendor_subscription
"""
_SUMMARY: Final = """
SELECT verdict, count(*) FROM read.reconciliation, unnest(verdicts) AS verdict GROUP BY verdict
"""
_VENDORS: Final = """
SELECT vendor FROM read.reconciliation UNION SELECT vendor FROM read.vendor_looks
UNION SELECT vendor FROM read.vendor_tasks ORDER BY vendor
"""


class Row(BaseModel):
    """One subscription or add-on of the last comparison; `row` is its key beside the vendor (rule R7.3).

    `told_until`: when what is billed here was last changed.
    """

    vendor: str
    row: str
    subscription: str | None
    vendor_subscription: str | None
    account: str | None
    account_name: str | None
    customer: str | None
    customer_name: str | None
    reseller: str | None
    product: str | None
    product_name: str | None
    name: str | None
    product_key: str | None
    is_addon: bool
    is_trial: bool
    ours_quantity: int | None
    ours_status: str | None
    theirs_quantity: int | None
    theirs_status: str | None
    raw_status: str | None
    verdicts: list[str]
    warnings: list[str]
    reason: str | None
    candidates: list[str]
    snapshot: str
    looked_at: datetime | None
    told_until: datetime | None

    @property
    def title(self) -> str:
        """What people call it."""
        return self.product_name or self.name or self.product or self.product_key or self.about

    @property
    def about(self) -> str:
        """Our id, or the vendor's where we have none: what an action names."""
        return self.subscription or self.vendor_subscription or ""

    @property
    def seats_differ(self) -> bool:
        return self.ours_quantity != self.theirs_quantity

    @property
    def status_differs(self) -> bool:
        return "STATUS_MISMATCH" in self.verdicts or (self.ours_status is None) != (self.theirs_status is None)


class Details(BaseModel):
    """What else both sides say of one, where they have it."""

    ours_renews: bool | None
    ours_term_end: date | None
    linked_to: str | None
    theirs_renews: bool | None
    theirs_cancels: bool | None
    theirs_term_end: datetime | None
    used: int | None
    theirs_parent: str | None
    migrated_from: str | None


ROWS: Final = Lister(
    Row, _ROWS, _ROWS_COUNT,
    ("subscription", "vendor_subscription", "account", "customer", "name", "ours_quantity", "theirs_quantity",
     "ours_status", "theirs_status", "verdicts", "looked_at", "vendor", "row"),
    key=("vendor", "row"), default="row",
)  # fmt: skip


async def row(connection: AsyncConnection, vendor: str, key: str) -> Row | None:
    async with connection.cursor(row_factory=class_row(Row)) as cursor:
        return await (await cursor.execute(_ONE, [vendor, key])).fetchone()


async def details(connection: AsyncConnection, one: Row) -> Details:
    """What else both sides say of a row."""
    async with connection.cursor(row_factory=class_row(Details)) as cursor:
        found = await (await cursor.execute(_DETAILS, one.model_dump())).fetchone()
    assert found is not None
    return found


async def summary(connection: AsyncConnection) -> dict[str, int]:
    """How many rows have each verdict."""
    return dict(await (await connection.execute(_SUMMARY)).fetchall())


async def vendors(connection: AsyncConnection) -> list[str]:
    return [vendor for (vendor,) in await (await connection.execute(_VENDORS)).fetchall()]
