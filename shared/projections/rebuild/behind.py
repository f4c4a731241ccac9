"""Which events are behind a row that differs: those that are known of its stream, with where they lie in the log."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from psycopg import AsyncConnection

from shared.projections.spec import Key
from shared.store.arrays import columns

# The newest first, and no more than this of one stream: they are to be looked at by a person.
MOST = 10
_EVENTS = """
SELECT about.scope, about.scope_id, known.source, known.id, known.type, known.time,
    event.topic, event.partition, event."offset"
FROM unnest(%s::text[], %s::text[]) AS about (scope, scope_id)
CROSS JOIN LATERAL (
    SELECT source, id, type, time FROM facts
    WHERE (facts.scope, facts.scope_id) = (about.scope, about.scope_id) ORDER BY time DESC LIMIT %s
) AS known
LEFT JOIN event ON event.identity = store.identity(known.source, known.id)
"""


class Behind(NamedTuple):
    """One event; its place in the log."""

    source: str
    id: str
    type: str
    time: str
    topic: str | None
    partition: int | None
    offset: int | None


async def events_behind(connection: AsyncConnection, streams: Collection[Key]) -> dict[Key, list[Behind]]:
    """The events of these streams, the newest first; of each at most MOST. Connection with a search_path."""
    found: dict[Key, list[Behind]] = {key: [] for key in streams}
    cursor = await connection.execute(_EVENTS, [*columns(sorted(streams), 2), MOST])
    for scope, scope_id, *event in await cursor.fetchall():
        found[Key(scope, scope_id)].append(Behind(*event))
    return found
