"""What the pages of reconciliation read: the comparison with both sides, what was told of differences, looks, tasks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel

from services.console.listing import Lister

# Where somebody has to look: the rest agrees, or cannot be known yet (rules R7.3 and R7.4).
FINDINGS: Final = ("QUANTITY_MISMATCH", "STATUS_MISMATCH", "MISSING_IN_VENDOR", "MISSING_IN_BSS")
VERDICTS: Final = (*FINDINGS, "NOT_COMPARABLE", "OK")
STATES: Final = ("open", "ignored", "over")
TASK_STATES: Final = ("waiting", "failed", "done")

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
_HISTORY: Final = """
SELECT * FROM read.discrepancies
WHERE vendor = %(vendor)s
    AND (subscription = %(subscription)s OR vendor_subscription = %(vendor_subscription)s)
ORDER BY found_at DESC, discrepancy, number DESC LIMIT 100
"""
_FOUND_WANTED: Final = """
FROM read.discrepancies AS d
WHERE (%(search)s::text IS NULL OR d.subscription ILIKE %(search)s OR d.vendor_subscription ILIKE %(search)s
        OR d.account ILIKE %(search)s OR d.by ILIKE %(search)s OR d.reason ILIKE %(search)s)
    AND (%(vendor)s::text IS NULL OR d.vendor = %(vendor)s)
    AND (%(verdict)s::text IS NULL OR d.verdict = %(verdict)s)
    AND (%(state)s::text IS NULL OR d.state = %(state)s)
    AND (%(account)s::text IS NULL OR d.account = %(account)s)
"""
_FOUND: Final = f"""
SELECT d.*, EXISTS (
    SELECT FROM read.reconciliation AS r WHERE r.vendor = d.vendor
        AND r.row = coalesce('s:' || d.subscription, 'v:' || d.vendor_subscription)
) AS has_row
{_FOUND_WANTED} ORDER BY {{order}} LIMIT %(limit)s OFFSET %(offset)s
"""
_FOUND_COUNT: Final = f"SELECT count(*) {_FOUND_WANTED}"
_ACCOUNTS_WANTED: Final = """
FROM read.vendor_looks AS l
WHERE (%(search)s::text IS NULL OR l.account ILIKE %(search)s OR l.name ILIKE %(search)s OR l.domain ILIKE %(search)s
        OR l.failed ILIKE %(search)s)
    AND (%(vendor)s::text IS NULL OR l.vendor = %(vendor)s)
    AND (%(failed)s::text IS NULL OR (%(failed)s = 'yes') = (l.failed IS NOT NULL))
"""
_ACCOUNTS: Final = f"""
SELECT l.vendor, l.account, l.name, l.domain, l.looked_at, l.failed, l.hinted, (
    SELECT count(*) FROM read.vendor_subscriptions AS s WHERE (s.vendor, s.account) = (l.vendor, l.account)
) AS held
{_ACCOUNTS_WANTED} ORDER BY {{order}} LIMIT %(limit)s OFFSET %(offset)s
"""
_ACCOUNTS_COUNT: Final = f"SELECT count(*) {_ACCOUNTS_WANTED}"
_SWEEPS_WANTED: Final = "FROM read.sweeps WHERE (%(vendor)s::text IS NULL OR vendor = %(vendor)s)"
_SWEEPS: Final = f"SELECT * {_SWEEPS_WANTED} ORDER BY {{order}} LIMIT %(limit)s OFFSET %(offset)s"
_SWEEPS_COUNT: Final = f"SELECT count(*) {_SWEEPS_WANTED}"
_TASKS_WANTED: Final = """
FROM read.vendor_tasks
WHERE (%(search)s::text IS NULL OR subscription ILIKE %(search)s OR vendor_subscription ILIKE %(search)s
        OR customer ILIKE %(search)s OR by ILIKE %(search)s OR error ILIKE %(search)s)
    AND (%(vendor)s::text IS NULL OR vendor = %(vendor)s)
    AND (%(state)s::text IS NULL OR state = %(state)s)
"""
_TASKS: Final = f"SELECT * {_TASKS_WANTED} ORDER BY {{order}} LIMIT %(limit)s OFFSET %(offset)s"
_TASKS_COUNT: Final = f"SELECT count(*) {_TASKS_WANTED}"
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


class Discrepancy(BaseModel):
    """One time that both sides began to differ, and what became of it (rule R7.4)."""

    discrepancy: str
    number: int
    vendor: str
    account: str
    subscription: str | None
    vendor_subscription: str | None
    verdict: str
    state: str
    ours_quantity: int | None
    ours_status: str | None
    theirs_quantity: int | None
    theirs_status: str | None
    found_at: datetime
    ended_at: datetime | None
    resolution: str | None
    by: str | None
    reason: str | None
    has_row: bool = False

    @property
    def row(self) -> str:
        """The key of its row in the comparison."""
        return f"s:{self.subscription}" if self.subscription is not None else f"v:{self.vendor_subscription}"


class Account(BaseModel):
    """An account of a vendor as it was last looked at; `held` is how many subscriptions it showed."""

    vendor: str
    account: str
    name: str
    domain: str | None
    looked_at: datetime
    failed: str | None
    hinted: bool
    held: int


class Sweep(BaseModel):
    """One look at all accounts of a vendor."""

    sweep: int
    vendor: str
    began_at: datetime
    finished_at: datetime | None
    by: str
    accounts: int
    failed: int


class Task(BaseModel):
    """Something that a vendor is to do (rule R7.6, R8.2)."""

    task: UUID
    kind: str
    vendor: str
    account: str | None
    customer: str | None
    subscription: str
    vendor_subscription: str | None
    quantity: int | None
    by: str
    asked_at: datetime
    state: str
    attempts: int
    next_at: datetime
    ended_at: datetime | None
    error: str | None


ROWS: Final = Lister(
    Row, _ROWS, _ROWS_COUNT,
    ("subscription", "vendor_subscription", "account", "customer", "name", "ours_quantity", "theirs_quantity",
     "ours_status", "theirs_status", "verdicts", "looked_at", "vendor", "row"),
    key=("vendor", "row"), default="row",
)  # fmt: skip
DISCREPANCIES: Final = Lister(
    Discrepancy, _FOUND, _FOUND_COUNT,
    ("found_at", "ended_at", "subscription", "vendor_subscription", "account", "verdict", "state"),
    key=("discrepancy", "number"), default="-found_at",
)  # fmt: skip
ACCOUNTS: Final = Lister(
    Account, _ACCOUNTS, _ACCOUNTS_COUNT, ("vendor", "account", "name", "domain", "looked_at", "failed", "held"),
    key=("vendor", "account"), default="name",
)  # fmt: skip
SWEEPS: Final = Lister(
    Sweep, _SWEEPS, _SWEEPS_COUNT, ("sweep", "vendor", "began_at", "finished_at", "accounts", "failed"),
    key=("sweep",), default="-sweep",
)  # fmt: skip
TASKS: Final = Lister(
    Task, _TASKS, _TASKS_COUNT, ("asked_at", "vendor", "kind", "subscription", "state", "attempts"),
    key=("task",), default="-asked_at",
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


async def history(connection: AsyncConnection, one: Row) -> list[Discrepancy]:
    """The times that both sides of a row began to differ, the newest first; none for who may not see them."""
    async with connection.cursor(row_factory=class_row(Discrepancy)) as cursor:
        return await (await cursor.execute(_HISTORY, one.model_dump())).fetchall()


async def summary(connection: AsyncConnection) -> dict[str, int]:
    """How many rows have each verdict."""
    return dict(await (await connection.execute(_SUMMARY)).fetchall())


async def vendors(connection: AsyncConnection) -> list[str]:
    return [vendor for (vendor,) in await (await connection.execute(_VENDORS)).fetchall()]
