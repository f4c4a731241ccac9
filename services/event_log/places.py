"""Where events lie, and which records are dead letters, as the database has it: the log need not be looked through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shared.commands.operating import database_failures
from shared.projections.generations import generations
from shared.store.pool import connect

_OF_ID = 'SELECT source, topic, partition, "offset" FROM event WHERE id = %s'
_OF_SOURCE = 'SELECT source, topic, partition, "offset" FROM event WHERE id = %s AND source = %s'
_DEAD = """
SELECT topic, partition, "offset", (extract(epoch FROM logged_at) * 1000)::bigint, reason FROM store.dead_letter
WHERE topic = ANY(%s)
"""


class Place(NamedTuple):
    """Where one record lies; sorts by topic, partition, offset."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return "/".join(map(str, self))


class Refused(NamedTuple):
    """Why a record could not be taken in, and when the log took it, in milliseconds since 1970.

    The time tells it from a record at the same place of another log.
    """

    logged_at: int
    reason: str


async def places_of(dsn: str, event_id: str, source: str | None) -> dict[str, Place]:
    """Where the live projections have taken in the events of that id, by source. UserError without an answer."""
    with database_failures():
        async with await connect(dsn, application="seatledger events") as connection:
            live = [one for one in await generations(connection) if one.status == "live"]
        rows: list[tuple[str, str, int, int]] = []
        for generation in live:
            async with await connect(dsn, generation.schema, application="seatledger events") as connection:
                given = [event_id] if source is None else [event_id, source]
                found = await connection.execute(_OF_ID if source is None else _OF_SOURCE, given)
                rows += await found.fetchall()
    # An event that was sent twice may have been taken in at either place.
    return {row[0]: Place(*row[1:]) for row in sorted(rows, reverse=True)}


async def dead_letters(dsn: str, topics: Sequence[str]) -> dict[Place, Refused]:
    """The records of these topics that could not be taken in. UserError without an answer."""
    with database_failures():
        async with await connect(dsn, application="seatledger events") as connection:
            rows = await (await connection.execute(_DEAD, [list(topics)])).fetchall()
    return {Place(*row[:3]): Refused(*row[3:]) for row in rows}
