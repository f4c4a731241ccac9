"""Which events are behind a row that differs: those known of its stream, and of what that looks at, with their places.

A price or a setting that was said of something else may be what a row differs by.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from psycopg import AsyncConnection

from shared.projections.spec import Key
from shared.store.arrays import columns

# The newest first, and no more than this of a stream, and of all that it looks at: a person is to look at them.
MOST = 10
# A civil date counts from its beginning in UTC. As text an instant in one zone would not sort beside one in another.
# The LIMIT keeps the database from unpacking the facts of everything there is.
_EVENTS = """
WITH asked AS (SELECT * FROM unnest(%(scopes)s::text[], %(ids)s::text[]) AS w (scope, scope_id)),
about AS (
    SELECT scope, scope_id, scope AS about_scope, scope_id AS about_id, true AS own FROM asked
    UNION ALL
    SELECT asked.scope, asked.scope_id, dependency.scope, dependency.scope_id, false FROM asked
    JOIN dependency ON (dependent_scope, dependent_id) = (asked.scope, asked.scope_id)
),
known AS (
    SELECT * FROM about CROSS JOIN LATERAL (
        SELECT source, id, type, time, (
            CASE WHEN length(time) = 10 THEN time || 'T00:00:00Z' ELSE time END
        )::timestamptz AS at
        FROM facts WHERE (facts.scope, facts.scope_id) = (about_scope, about_id) ORDER BY at DESC, source, id
        LIMIT %(most)s
    ) AS facts
),
newest AS (
    SELECT *, row_number() OVER (PARTITION BY scope, scope_id, own ORDER BY at DESC, source, id) AS place FROM known
)
SELECT scope, scope_id, about_scope, about_id, newest.source, newest.id, type, time,
    event.topic, event.partition, event."offset"
FROM newest LEFT JOIN event ON event.identity = store.identity(newest.source, newest.id)
WHERE place <= %(most)s ORDER BY scope, scope_id, at DESC, newest.source, newest.id
"""


class Behind(NamedTuple):
    """One event, what it says something about, and its place in the log."""

    about: Key
    source: str
    id: str
    type: str
    time: str
    topic: str | None
    partition: int | None
    offset: int | None


async def events_behind(connection: AsyncConnection, streams: Collection[Key]) -> dict[Key, list[Behind]]:
    """The events behind these streams, the newest first: of each at most MOST of its own, and MOST of what it looks at.

    Connection with a search_path.
    """
    found: dict[Key, list[Behind]] = {key: [] for key in streams}
    scopes, ids = columns(sorted(streams), 2)
    cursor = await connection.execute(_EVENTS, {"scopes": scopes, "ids": ids, "most": MOST})
    for scope, scope_id, about_scope, about_id, *event in await cursor.fetchall():
        found[Key(scope, scope_id)].append(Behind(Key(about_scope, about_id), *event))
    return found
