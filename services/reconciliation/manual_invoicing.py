"""What alignments that billed nothing left to be invoiced by hand, and that somebody has done so (rule R7.6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel, ConfigDict

from services.reconciliation.shown import LeftAmount
from shared.errors import BAD_REQUEST, NOT_FOUND, UserError
from shared.store.operations import operator, record

_ALL: Final = """
SELECT m.*, s.settled_at, s.settled_by, s.reason
FROM read.manual_invoicing AS m LEFT JOIN read.settled_by_hand AS s USING (alignment)
"""
_LEFT: Final = f"""{_ALL}
WHERE (to_char(aligned_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), alignment) > (%(after_day)s, %(after)s)
    AND (%(first)s::date IS NULL OR (aligned_at AT TIME ZONE 'UTC')::date >= %(first)s)
    AND (%(last)s::date IS NULL OR (aligned_at AT TIME ZONE 'UTC')::date <= %(last)s)
    AND (%(customer)s::text IS NULL OR customer = %(customer)s)
    AND (%(settled)s OR s.alignment IS NULL)
ORDER BY to_char(aligned_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), alignment LIMIT %(limit)s
"""
_ONE: Final = f"{_ALL} WHERE alignment = %s"
_SETTLE = """
INSERT INTO reconciliation.settled_by_hand (alignment, settled_by, reason) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""


class LeftByHand(BaseModel):
    """An alignment that billed nothing, with what is left to be invoiced by hand as it was reckoned then.

    `refused` is why the rules would not have it billed: then there is no amount. Without `settled_at` it is open.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "alignment": "9b0f5f0e-7b5c-5d39-8f0e-2d7d2f3f4a55", "vendor": "microsoft", "account": "c1b2",
        "subscription": "sub-1", "vendor_subscription": "b44bb1fb", "customer": "cus-1",
        "action": "ALIGN_BSS_QUANTITY", "aligned_at": "2026-03-02T09:00:00Z", "by": "token 4f (Maria)",
        "amounts": [{"day": "2026-03-02", "currency": "EUR", "net": "20.00", "tax": "4.80", "gross": "24.80"}],
        "refused": None, "settled_at": None, "settled_by": None, "reason": None,
    }]})  # fmt: skip

    alignment: str
    vendor: str
    account: str
    subscription: str | None
    vendor_subscription: str | None
    customer: str | None
    action: str | None
    aligned_at: datetime
    by: str | None
    amounts: list[LeftAmount]
    refused: str | None
    settled_at: datetime | None
    settled_by: str | None
    reason: str | None


async def left_by_hand(
    connection: AsyncConnection, after: Sequence[str], limit: int, **wanted: object
) -> list[LeftByHand]:
    """At most `limit` alignments after (day, id), sorted by these. `wanted`: first, last, customer, settled (too)."""
    given = {"after_day": after[0], "after": after[1], "limit": limit, **wanted}
    async with connection.cursor(row_factory=class_row(LeftByHand)) as cursor:
        return await (await cursor.execute(_LEFT, given)).fetchall()


async def one_by_hand(connection: AsyncConnection, alignment: str) -> LeftByHand | None:
    """What one alignment left, settled or not; None where it left nothing."""
    async with connection.cursor(row_factory=class_row(LeftByHand)) as cursor:
        return await (await cursor.execute(_ONE, [alignment])).fetchone()


async def settle(connection: AsyncConnection, alignment: str, reason: str, by: str | None = None) -> bool:
    """Say that nothing is left of an alignment; False where somebody said so before. UserError for no such one.

    `by` None: the operator.
    """
    if not reason.strip():
        raise UserError(f"how was {alignment} settled? Give a reason: the number of the invoice, say", BAD_REQUEST)
    async with connection.transaction():
        if await one_by_hand(connection, alignment) is None:
            raise UserError(
                f"no alignment {alignment!r} left anything to be invoiced: see seatledger reconcile manual-invoicing",
                NOT_FOUND,
            )
        done = await connection.execute(_SETTLE, [alignment, by or operator(), reason.strip()])
        if done.rowcount:
            await record(connection, "reconcile manual-invoicing --settle", alignment, reason.strip(), by=by)
    return bool(done.rowcount)
