"""Positions of a generation: moved by compare-and-set, in the transaction that stores what was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from psycopg import AsyncConnection

from shared.log.records import Partition, Standing
from shared.store.arrays import columns

# Locked in order first, so that two workers that hold overlapping partitions wait instead of deadlocking.
_ADVANCE = """
WITH wanted AS (
    SELECT * FROM unnest(%s::text[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
        AS w (topic, partition, expected, next, last_offset, last_identity)
), locked AS (
    SELECT topic, partition FROM position JOIN wanted USING (topic, partition)
    ORDER BY topic, partition FOR UPDATE OF position
)
UPDATE position AS p
SET next = w.next, last_offset = coalesce(w.last_offset, p.last_offset),
    last_identity = coalesce(w.last_identity, p.last_identity)
FROM wanted AS w JOIN locked USING (topic, partition)
WHERE p.topic = w.topic AND p.partition = w.partition AND p.next = w.expected
"""
_CREATE = """
INSERT INTO position (topic, partition, next)
SELECT topic, partition, 0 FROM unnest(%s::text[], %s::int[]) AS w (topic, partition)
ORDER BY topic, partition ON CONFLICT DO NOTHING
"""
_READ = """
SELECT topic, partition, next, last_offset, last_identity FROM position
JOIN unnest(%s::text[], %s::int[]) AS w (topic, partition) USING (topic, partition)
"""

# Shared: nobody moves it until the caller's transaction ends.
_HOLD = "SELECT next FROM position WHERE (topic, partition) = (%s, %s) FOR SHARE"
_NEXT = "SELECT topic, partition, next FROM position"
_ALL = "SELECT topic, partition, next, last_offset, last_identity FROM position ORDER BY topic, partition"
_MOVED = """
SELECT EXISTS (
    SELECT FROM position AS p JOIN unnest(%s::text[], %s::int[], %s::bigint[]) AS w (topic, partition, next)
    ON p.topic = w.topic AND p.partition = w.partition AND p.next <> w.next
)
"""
_LOCK = """
SELECT next, last_offset, last_identity FROM position WHERE (topic, partition) = (%s, %s) FOR UPDATE
"""
_PUT = """
UPDATE position SET next = %s, last_offset = %s, last_identity = %s WHERE (topic, partition) = (%s, %s)
"""


class Advance(Enum):
    """What came of a compare-and-set."""

    DONE = "done"
    # Another worker stored some of these records: drop what is buffered, read the positions, go on from there.
    MOVED_BY_ANOTHER = "moved by another"


class PositionLost(Exception):
    """Raised inside a transaction to roll it back when `advance` did not give DONE."""


# The next offset to read, by partition.
Positions = Mapping[Partition, int]


@dataclass(frozen=True, slots=True)
class Move:
    """A partition's step from `expected` to `next`; the last record in it, or None when only markers were passed."""

    partition: Partition
    expected: int
    next: int
    last_offset: int | None = None
    last_identity: str | None = None


async def advance(connection: AsyncConnection, moves: Sequence[Move]) -> Advance:
    """Move all of these partitions, or say that one has been moved: then the caller rolls back."""
    cursor = await connection.execute(
        _ADVANCE,
        columns(
            (
                (m.partition.topic, m.partition.partition, m.expected, m.next, m.last_offset, m.last_identity)
                for m in moves
            ),
            6,
        ),
    )
    return Advance.DONE if cursor.rowcount == len(moves) else Advance.MOVED_BY_ANOTHER


async def create_positions(connection: AsyncConnection, partitions: Iterable[Partition]) -> None:
    """Make sure that these partitions have a position; new ones begin at 0."""
    wanted = list(partitions)
    await connection.execute(_CREATE, columns(wanted, 2))


async def standings(connection: AsyncConnection, partitions: Sequence[Partition]) -> Mapping[Partition, Standing]:
    """Where the partitions stand; those that are new to the generation (partitions were added) begin at 0."""
    await create_positions(connection, partitions)
    cursor = await connection.execute(_READ, columns(partitions, 2))
    return {
        Partition(topic, partition): Standing(next_, last_offset, last_identity)
        for topic, partition, next_, last_offset, last_identity in await cursor.fetchall()
    }


async def standing_still(connection: AsyncConnection, partition: Partition) -> int | None:
    """The next offset of a partition, which does not move until the caller's transaction ends; None: it has none."""
    row = await (await connection.execute(_HOLD, partition)).fetchone()
    return None if row is None else int(row[0])


async def moved(connection: AsyncConnection, expected: Mapping[Partition, int]) -> bool:
    """Whether somebody else has moved one of these positions."""
    wanted = columns(((*partition, next_) for partition, next_ in expected.items()), 3)
    row = await (await connection.execute(_MOVED, wanted)).fetchone()
    return row is not None and bool(row[0])


async def all_standings(connection: AsyncConnection) -> dict[Partition, Standing]:
    """Where every partition of the generation stands, sorted."""
    rows = await (await connection.execute(_ALL)).fetchall()
    return {Partition(*row[:2]): Standing(*row[2:]) for row in rows}


async def put(connection: AsyncConnection, partition: Partition, standing: Standing) -> Standing | None:
    """Have a generation go on from another place, in the caller's transaction; where it stood. None: there is no row.

    Its projector finds out by its next compare-and-set, or within seconds when nothing comes.
    """
    row = await (await connection.execute(_LOCK, partition)).fetchone()
    if row is None:
        return None
    await connection.execute(_PUT, [standing.next, standing.last_offset, standing.last_identity, *partition])
    return Standing(*row)


async def positions(connection: AsyncConnection) -> dict[Partition, int]:
    """Where the generation of a connection's search_path stands."""
    rows = await (await connection.execute(_NEXT)).fetchall()
    return {Partition(topic, partition): next_ for topic, partition, next_ in rows}
