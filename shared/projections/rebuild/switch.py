"""The switch: all `read` views point to other generations in one transaction; who reads sees one or the other, whole.

Behind a dashboard's open transaction a switch would queue everybody who comes after it, so it waits 50 ms for the
views, lets go, and tries again. The live projector stands still meanwhile: its batch comes a moment later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import AsyncConnection, sql

from shared.projections import clock
from shared.projections.generations import Generation, describe_views, point_views, set_status, use
from shared.projections.position import Positions, positions
from shared.projections.spec import ProjectionSpec
from shared.store.ledger import RUN_LOCK
from shared.store.locks import holder, try_lock

# A batch of the live projector is over within this; only that one waits.
_FOR_POSITIONS = "SET LOCAL lock_timeout = '10s'"
_FOR_VIEWS = "SET LOCAL lock_timeout = '50ms'"
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
_BLOCKERS = """
SELECT DISTINCT a.pid, a.usename, a.application_name, now() - a.xact_start FROM pg_locks AS l
    JOIN pg_class AS c ON c.oid = l.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE n.nspname = 'read' AND l.granted AND a.pid <> pg_backend_pid() ORDER BY 4 DESC
"""


class NotSwitched(Exception):
    """The views stayed where they are; the sentence says why."""


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
    timeout_s: float, waiting: Callable[[str], None],
) -> Switched:  # fmt: skip
    """Make all of them live at once; the old ones are kept, until `keep_until` if that is given.

    `bring` is given what little is still missing. Raises NotSwitched when the locks were not had within `timeout_s`.
    """
    deadline, pause, tries = time.monotonic() + timeout_s, _PAUSE_FIRST_S, 0
    while True:
        tries += 1
        try:
            milliseconds = await _switch(connection, switching, bring, keep_until)
        except psycopg.errors.LockNotAvailable:
            if time.monotonic() > deadline:
                raise NotSwitched(await _who(connection)) from None
        else:
            # What a new release says of its views: nobody has to wait for that.
            for one in switching:
                await describe_views(connection, one.spec)
            return Switched(milliseconds, tries)
        if reading := await _blockers(connection):
            pid, user, name, _ = reading[0]
            waiting(f"somebody reads the views: process {pid} of {user} ({name or 'no name'})")
        await asyncio.sleep(pause)
        pause = min(pause * 2, _PAUSE_MOST_S)


async def _switch(
    connection: AsyncConnection, switching: Sequence[Switching], bring: Bring, keep_until: datetime | None
) -> float:
    async with connection.transaction():
        await connection.execute(_FOR_POSITIONS)
        for one in switching:
            await _decide(connection, one, keep_until)
            await use(connection, one.live)
            await connection.execute(_STAND_STILL)
            await bring(one, await positions(connection), await clock.now(connection))
        await connection.execute(_FOR_VIEWS)
        await _lock_views(connection, switching)
        began = time.perf_counter()
        for one in switching:
            await _point(connection, one)
    return (time.perf_counter() - began) * 1000


async def _decide(connection: AsyncConnection, one: Switching, keep_until: datetime | None) -> None:
    """Before all else: a generation that is to be live is not dropped from now on, whenever its time is over."""
    left = await set_status(connection, one.live, "kept", keep_until)
    if not (left and await set_status(connection, one.to, "live")):
        raise NotSwitched(
            f"{one.to.schema} is not what it was when this began: `seatledger generations list` shows them all; "
            "nothing was switched"
        )


async def _lock_views(connection: AsyncConnection, switching: Sequence[Switching]) -> None:
    for one in switching:
        for view in await _views(connection, one.live):
            await connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(view))


async def _point(connection: AsyncConnection, one: Switching) -> None:
    """Where a view's columns differ from the release before it cannot be replaced: then it is made anew."""
    try:
        async with connection.transaction():
            await point_views(connection, one.spec, one.to)
    except psycopg.errors.InvalidTableDefinition:
        for view in await _views(connection, one.live):
            await connection.execute(sql.SQL("DROP VIEW {}").format(view))
        await point_views(connection, one.spec, one.to)
        await describe_views(connection, one.spec)


async def _views(connection: AsyncConnection, generation: Generation) -> list[sql.Identifier]:
    rows = await (await connection.execute(_VIEWS, [generation.schema])).fetchall()
    return [sql.Identifier("read", name) for name in sorted(name for (name,) in rows)]


async def _blockers(connection: AsyncConnection) -> list[tuple[Any, ...]]:
    """Who holds locks of the views: pid, user, name, and for how long its transaction has been open."""
    return await (await connection.execute(_BLOCKERS)).fetchall()


async def _who(connection: AsyncConnection) -> str:
    rows = await _blockers(connection)
    who = ", ".join(f"process {pid} of {user} ({name or 'no name'}, for {age})" for pid, user, name, age in rows[:3])
    return (
        f"the views could not be had within the time: a transaction that reads them is open{': ' if who else ''}{who}; "
        "nothing was switched. End it (pg_terminate_backend) or wait, and run it again"
    )
