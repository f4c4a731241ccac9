"""Reading what a comparison compares: what is billed here, what the vendor showed, and which differences stand.

What is billed is read as everybody reads it, from `read.subscriptions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from services.reconciliation.bodies import difference_key
from services.reconciliation.findings import Known
from services.reconciliation.sides import Look, Ours, Theirs
from shared.events.models.reconciliation import DiscrepancyFound, Side

# Upstream writes a vendor's name as it likes: Microsoft, microsoft. A push that came to nothing is a difference again,
# and no reason to wait for anything.
_OURS = """
SELECT subscription, customer, product, quantity, status, told_until,
    lower(vendor_subscription) AS vendor_subscription, provisioned.account, reseller, parent IS NOT NULL AS is_addon,
    is_trial, auto_renew, pushed_at
FROM read.subscriptions
LEFT JOIN (
    SELECT subscription, max(ended_at) AS pushed_at FROM read.discrepancies AS push
    WHERE vendor = %(vendor)s AND resolution = 'PUSH_QUANTITY_TO_VENDOR' AND NOT EXISTS (
        SELECT FROM read.discrepancies AS again
        WHERE again.discrepancy = push.discrepancy AND again.number > push.number
    )
    GROUP BY subscription
) AS pushed USING (subscription)
LEFT JOIN (
    SELECT customer, max(wanted ->> 'account') AS account FROM reconciliation.vendor_task
    WHERE vendor = %(vendor)s AND kind = 'provision' AND state = 'done' GROUP BY customer
) AS provisioned USING (customer)
WHERE lower(vendor) = %(vendor)s
"""
_THEIRS = """
SELECT account, vendor_subscription, product_key, quantity, status, raw_status, name, auto_renew, scheduled_cancel,
    term_end, parent, is_trial, lower(migrated_from) AS migrated_from, used
FROM read.vendor_subscriptions WHERE vendor = %s
"""
_LOOKS = """
SELECT account, coalesce(snapshot, 'never shown'), looked_at, failed, hinted, gone.account IS NOT NULL
FROM reconciliation.account LEFT JOIN reconciliation.gone_account AS gone USING (vendor, account) WHERE vendor = %s
"""
_STANDING = """
SELECT account, subscription, vendor_subscription, verdict, state, ours_quantity, ours_status, theirs_quantity,
    theirs_status, snapshot
FROM read.discrepancies WHERE vendor = %s AND state IN ('open', 'ignored')
"""


async def ours(connection: AsyncConnection, vendor: str) -> list[Ours]:
    """What is billed here of a vendor's products."""
    async with connection.cursor(row_factory=class_row(Ours)) as cursor:
        return await (await cursor.execute(_OURS, {"vendor": vendor})).fetchall()


async def theirs(connection: AsyncConnection, vendor: str) -> list[Theirs]:
    """What the vendor had in each account when that was last seen."""
    async with connection.cursor(row_factory=class_row(Theirs)) as cursor:
        return await (await cursor.execute(_THEIRS, [vendor])).fetchall()


async def looks(connection: AsyncConnection, vendor: str) -> dict[str, Look]:
    """The last look at each account that was ever looked at."""
    rows = await connection.execute(_LOOKS, [vendor])
    return {
        account: Look(snapshot, looked_at, failed, hinted, is_gone)
        for account, snapshot, looked_at, failed, hinted, is_gone in await rows.fetchall()
    }


async def standing(connection: AsyncConnection, vendor: str) -> Mapping[str, Known]:
    """The differences that were found and are not over, by `difference_key`."""
    rows = await connection.execute(_STANDING, [vendor])
    return {difference_key(known.found): known for known in _known(vendor, await rows.fetchall())}


def _known(vendor: str, rows: list[tuple[Any, ...]]) -> Iterator[Known]:
    for (
        account,
        subscription,
        vendor_subscription,
        verdict,
        state,
        ours_q,
        ours_s,
        theirs_q,
        theirs_s,
        snapshot,
    ) in rows:
        found = DiscrepancyFound(
            vendor=vendor, account_id=account, subscription_id=subscription,
            vendor_subscription_id=vendor_subscription, verdict=verdict, ours=_side(ours_q, ours_s),
            theirs=_side(theirs_q, theirs_s), snapshot_id=snapshot,
        )  # fmt: skip
        yield Known(found, state)


def _side(quantity: int | None, status: Any) -> Side | None:
    return None if status is None else Side(quantity=quantity, status=status)
