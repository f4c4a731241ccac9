"""Locks that one process at a time holds, for as long as a connection of it lives: who that is, and since when."""

from __future__ import annotations

import os
import socket

from psycopg import AsyncConnection

# PostgreSQL cuts what is longer.
_LONGEST_NAME = 63
_TRY = "SELECT pg_try_advisory_lock(%s)"
# Once: who lets a lock go and takes another one has said it already.
_SIGN = """
SELECT set_config('application_name', left(name || %(said)s, %(longest)s), false)
FROM current_setting('application_name') AS name WHERE strpos(name, left(%(said)s, 12)) = 0
"""
_HOLDER = """
SELECT activity.application_name, activity.pid, activity.backend_start AT TIME ZONE 'UTC'
FROM pg_locks JOIN pg_stat_activity AS activity USING (pid) JOIN pg_database ON pg_locks.database = pg_database.oid
WHERE locktype = 'advisory' AND classid = 0 AND objid = %s AND objsubid = 1 AND granted
    AND pg_database.datname = current_database()
"""


async def try_lock(connection: AsyncConnection, lock: int) -> bool:
    """Have a lock if nobody else has it. The connection says from then on which process of which machine it is of."""
    row = await (await connection.execute(_TRY, [lock])).fetchone()
    if row is None or not row[0]:
        return False
    await sign(connection)
    return True


async def sign(connection: AsyncConnection) -> None:
    """Have the connection's name say which process of which machine it is of."""
    said = f" of process {os.getpid()} on {socket.gethostname()}"
    await connection.execute(_SIGN, {"said": said, "longest": _LONGEST_NAME})


async def holder(connection: AsyncConnection, lock: int) -> str:
    """Who has a lock, as a sentence can say it.

    seatledger replay of process 4711 on billing-1, since 2026-01-31 10:00:00 UTC (session 815 of the database)
    """
    row = await (await connection.execute(_HOLDER, [lock])).fetchone()
    if row is None:
        return "somebody who has just ended"
    name, pid, since = row
    return f"{name or 'somebody without a name'}, since {since:%Y-%m-%d %H:%M:%S} UTC (session {pid} of the database)"


async def is_taken(connection: AsyncConnection, lock: int) -> bool:
    """Whether somebody has a lock now."""
    return await (await connection.execute(_HOLDER, [lock])).fetchone() is not None
