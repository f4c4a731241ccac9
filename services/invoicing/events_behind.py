"""What the live generation knows of the events behind lines: what each was, when it became known, where it lies."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from psycopg import AsyncConnection

from shared.billing.facts import Ref
from shared.events.explanation import Happened
from shared.projections.spec import Key
from shared.store.arrays import columns, literal

_DEPEND_ON = "SELECT depends_on FROM state WHERE scope = 'subscription' AND scope_id = ANY(%s)"
# By what the facts are about: facts are found by that, and an event can be about several things.
_HAPPENED = """
SELECT DISTINCT known.source, known.id, known.type, known.time, event.topic, event.partition, event."offset"
FROM unnest(%s::text[], %s::text[]) AS about (scope, scope_id)
JOIN facts AS known USING (scope, scope_id)
JOIN unnest(%s::text[], %s::text[]) AS wanted (source, id) USING (source, id)
JOIN event ON event.identity = store.identity(known.source, known.id)
"""


async def events_behind(
    connection: AsyncConnection, subscriptions: Collection[str], refs: Iterable[Ref]
) -> dict[Ref, Happened]:
    """The events among these that subscriptions' own facts came from, or those of what the subscriptions look at.

    The search_path of the connection names the generation. An event that it has not taken in is not in the mapping.
    """
    rows = await (await connection.execute(_DEPEND_ON, [literal(sorted(subscriptions))])).fetchall()
    about = {Key("subscription", name) for name in subscriptions}
    about |= {Key.parse(text) for (depends_on,) in rows for text in depends_on}
    found = await connection.execute(_HAPPENED, [*columns(sorted(about), 2), *columns(sorted(refs), 2)])
    happened = {}
    for source, event_id, kind, time, topic, partition, offset in await found.fetchall():
        ref = Ref(source, event_id)
        happened[ref] = Happened(ref, kind, time, {"topic": topic, "partition": partition, "offset": offset})
    return happened
