"""The switch: all `read` views point to other generations in one transaction; who reads sees one or the other, whole.

Behind a dashboard's open transaction a switch would queue everybody who comes after it, so it waits 50 ms for all of
the views together, lets go, and tries again, ever more patiently. The live projector stands still meanwhile: its batch
comes a moment later. Only the views are locked: who reads the tables themselves, as a backup does for hours, holds up
nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import AsyncConnection, sql

from shared.projections import clock
from shared.projections.generations import Generation, describe_views, point_views, set_status, use
from shared.projections.position import Positions, positions
from shared.projections.spec import ProjectionSpec
from shared.store.arrays import columns, literal
from shared.store.ledger import RUN_LOCK
from shared.store.locks import holder, try_lock

# A batch of the live projector is over within this; only that one waits.
_FOR_POSITIONS = "SET LOCAL lock_timeout = '10s'"
# At first; more the longer it has to wait, as on a busy machine the locks alone may take as long.
_VIEWS_MS, _VIEWS_MOST_MS = 50, 500
_TIMEOUTS = "SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)"
# LOCK TABLE would lock the tables of a view as well. This says of it what views.sql says of all of them.
_LOCK_VIEW = "ALTER VIEW {} SET (security_invoker = true)"
_PAUSE_FIRST_S, _PAUSE_MOST_S = 0.05, 1.0
_END_RUN = "SELECT pg_advisory_unlock(%s)"
# Who holds a batch back while we look: nothing may be stored in the live generation that the other has not.
_STAND_STILL = "SELECT FROM position ORDER BY topic, partition FOR UPDATE"
_VIEWS = """
SELECT DISTINCT v.relname FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid
    JOIN pg_class AS v ON v.oid = r.ev_class JOIN pg_namespace AS vn ON vn.oid = v.relnamespace
    JOIN pg_class AS t ON t.oid = d.refobjid JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
WHERE vn.nspname = 'read' AND tn.nspname = %s
"""
# The oldest transactions first: whoever came a moment ago is gone in a moment.
_BLOCKERS = """
SELECT DISTINCT a.pid, a.usename, a.application_name, a.xact_start FROM pg_locks AS l
    JOIN pg_class AS c ON c.oid = l.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.granted
    AND a.pid <> pg_backend_pid() AND (n.nspname, c.relname) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
    AND l.mode <> ALL(%s::text[])
ORDER BY 4, 1 LIMIT 3
"""
# Who only reads what is changed holds up nobody who changes it.
_READING = ("AccessShareLock",)
_WRITTEN = ("generation", "operation", "rebuild")


class NotSwitched(Exception):
    """The views stayed where they are; the sentence says why."""


class _NotHad(Exception):
    """A lock was not had in time: `what` somebody does with these relations, by schema and name, but in these modes."""

    def __init__(self, what: str, relations: Sequence[tuple[str, str]], passing: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what, self.relations, self.passing = what, relations, passing


# What is written down of a switch, in its transaction.
Written = Callable[[AsyncConnection], Awaitable[None]]
# Brings a generation on to positions and a clock at which the live one stands still.
Bring = Callable[["Switching", Positions, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Switching:
    """One projection's switch: from the live generation to another."""

    spec: ProjectionSpec
    live: Generation
    to: Generation


@dataclass(frozen=True, slots=True)
class Switched:
    """How long the locks were held, and how often they were not had in time."""

    milliseconds: float
    tries: int


async def run_lock(connection: AsyncConnection, waiting: Callable[[str], None]) -> None:
    """Keep invoice runs away: they read the generation that is live when they begin."""
    while not await try_lock(connection, RUN_LOCK):
        waiting(f"an invoice run goes on: {await holder(connection, RUN_LOCK)}")
        await asyncio.sleep(1.0)


async def end_run_lock(connection: AsyncConnection) -> None:
    """Let invoice runs in again."""
    await connection.execute(_END_RUN, [RUN_LOCK])


async def switch(
    connection: AsyncConnection, switching: Sequence[Switching], bring: Bring, keep_until: datetime | None,
    timeout_s: float, waiting: Callable[[str], None], written: Written,
) -> Switched:  # fmt: skip
    """Make all of them live at once; the old ones are kept, until `keep_until` if that is given.

    `bring` is given what little is still missing, `waiting` who is waited for. Raises NotSwitched when the locks were
    not had within `timeout_s`.
    """
    deadline, pause, tries = time.monotonic() + timeout_s, _PAUSE_FIRST_S, 0
    while True:
        tries += 1
        try:
            views_ms = min(_VIEWS_MS * tries, _VIEWS_MOST_MS)
            milliseconds = await _switch(connection, switching, bring, keep_until, written, views_ms)
        except _NotHad as missed:
            who = await _who(connection, missed)
            if time.monotonic() > deadline:
                raise NotSwitched(_told(missed, who)) from None
            waiting(f"{who[0] if who else 'somebody'} {missed.what}")
        else:
            # What a new release says of its views: nobody has to wait for that.
            for one in switching:
                await describe_views(connection, one.spec)
            return Switched(milliseconds, tries)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _PAUSE_MOST_S)


async def _switch(
    connection: AsyncConnection, switching: Sequence[Switching], bring: Bring, keep_until: datetime | None,
    written: Written, views_ms: int,
) -> float:  # fmt: skip
    async with connection.transaction():
        await connection.execute(_FOR_POSITIONS)
        try:
            for one in switching:
                await _decide(connection, one, keep_until)
                await use(connection, one.live)
                await connection.execute(_STAND_STILL)
                await bring(one, await positions(connection), await clock.now(connection))
            await written(connection)
        except psycopg.errors.LockNotAvailable:
            changed = [(one.live.schema, "position") for one in switching] + [("store", name) for name in _WRITTEN]
            raise _NotHad("holds what a switch changes", changed, _READING) from None
        views = [view for one in switching for view in await _views(connection, one.live)]
        try:
            await _lock_views(connection, views, views_ms)
            began = time.perf_counter()
            for one in switching:
                await _point(connection, one)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
            raise _NotHad("reads the views", [("read", view) for view in views]) from None
    return (time.perf_counter() - began) * 1000


async def _decide(connection: AsyncConnection, one: Switching, keep_until: datetime | None) -> None:
    """Before all else: a generation that is to be live is not dropped from now on, whenever its time is over."""
    left = await set_status(connection, one.live, "kept", keep_until)
    if not (left and await set_status(connection, one.to, "live")):
        raise NotSwitched(
            f"{one.to.schema} is not what it was when this began: `seatledger generations list` shows them all; "
            "nothing was switched"
        )


async def _lock_views(connection: AsyncConnection, views: Sequence[str], milliseconds: int) -> None:
    """Those that are had keep their readers waiting, so all of them together may take no longer than this.

    In one statement: between two of them a reader could take a view that we want while it waits for one that we have.
    """
    locks = sql.SQL("; ").join(sql.SQL(_LOCK_VIEW).format(sql.Identifier("read", view)) for view in views)
    await connection.execute(_TIMEOUTS, [f"{milliseconds}ms"] * 2)
    await connection.execute(sql.SQL("DO $locks$ BEGIN {}; END $locks$").format(locks))
    await connection.execute(_TIMEOUTS, ["0", f"{milliseconds}ms"])


async def _point(connection: AsyncConnection, one: Switching) -> None:
    """Where a view's columns differ from the release before it cannot be replaced: then it is made anew."""
    try:
        async with connection.transaction():
            await point_views(connection, one.spec, one.to)
    except psycopg.errors.InvalidTableDefinition:
        for view in await _views(connection, one.live):
            await connection.execute(sql.SQL("DROP VIEW {}").format(sql.Identifier("read", view)))
        await point_views(connection, one.spec, one.to)
        await describe_views(connection, one.spec)


async def _views(connection: AsyncConnection, generation: Generation) -> list[str]:
    """The names of the views of `read` that show a generation."""
    return sorted(name for (name,) in await (await connection.execute(_VIEWS, [generation.schema])).fetchall())


async def _who(connection: AsyncConnection, missed: _NotHad) -> list[str]:
    """Who holds what was not had, the oldest first; nobody where they have let go meanwhile."""
    asked = [*columns(missed.relations, 2), literal(missed.passing)]
    rows: list[Any] = await (await connection.execute(_BLOCKERS, asked)).fetchall()
    return [f"process {pid} of {user} ({name or 'no name'}, {_since(since)})" for pid, user, name, since in rows]


def _since(began: datetime | None) -> str:
    # None where the database tells us nothing of what another role does.
    return "in a transaction" if began is None else f"in a transaction since {began.astimezone(UTC):%F %T} UTC"


def _told(missed: _NotHad, who: Sequence[str]) -> str:
    return (
        f"the locks of a switch could not be had within the time: {' and '.join(who) or 'somebody'} {missed.what}; "
        "nothing was switched. End it (pg_terminate_backend) or wait, and run it again"
    )
