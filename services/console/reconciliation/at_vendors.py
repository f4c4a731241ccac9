"""What is had of vendors, and what they are asked for: accounts as they were looked at, sweeps, tasks (rule R7.6)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel

from services.console.listing import Lister

TASK_STATES: Final = ("waiting", "failed", "done")
_LOOKED_AT: Final = """
FROM read.vendor_looks AS l LEFT JOIN read.gone_accounts AS g USING (vendor, account)
"""
_ACCOUNTS_WANTED: Final = f"""{_LOOKED_AT}
WHERE (%(search)s::text IS NULL OR l.account ILIKE %(search)s OR l.name ILIKE %(search)s OR l.domain ILIKE %(search)s
        OR l.failed ILIKE %(search)s)
    AND (%(vendor)s::text IS NULL OR l.vendor = %(vendor)s)
    AND (%(failed)s::text IS NULL OR (%(failed)s = 'yes') = (l.failed IS NOT NULL))
"""
_ACCOUNT_COLUMNS: Final = """
SELECT l.vendor, l.account, l.name, l.domain, l.looked_at, l.failed, l.hinted, (
    SELECT count(*) FROM read.vendor_subscriptions AS s WHERE (s.vendor, s.account) = (l.vendor, l.account)
) AS held, g.said_at AS gone_at, g.said_by AS gone_by, g.reason AS gone_because
"""
_ACCOUNT: Final = f"{_ACCOUNT_COLUMNS} {_LOOKED_AT} WHERE (l.vendor, l.account) = (%s, %s)"
_ACCOUNTS: Final = f"""{_ACCOUNT_COLUMNS}
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


class Account(BaseModel):
    """An account of a vendor as it was last looked at; `held` is how many subscriptions it showed.

    `gone_at`, `gone_by`, `gone_because`: somebody said that it is gone for good, and why.
    """

    vendor: str
    account: str
    name: str
    domain: str | None
    looked_at: datetime
    failed: str | None
    hinted: bool
    held: int
    gone_at: datetime | None
    gone_by: str | None
    gone_because: str | None


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


async def account(connection: AsyncConnection, vendor: str, name: str) -> Account | None:
    """One account, by the vendor's id of it."""
    async with connection.cursor(row_factory=class_row(Account)) as cursor:
        return await (await cursor.execute(_ACCOUNT, [vendor, name])).fetchone()
