"""The clock of a generation: the moment as of which its rows stand. It moves forward only.

Batches share its row for as long as they run, a tick has it alone: so no batch can store rows of an earlier moment
after a tick has looked for rows whose time has come. The same lock makes a `mark` exact.
"""

from __future__ import annotations

from datetime import datetime

from psycopg import AsyncConnection

_SHARE = "SELECT at FROM clock FOR SHARE"
_ALONE = "SELECT at FROM clock FOR UPDATE"
_MOVE = "UPDATE clock SET at = %s"
_DUE = """
INSERT INTO recompute_queue (scope, scope_id)
SELECT scope, scope_id FROM state WHERE next_change_at <= %s ORDER BY scope, scope_id
ON CONFLICT (scope, scope_id) DO UPDATE SET asked = excluded.asked
"""
_MARK = "SELECT coalesce(max(touched), 0) FROM state WHERE scope = %s"


async def now(connection: AsyncConnection) -> datetime:
    """The clock, which stands still until the caller's transaction ends."""
    row = await (await connection.execute(_SHARE)).fetchone()
    assert row is not None
    at: datetime = row[0]
    return at


async def tick(connection: AsyncConnection, at: datetime) -> int:
    """Move the clock on to `at` (aware) and queue the streams whose rows change by that; how many."""
    async with connection.transaction():
        row = await (await connection.execute(_ALONE)).fetchone()
        assert row is not None
        if at <= row[0]:
            return 0
        await connection.execute(_MOVE, [at])
        return (await connection.execute(_DUE, [at])).rowcount


async def mark(connection: AsyncConnection, scope: str) -> int:
    """The highest `touched` of a scope's states, with no batch in flight: everything up to it is visible.

    Who remembers it finds what changed since by `touched > mark`. Connection with the generation's search_path.
    """
    async with connection.transaction():
        await connection.execute(_ALONE)
        row = await (await connection.execute(_MARK, [scope])).fetchone()
        assert row is not None
        return int(row[0])
