"""What was told of differences: each time that both sides began to differ, and what became of it (rule R7.4)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel

from services.console.listing import Lister
from services.console.reconciliation.queries import Row

STATES: Final = ("open", "ignored", "over")
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


DISCREPANCIES: Final = Lister(
    Discrepancy, _FOUND, _FOUND_COUNT,
    ("found_at", "ended_at", "subscription", "vendor_subscription", "account", "verdict", "state"),
    key=("discrepancy", "number"), default="-found_at",
)  # fmt: skip


async def history(connection: AsyncConnection, one: Row) -> list[Discrepancy]:
    """The times that both sides of a row began to differ, the newest first; none for who may not see them."""
    async with connection.cursor(row_factory=class_row(Discrepancy)) as cursor:
        return await (await cursor.execute(_HISTORY, one.model_dump())).fetchall()
