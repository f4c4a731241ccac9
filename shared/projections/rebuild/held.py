"""What a live generation holds dead, of what it has read: a rebuild of it leaves that out, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import AsyncConnection, sql

from shared.log.records import Partition
from shared.projections.generations import Generation
from shared.store.arrays import columns
from shared.store.dead_letters import Place

# What was dropped is read by nobody who has not come to it.
_LETTERS = """
SELECT letter.topic, letter.partition, letter."offset" FROM store.dead_letter AS letter
JOIN {} AS position USING (topic, partition)
WHERE letter.status = 'dead' AND letter."offset" < position.next OR letter.status = 'dropped'
"""
_TAKEN_IN = """
SELECT topic, partition, "offset" FROM {} AS event
JOIN unnest(%s::text[], %s::int[], %s::bigint[]) AS w (topic, partition, "offset") USING (topic, partition, "offset")
"""


async def held_by(
    connection: AsyncConnection, live: Generation, read: Mapping[Partition, int] | None = None
) -> set[Place]:
    """Where the records lie that count for nothing in this generation; only those at the positions `read` and behind.

    One letter stands for a record whichever projection found it dead: who has it all the same has it among its events.
    """
    beyond = read or {}
    letters = await (await connection.execute(_of(_LETTERS, live, "position"))).fetchall()
    found = {Place(*row) for row in letters if row[2] >= beyond.get(Partition(row[0], row[1]), 0)}
    if found:
        # Events are looked through only where there is something to look for: a switch has everybody wait for this.
        taken_in = await connection.execute(_of(_TAKEN_IN, live, "event"), columns(sorted(found), 3))
        found -= {Place(*row) for row in await taken_in.fetchall()}
    return found


def _of(statement: str, live: Generation, table: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(live.schema, table))
