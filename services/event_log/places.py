"""Where events lie, and which records are dead letters, as the database has it: the log need not be looked through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from shared.commands.operating import database_failures
from shared.projections.facts import identity_of
from shared.projections.generations import generations
from shared.store.dead_letters import Place
from shared.store.pool import connect

_OF_SOURCE = 'SELECT topic, partition, "offset" FROM event WHERE identity = %s'
# Events are known by source and id together, so the sources of an id are found where both stand: among facts and our
# own events. What a replay has packed is unpacked only where the id stands in it, as JSON writes it.
_OF_ID = """
SELECT known.source, event.topic, event.partition, event."offset"
FROM (
    SELECT source FROM fact WHERE id = %(id)s
    UNION
    SELECT source FROM store.event WHERE id = %(id)s
    UNION
    SELECT line::json ->> 0
    FROM packed_fact, LATERAL string_to_table(convert_from(facts, 'UTF8'), E'\n') WITH ORDINALITY AS lines (line, place)
    WHERE position(%(written)s::bytea IN facts) > 0 AND place %% 2 = 1 AND line::json ->> 1 = %(id)s
) AS known
JOIN event ON event.identity = store.identity(known.source, %(id)s)
"""
_REFUSED = """
SELECT topic, partition, "offset", (extract(epoch FROM logged_at) * 1000)::bigint, reason FROM store.dead_letter
WHERE status IN ('dead', 'dropped') AND topic = ANY(%s)
"""


class Refused(NamedTuple):
    """Why a record could not be taken in, and when the log took it, in milliseconds since 1970.

    The time tells it from a record at the same place of another log.
    """

    logged_at: int
    reason: str


async def places_of(dsn: str, event_id: str, source: str | None) -> dict[str, Place]:
    """Where the live projections have taken in the events of that id, by source. UserError without an answer.

    Without a source, an event of which no fact was made and which is not ours is not found.
    """
    found: list[tuple[str, Place]] = []
    with database_failures():
        async with await connect(dsn, application="seatledger events") as connection:
            live = [one for one in await generations(connection) if one.status == "live"]
        for generation in live:
            async with await connect(dsn, generation.schema, application="seatledger events") as connection:
                if source is None:
                    given = {"id": event_id, "written": orjson.dumps(event_id)}
                    rows = await connection.execute(_OF_ID, given)
                    found += [(row[0], Place(*row[1:])) for row in await rows.fetchall()]
                else:
                    rows = await connection.execute(_OF_SOURCE, [identity_of(source, event_id)])
                    found += [(source, Place(*row)) for row in await rows.fetchall()]
    # An event that was sent twice may have been taken in at either place.
    return dict(sorted(found, reverse=True))


async def refused_records(dsn: str, topics: Sequence[str]) -> dict[Place, Refused]:
    """The records of these topics that do not count: dead letters, also dropped ones. UserError without an answer."""
    with database_failures():
        async with await connect(dsn, application="seatledger events") as connection:
            rows = await (await connection.execute(_REFUSED, [list(topics)])).fetchall()
    return {Place(*row[:3]): Refused(*row[3:]) for row in rows}
