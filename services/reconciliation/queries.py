"""What the API of reconciliation reads: the views of the schema `read`, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from services.reconciliation.shown import Discrepancy, SweepRow, VendorAccountRow, VendorTask
from services.reconciliation.verdicts import FINDINGS
from shared.store.arrays import literal

Row = Mapping[str, Any]
_FINDINGS: Final = literal(sorted(FINDINGS))
_ROWS = """
SELECT * FROM read.reconciliation
WHERE (vendor, row) > (%(after_vendor)s, %(after_row)s)
    AND (%(vendor)s::text IS NULL OR vendor = %(vendor)s)
    AND (%(verdict)s::text IS NULL OR verdicts @> ARRAY[%(verdict)s::text])
    AND (%(account)s::text IS NULL OR account = %(account)s)
    AND (%(customer)s::text IS NULL OR customer = %(customer)s)
    AND (%(subscription)s::text IS NULL OR subscription = %(subscription)s
        OR vendor_subscription = lower(%(subscription)s))
    AND (NOT %(findings)s OR verdicts && %(mismatches)s::text[])
ORDER BY vendor, row LIMIT %(limit)s
"""
_TOLD = """
SELECT DISTINCT ON (discrepancy) discrepancy, verdict, state, found_at, ended_at, resolution, by, reason
FROM read.discrepancies WHERE discrepancy = ANY(%s::text[])
ORDER BY discrepancy, number DESC
"""
_DISCREPANCIES = """
SELECT * FROM read.discrepancies
WHERE (discrepancy, number) > (%(after)s, %(after_number)s)
    AND (%(vendor)s::text IS NULL OR vendor = %(vendor)s)
    AND (%(verdict)s::text IS NULL OR verdict = %(verdict)s)
    AND (%(state)s::text IS NULL OR state = %(state)s)
    AND (%(account)s::text IS NULL OR account = %(account)s)
    AND (%(subscription)s::text IS NULL OR subscription = %(subscription)s
        OR vendor_subscription = lower(%(subscription)s))
ORDER BY discrepancy, number LIMIT %(limit)s
"""
_ACCOUNTS = """
SELECT l.*, g.reason AS gone_because
FROM read.vendor_looks AS l LEFT JOIN read.gone_accounts AS g USING (vendor, account)
WHERE (vendor, account) > (%(after_vendor)s, %(after_account)s)
    AND (%(vendor)s::text IS NULL OR vendor = %(vendor)s)
    AND (NOT %(failed)s OR failed IS NOT NULL)
ORDER BY vendor, account LIMIT %(limit)s
"""
_SWEEPS = """
SELECT * FROM read.sweeps
WHERE (%(before)s::bigint IS NULL OR sweep < %(before)s) AND (%(vendor)s::text IS NULL OR vendor = %(vendor)s)
ORDER BY sweep DESC LIMIT %(limit)s
"""
_TASKS = """
SELECT * FROM read.vendor_tasks
WHERE (%(before)s::timestamptz IS NULL OR (asked_at, task) < (%(before)s, %(before_task)s::uuid))
    AND (%(vendor)s::text IS NULL OR vendor = %(vendor)s)
    AND (%(state)s::text IS NULL OR state = %(state)s)
    AND (%(subscription)s::text IS NULL OR subscription = %(subscription)s)
ORDER BY asked_at DESC, task DESC LIMIT %(limit)s
"""
_TASK = "SELECT * FROM read.vendor_tasks WHERE task = %s"


async def rows(connection: AsyncConnection, after: Sequence[str], limit: int, **wanted: object) -> list[Row]:
    """At most `limit` rows of the comparison after (vendor, row), sorted by these.

    `wanted`: vendor, verdict, account, customer, subscription (ours or the vendor's), findings (those alone).
    """
    given = {"after_vendor": after[0], "after_row": after[1], "limit": limit, "mismatches": _FINDINGS, **wanted}
    async with connection.cursor(row_factory=dict_row) as cursor:
        return list(await (await cursor.execute(_ROWS, given)).fetchall())


async def told(connection: AsyncConnection, discrepancies: Sequence[str]) -> Mapping[str, Row]:
    """What was told last of each difference, by what it is known by."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        found = await (await cursor.execute(_TOLD, [literal(discrepancies)])).fetchall()
    return {row.pop("discrepancy"): row for row in found}


async def discrepancies(
    connection: AsyncConnection, after: tuple[str, int], limit: int, **wanted: object
) -> list[Discrepancy]:
    """At most `limit` differences after (discrepancy, number), sorted by these.

    `wanted`: vendor, verdict, state, account, subscription (ours or the vendor's).
    """
    given = {"after": after[0], "after_number": after[1], "limit": limit, **wanted}
    async with connection.cursor(row_factory=class_row(Discrepancy)) as cursor:
        return await (await cursor.execute(_DISCREPANCIES, given)).fetchall()


async def accounts(
    connection: AsyncConnection, after: Sequence[str], limit: int, *, vendor: str | None, failed: bool
) -> list[VendorAccountRow]:
    """At most `limit` accounts after (vendor, account), sorted by these; `failed`: those that were not observed."""
    given = {"after_vendor": after[0], "after_account": after[1], "limit": limit, "vendor": vendor, "failed": failed}
    async with connection.cursor(row_factory=class_row(VendorAccountRow)) as cursor:
        return await (await cursor.execute(_ACCOUNTS, given)).fetchall()


async def sweeps(connection: AsyncConnection, before: int | None, limit: int, *, vendor: str | None) -> list[SweepRow]:
    """At most `limit` sweeps before one, the newest first."""
    async with connection.cursor(row_factory=class_row(SweepRow)) as cursor:
        given = {"before": before, "limit": limit, "vendor": vendor}
        return await (await cursor.execute(_SWEEPS, given)).fetchall()


async def tasks(
    connection: AsyncConnection, before: tuple[datetime, UUID] | None, limit: int, **wanted: object
) -> list[VendorTask]:
    """At most `limit` tasks before (asked_at, task), the newest first. `wanted`: vendor, state, subscription."""
    at, task = before or (None, None)
    async with connection.cursor(row_factory=class_row(VendorTask)) as cursor:
        given = {"before": at, "before_task": task, "limit": limit, **wanted}
        return await (await cursor.execute(_TASKS, given)).fetchall()


async def task(connection: AsyncConnection, wanted: UUID) -> VendorTask | None:
    """One task."""
    async with connection.cursor(row_factory=class_row(VendorTask)) as cursor:
        return await (await cursor.execute(_TASK, [wanted])).fetchone()
