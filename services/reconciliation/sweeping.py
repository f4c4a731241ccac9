"""A sweep: one look at every account of a vendor, several at a time, each kept as it comes.

What fails costs its own account only: that one is *not observed*, and nothing is concluded of it. A sweep that dies is
taken up by the next one where it was. Webhooks and audit records are hints; the sweep is the truth.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from psycopg import AsyncConnection

from services.reconciliation.observing import Observation, observe, readable
from services.reconciliation.vendors.connector import Connector, Misconfigured, VendorAccount, VendorError
from shared.errors import UNAVAILABLE, UserError
from shared.store.pool import connect

# What a vendor's budget of requests leaves idle, and more than answers in half a second each fill (500 a minute).
_AT_ONCE = 8
# An operator finds this lock in pg_locks by its number and the hash of the vendor's name.
_LOCK = 7_201_011
_TAKE_LOCK = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"
_UNFINISHED = """
SELECT sweep FROM reconciliation.sweep
WHERE vendor = %s AND finished_at IS NULL AND began_at > %s - interval '1 day' ORDER BY sweep DESC LIMIT 1
"""
# What an interrupted sweep looked at, once it is too old to be taken up.
_FORGET = """
DELETE FROM reconciliation.swept_account AS s USING reconciliation.sweep AS old
WHERE old.sweep = s.sweep AND old.vendor = %s AND old.sweep < %s
"""
_BEGIN = "INSERT INTO reconciliation.sweep (vendor, began_at, by) VALUES (%s, %s, %s) RETURNING sweep"
_SWEPT = "SELECT account FROM reconciliation.swept_account WHERE sweep = %s"
_MARK = "INSERT INTO reconciliation.swept_account (sweep, account) VALUES (%s, %s)"
_COUNT = "UPDATE reconciliation.sweep SET accounts = accounts + 1, failed = failed + %s WHERE sweep = %s"
_NOT_LISTED = """
SELECT account, name, domain FROM reconciliation.account AS a
WHERE vendor = %s AND NOT EXISTS (
    SELECT FROM reconciliation.swept_account AS s WHERE s.sweep = %s AND s.account = a.account
)
ORDER BY account
"""
_FINISH = """
WITH gone AS (DELETE FROM reconciliation.swept_account WHERE sweep = %(sweep)s)
UPDATE reconciliation.sweep SET finished_at = %(at)s WHERE sweep = %(sweep)s RETURNING accounts, failed
"""
_NO_LONGER_LISTED = "the vendor does not list it any more"
_log = structlog.get_logger("sweep")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sweep is: accounts looked at, those that failed, and those that show something new."""

    accounts: int = 0
    failed: int = 0
    news: int = 0


@dataclass(frozen=True, slots=True)
class Swept:
    """A finished sweep. `resumed`: it took up one that had been interrupted. `broken`: why the list broke off."""

    sweep: int
    accounts: int
    failed: int
    news: int
    resumed: bool
    broken: str | None = None


def _now() -> datetime:
    return datetime.now(UTC)


def _tells_nobody(progress: Progress) -> None:
    pass


class _Sweep:
    """One sweep that goes on, with the connection that keeps what it sees."""

    def __init__(
        self, connection: AsyncConnection, connector: Connector, sweep: int, told: Callable[[Progress], None],
        now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._connection = connection
        self._connector = connector
        self._sweep = sweep
        self._told = told
        self._now = now
        # One transaction at a time: what waits for the vendor waits side by side, what is written is short.
        self._writing = asyncio.Lock()
        self.progress = Progress()

    async def all(self, done: frozenset[str]) -> VendorError | None:
        """Look at every account that is listed and not `done`; why the list broke off, where it did.

        Raises what broke it before its first account, and Misconfigured.
        """
        listed = False
        slots = asyncio.Semaphore(_AT_ONCE)

        async def look(account: VendorAccount) -> None:
            try:
                await self._look(account)
            finally:
                slots.release()

        broken: VendorError | None = None
        async with asyncio.TaskGroup() as looks:
            try:
                async for account in self._connector.list_accounts():
                    listed = True
                    if account.account_id not in done:
                        await slots.acquire()
                        looks.create_task(look(account))
            except VendorError as error:  # what is being looked at is kept before the sweep ends
                broken = error
        if broken is not None and (not listed or isinstance(broken, Misconfigured)):
            raise broken
        return broken

    async def not_listed(self, why: str) -> None:
        """What was an account and was not on the list was not observed: whether it still is one is not known."""
        rows = await self._connection.execute(_NOT_LISTED, [self._connector.vendor, self._sweep])
        for account, name, domain in await rows.fetchall():
            gone = VendorAccount(account, name, domain)
            await self._keep(Observation(self._connector.vendor, gone, self._now(), failed=why))

    async def _look(self, account: VendorAccount) -> None:
        await self._keep(await look_at(self._connector, account, self._now()))

    async def _keep(self, seen: Observation) -> None:
        async with self._writing:
            async with self._connection.transaction():
                is_news = await observe(self._connection, seen)
                await self._connection.execute(_MARK, [self._sweep, seen.account.account_id])
                await self._connection.execute(_COUNT, [int(seen.failed is not None), self._sweep])
            if seen.failed is not None:
                _log.warning("not observed", vendor=seen.vendor, account=seen.account.account_id, reason=seen.failed)
            so_far = self.progress
            self.progress = Progress(
                so_far.accounts + 1, so_far.failed + (seen.failed is not None), so_far.news + is_news
            )
        self._told(self.progress)


async def look_at(connector: Connector, account: VendorAccount, at: datetime, *, hinted: bool = False) -> Observation:
    """What one account holds now, or why it did not show it. Misconfigured passes: that is no account's fault."""
    try:
        held = await connector.list_entitlements(account.account_id)
        used = await connector.count_used(account.account_id)
    except Misconfigured:
        raise
    except VendorError as error:
        return Observation(connector.vendor, account, at, failed=str(error), hinted=hinted)
    return readable(Observation(connector.vendor, account, at, held, used, hinted=hinted))


async def sweep(
    dsn: str,
    connector: Connector,
    by: str,
    told: Callable[[Progress], None] = _tells_nobody,
    now: Callable[[], datetime] = _now,
) -> Swept:
    """Look at all accounts of a vendor; `by` is who asked for it. UserError says why it cannot be, or what ended it."""
    async with _alone(dsn, connector.vendor) as connection:
        row = await (await connection.execute(_UNFINISHED, [connector.vendor, now()])).fetchone()
        is_resumed = row is not None
        if row is None:
            row = await (await connection.execute(_BEGIN, [connector.vendor, now(), by])).fetchone()
            assert row is not None
            await connection.execute(_FORGET, [connector.vendor, row[0]])
        number = int(row[0])
        done = await (await connection.execute(_SWEPT, [number])).fetchall()
        going_on = _Sweep(connection, connector, number, told, now)
        try:
            broken = await going_on.all(frozenset(account for (account,) in done))
        except* VendorError as errors:
            first = errors.exceptions[0]
            raise UserError(f"{first}. The sweep goes on from here when it is run again", UNAVAILABLE) from None
        await going_on.not_listed(
            _NO_LONGER_LISTED if broken is None else f"the list of accounts broke off before it: {broken}"
        )
        finished = await connection.execute(_FINISH, {"sweep": number, "at": now()})
        counted = await finished.fetchone()
        assert counted is not None
        why = None if broken is None else str(broken)
        return Swept(number, counted[0], counted[1], going_on.progress.news, is_resumed, why)


@asynccontextmanager
async def _alone(dsn: str, vendor: str) -> AsyncIterator[AsyncConnection]:
    """A connection that sweeps this vendor alone. UserError while another one does."""
    async with await connect(dsn, application=f"seatledger sweep {vendor}") as connection:
        got = await (await connection.execute(_TAKE_LOCK, [_LOCK, vendor])).fetchone()
        if got is None or not got[0]:
            raise UserError(
                f"Another sweep of {vendor} is at work: wait until it is done (seatledger reconcile history)"
            )
        yield connection
