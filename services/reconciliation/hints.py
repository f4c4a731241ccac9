"""Hints that a vendor posts or lists: something may have changed in an account. Kept once, looked at soon.

A hint carries no state and may come late, and again: the vendor is asked what the account holds, and what only a hint
has shown is confirmed by the next sweep (rule R7.4, `delay.hinted`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from psycopg import AsyncConnection

from services.reconciliation.observing import observe
from services.reconciliation.sweeping import look_at
from services.reconciliation.vendors.connector import Connector, SaysWhatChanged, VendorAccount

_KEEP = """
INSERT INTO reconciliation.hint (vendor, account, at, what, received_at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
_WAITING = """
SELECT account, coalesce(name, account), domain, name IS NOT NULL
FROM (
    SELECT DISTINCT vendor, account FROM reconciliation.hint WHERE vendor = %s AND looked_at IS NULL
    ORDER BY account LIMIT %s
) AS hinted
LEFT JOIN reconciliation.account USING (vendor, account)
ORDER BY account
"""
_LOOKED = """
UPDATE reconciliation.hint SET looked_at = %(at)s
WHERE vendor = %(vendor)s AND account = %(account)s AND looked_at IS NULL AND received_at <= %(at)s
"""
_FORGET = "DELETE FROM reconciliation.hint WHERE looked_at < %s"
# Ten times as long as Microsoft says that its events come late, so that none that comes again is a new one.
_KEPT_FOR = timedelta(days=20)
_WRITTEN_WITHIN = timedelta(hours=48)
# Some minutes' worth of what a vendor answers; what waits beyond comes with the next turn.
_AT_ONCE = 200
_log = structlog.get_logger("hints")


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of hints: accounts looked at, those that showed something new, and those that did not answer."""

    accounts: int = 0
    news: int = 0
    failed: int = 0


async def keep(connection: AsyncConnection, vendor: str, account: str, at: datetime, what: str) -> bool:
    """Keep a hint, received now; False for one that was kept before. `at` is when the vendor says that it happened."""
    done = await connection.execute(_KEEP, [vendor, account, at, what, datetime.now(UTC)])
    return done.rowcount == 1


async def ask_what_changed(connection: AsyncConnection, connector: Connector, now: datetime) -> int:
    """Keep what a vendor's own list says was done lately as hints; how many are new. Raises VendorError.

    The list is written late and asked for again and again, so it is asked for two days; what was seen is known.
    """
    if not isinstance(connector, SaysWhatChanged):
        return 0
    found = await connector.changed_since(now - _WRITTEN_WITHIN, now)
    return sum([await keep(connection, connector.vendor, one.account_id, one.at, one.operation) for one in found])


async def look_at_hinted(connection: AsyncConnection, connector: Connector) -> Looked:
    """Look at the accounts that hints wait for, each once however many there are. Misconfigured passes.

    An account that does not answer is not observed, as something in it may have changed. One that no sweep has listed
    and that does not answer either is left to the next sweep.
    """
    vendor = connector.vendor
    waiting = await (await connection.execute(_WAITING, [vendor, _AT_ONCE])).fetchall()
    found = Looked()
    for account_id, name, domain, is_known in waiting:
        at = datetime.now(UTC)
        seen = await look_at(connector, VendorAccount(account_id, name, domain), at, hinted=True)
        is_news = False
        async with connection.transaction():
            if seen.failed is None or is_known:
                is_news = await observe(connection, seen)
            await connection.execute(_LOOKED, {"at": at, "vendor": vendor, "account": account_id})
        if seen.failed is not None:
            _log.warning("not observed", vendor=vendor, account=account_id, reason=seen.failed)
        found = Looked(found.accounts + 1, found.news + is_news, found.failed + (seen.failed is not None))
    await connection.execute(_FORGET, [datetime.now(UTC) - _KEPT_FOR])
    return found
