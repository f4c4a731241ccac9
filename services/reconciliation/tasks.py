"""What a vendor is to do, kept until it is done: asked for in a transaction, carried out afterwards, tried again.

A task's id is made of what it is for and goes along with the request, so one that is asked for twice, or carried out
by somebody who dies before saying so, is done once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from services.reconciliation.vendors.connector import NotReached, VendorError

Kind = Literal["provision", "change_quantity"]

_ASK = """
INSERT INTO reconciliation.vendor_task
    (task, kind, vendor, account, customer, subscription, vendor_subscription, wanted, snapshot, by, asked_at, state,
     next_at, ended_at, error)
VALUES (%(task)s, %(kind)s, %(vendor)s, %(account)s, %(customer)s, %(subscription)s, %(vendor_subscription)s,
    %(wanted)s, %(snapshot)s, %(by)s, %(asked_at)s, %(state)s, %(asked_at)s, %(ended_at)s, %(error)s)
ON CONFLICT (task) DO NOTHING
"""
_COLUMNS = """
SELECT task, kind, vendor, account, customer, subscription, vendor_subscription, wanted, snapshot, by, asked_at, state,
    attempts, ended_at, error
FROM reconciliation.vendor_task
"""
_TAKE = f"""{_COLUMNS}
WHERE state = 'waiting' AND next_at <= %(at)s AND vendor = ANY(%(vendors)s::text[])
    AND (%(only)s::uuid IS NULL OR task = %(only)s)
ORDER BY next_at, task LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_ONE = f"{_COLUMNS} WHERE task = %s"
_LIST = f"{_COLUMNS} WHERE (%(state)s::text IS NULL OR state = %(state)s) ORDER BY asked_at DESC, task LIMIT %(most)s"
_WAITING = "SELECT DISTINCT vendor FROM reconciliation.vendor_task WHERE state = 'waiting' AND next_at <= %s"
_LATER = """
UPDATE reconciliation.vendor_task SET attempts = attempts + 1, next_at = %s, error = %s WHERE task = %s
"""
_END = """
UPDATE reconciliation.vendor_task SET attempts = attempts + 1, state = %s, ended_at = %s, error = %s WHERE task = %s
"""
_ANSWERED = "UPDATE reconciliation.vendor_task SET wanted = wanted || %s WHERE task = %s"
_AGAIN = """
UPDATE reconciliation.vendor_task SET state = 'waiting', attempts = 0, asked_at = %s, next_at = %s, ended_at = NULL
WHERE task = %s AND state = 'failed'
"""
# Rule R8.2: what is being provisioned is tried every few seconds, and failed after two hours.
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(minutes=10)
GIVES_UP_AFTER = timedelta(minutes=120)
# An event tells of it too, and takes 2,000 characters.
_LONGEST_ERROR = 1000
_log = structlog.get_logger("reconciliation")


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that a vendor is to do; `wanted` is its own of each kind."""

    task: UUID
    kind: Kind
    vendor: str
    account: str | None
    customer: str | None
    subscription: str
    vendor_subscription: str | None
    wanted: Mapping[str, Any]
    snapshot: str | None
    by: str
    asked_at: datetime
    state: Literal["waiting", "done", "failed"] = "waiting"
    attempts: int = 0
    ended_at: datetime | None = None
    error: str | None = None


Ending = Callable[[AsyncConnection, Task, datetime], Awaitable[None]]
"""What is written in the transaction that ends a task: events, say. Given one that is done or has failed."""
CarryOut = Callable[[AsyncConnection, Task], Awaitable[Mapping[str, Any]]]
"""Asks the vendor; what it answered is added to `wanted`. Raises VendorError."""


async def ask(connection: AsyncConnection, task: Task) -> None:
    """Keep a task in the caller's transaction; one that was asked for before stays as it is."""
    row = {name: getattr(task, name) for name in Task.__slots__} | {"wanted": Jsonb(dict(task.wanted))}
    await connection.execute(_ASK, row)


async def carry_out(
    connection: AsyncConnection,
    vendors: Mapping[str, CarryOut],
    ended: Ending,
    *,
    only: UUID | None = None,
    now: datetime | None = None,
) -> Task | None:
    """Carry out the task that waits the longest (or `only` one); as it stands afterwards, None when none waits.

    Its row is locked meanwhile, so nobody else carries it out. A vendor that cannot be reached is asked again later,
    for two hours; what it refuses has failed at once. So has what nobody foresaw: it would be the first in turn for
    ever, and what waits behind it would never be asked.
    """
    at = now or datetime.now(UTC)
    async with connection.transaction():
        async with connection.cursor(row_factory=class_row(Task)) as cursor:
            wanted = {"at": at, "vendors": sorted(vendors), "only": only}
            task = await (await cursor.execute(_TAKE, wanted)).fetchone()
        if task is None:
            return None
        try:
            async with connection.transaction():  # a savepoint: the task can be written after whatever fails
                answer = await vendors[task.vendor](connection, task)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise  # the database is away: nothing is known of the task
        except Exception as error:  # kept with the task, as the sentence or as what it is
            if isinstance(error, NotReached) and at - task.asked_at < GIVES_UP_AFTER:
                wait = min(_FIRST_WAIT * 2**task.attempts, _LONGEST_WAIT)
                await connection.execute(_LATER, [at + wait, str(error), task.task])
                return await _one(connection, task.task)
            if not isinstance(error, VendorError):
                _log.exception("vendor task", task=str(task.task), kind=task.kind, vendor=task.vendor)
            told = str(error) if isinstance(error, VendorError) else f"not foreseen, see the log: {error!r}"
            await connection.execute(_END, ["failed", at, told[:_LONGEST_ERROR], task.task])
        else:
            await connection.execute(_END, ["done", at, None, task.task])
            await connection.execute(_ANSWERED, [Jsonb(dict(answer)), task.task])
        over = await _one(connection, task.task)
        await ended(connection, over, at)
        return over


async def waiting(connection: AsyncConnection, now: datetime | None = None) -> frozenset[str]:
    """The vendors that something is to be asked of now."""
    rows = await connection.execute(_WAITING, [now or datetime.now(UTC)])
    return frozenset(vendor for (vendor,) in await rows.fetchall())


async def try_again(connection: AsyncConnection, task: UUID, now: datetime | None = None) -> bool:
    """Have a task that failed carried out again, with the same id; False for one that has not."""
    at = now or datetime.now(UTC)
    return (await connection.execute(_AGAIN, [at, at, task])).rowcount == 1


async def tasks(connection: AsyncConnection, *, state: str | None = None, most: int = 100) -> list[Task]:
    """The newest tasks, of one state or of all."""
    async with connection.cursor(row_factory=class_row(Task)) as cursor:
        return await (await cursor.execute(_LIST, {"state": state, "most": most})).fetchall()


async def _one(connection: AsyncConnection, task: UUID) -> Task:
    async with connection.cursor(row_factory=class_row(Task)) as cursor:
        found = await (await cursor.execute(_ONE, [task])).fetchone()
    assert found is not None
    return found
