"""The recompute queue: streams to be folded again, because master data, a document or the clock moved.

Asking for a stream that is queued gives its row a new number; who folds it deletes the row only under the number that
was read, so nothing that is asked for while a fold runs is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from psycopg import AsyncConnection

from shared.projections.spec import Key
from shared.store.arrays import columns

_ASK = """
INSERT INTO recompute_queue (scope, scope_id)
SELECT scope, scope_id FROM unnest(%s::text[], %s::text[]) AS w (scope, scope_id)
GROUP BY scope, scope_id ORDER BY scope, scope_id
ON CONFLICT (scope, scope_id) DO UPDATE SET asked = excluded.asked
"""
_ASK_DEPENDENTS = """
INSERT INTO recompute_queue (scope, scope_id)
SELECT dependent_scope, dependent_id
FROM dependency JOIN unnest(%s::text[], %s::text[]) AS w (scope, scope_id) USING (scope, scope_id)
GROUP BY dependent_scope, dependent_id ORDER BY dependent_scope, dependent_id
ON CONFLICT (scope, scope_id) DO UPDATE SET asked = excluded.asked
"""
_NEXT = "SELECT scope, scope_id, asked FROM recompute_queue ORDER BY asked LIMIT %s"
_QUEUED = """
SELECT scope, scope_id FROM recompute_queue JOIN unnest(%s::text[], %s::text[]) AS w (scope, scope_id)
USING (scope, scope_id)
"""
_DEPENDS_ON = """
SELECT DISTINCT unnest(depends_on) FROM state
JOIN unnest(%s::text[], %s::text[]) AS w (scope, scope_id) USING (scope, scope_id)
"""
_DONE = """
WITH done AS (
    SELECT q.scope, q.scope_id FROM recompute_queue AS q
    JOIN unnest(%s::text[], %s::text[], %s::bigint[]) AS w (scope, scope_id, asked) USING (scope, scope_id, asked)
    ORDER BY q.scope, q.scope_id FOR UPDATE OF q
)
DELETE FROM recompute_queue AS q USING done WHERE (q.scope, q.scope_id) = (done.scope, done.scope_id)
"""
_DEPTH = "SELECT count(*) FROM recompute_queue"


async def ask(connection: AsyncConnection, keys: Iterable[Key]) -> None:
    """Have these streams folded again, in the caller's transaction."""
    wanted = list(keys)
    if wanted:
        await connection.execute(_ASK, columns(wanted, 2))


async def ask_dependents(connection: AsyncConnection, masters: Iterable[Key]) -> None:
    """Have every stream folded again that depends on one of these; their anchors are locked FOR UPDATE."""
    wanted = list(masters)
    if wanted:
        await connection.execute(_ASK_DEPENDENTS, columns(wanted, 2))


async def next_asked(connection: AsyncConnection, most: int) -> dict[Key, int]:
    """The streams that wait longest, with the number they were asked under."""
    rows = await (await connection.execute(_NEXT, [most])).fetchall()
    return {Key(scope, scope_id): asked for scope, scope_id, asked in rows}


async def queued(connection: AsyncConnection, keys: Iterable[Key]) -> set[Key]:
    """Those of these streams that wait to be folded again."""
    rows = await (await connection.execute(_QUEUED, columns(keys, 2))).fetchall()
    return {Key(scope, scope_id) for scope, scope_id in rows}


async def depended_on(connection: AsyncConnection, keys: Sequence[Key]) -> set[Key]:
    """The master data that these streams are known to look at."""
    rows = await (await connection.execute(_DEPENDS_ON, columns(keys, 2))).fetchall()
    return {Key.parse(text) for (text,) in rows}


async def done(connection: AsyncConnection, asked: Iterable[tuple[Key, int]]) -> None:
    """Take these off the queue, except those that were asked for again meanwhile."""
    rows = list(asked)
    await connection.execute(_DONE, columns(((*key, number) for key, number in rows), 3))


async def depth(connection: AsyncConnection) -> int:
    """How many streams wait."""
    row = await (await connection.execute(_DEPTH)).fetchone()
    assert row is not None
    return int(row[0])
