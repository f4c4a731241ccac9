"""What the command line shows of the runtime: positions and lag, and what does not flow.

Lag is of every generation that is projected. What stands still, waits or is to be folded again is of the live ones
alone, which readers see: the same thing in a generation that is kept beside would be counted twice.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition
from psycopg import AsyncConnection

from shared.log.records import Partition
from shared.projections import recompute
from shared.projections.generations import PROJECTED, Generation, generations
from shared.projections.spec import Key
from shared.projections.stopped import StreamName
from shared.store import dead_letters, outbox
from shared.store.pool import connect, read_from

_POSITIONS = "SELECT topic, partition, next FROM position ORDER BY topic, partition"
_PARKED = (
    "SELECT scope, scope_id, reason, extract(epoch FROM clock_timestamp() - since)::float8 FROM parked ORDER BY since"
)
_PENDING = """
SELECT scope_id, greatest(0, extract(epoch FROM clock_timestamp() - since))::float8, facts FROM pending
ORDER BY since, scope_id
"""
_OUTBOX_PARKED = (
    "SELECT stream_id, reason, extract(epoch FROM clock_timestamp() - parked_at)::float8 FROM store.outbox_parked"
)
_FETCH_S = 2.0


@dataclass(frozen=True, slots=True)
class ProjectionStatus:
    """One partition of one generation. `next` and `end` are offsets; lag in seconds is the age of the next record."""

    name: str
    generation: int
    status: str
    topic: str
    partition: int
    next: int
    end: int
    lag_events: int
    lag_seconds: float


@dataclass(frozen=True, slots=True)
class ParkedStatus:
    """A stream that stands still; `projection` is "outbox" where the relay keeps it back, which is of no generation.

    `name` is what the commands about dead letters take.
    """

    projection: str
    stream: str
    reason: str
    age_seconds: float
    name: str
    generation: int | None


@dataclass(frozen=True, slots=True)
class PendingStatus:
    """A stream whose facts wait for the one that founds it."""

    projection: str
    subscription: str
    age_seconds: float
    facts: int


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The runtime as it is now. `dead_letters` wait for somebody, `dead_letters_by_status` has them all."""

    projections: Sequence[ProjectionStatus]
    dead_letters: int
    dead_letters_by_status: Mapping[str, int]
    parked: Sequence[ParkedStatus]
    pending: Sequence[PendingStatus]
    recompute_queue: int
    outbox: int


@dataclass(slots=True)
class _Found:
    positions: list[tuple[Generation, Partition, int]]
    parked: list[ParkedStatus]
    pending: list[PendingStatus]
    queue: int = 0


async def status_report(dsn: str, broker: str) -> StatusReport:
    """Read it from the database `dsn` and the broker (host:port); raises what they raise when they are away."""
    connection = await connect(dsn, application="seatledger status")
    try:
        found = _Found([], [], [])
        for generation in await generations(connection):
            await _look_at(connection, generation, found)
        rows = await (await connection.execute(_OUTBOX_PARKED)).fetchall()
        for stream, reason, age in rows:
            found.parked.append(ParkedStatus("outbox", stream, reason, age, f"outbox/{stream}", None))
        dead, waiting = await dead_letters.counts(connection), await outbox.depth(connection)
    finally:
        await connection.close()
    projections = await lags(broker, found.positions)
    return StatusReport(
        projections,
        dead["dead"],
        {str(status): number for status, number in dead.items()},
        found.parked,
        found.pending,
        found.queue,
        waiting,
    )


async def _look_at(connection: AsyncConnection, generation: Generation, found: _Found) -> None:
    found.positions += await projected_positions(connection, generation)
    if generation.status != "live":
        return
    await read_from(connection, generation.schema)
    for scope, scope_id, reason, age in await (await connection.execute(_PARKED)).fetchall():
        name = str(StreamName(generation.name, scope, scope_id))
        found.parked.append(
            ParkedStatus(generation.name, str(Key(scope, scope_id)), reason, age, name, generation.number)
        )
    for row in await (await connection.execute(_PENDING)).fetchall():
        found.pending.append(PendingStatus(generation.name, *row))
    found.queue += await recompute.depth(connection)


async def projected_positions(
    connection: AsyncConnection, generation: Generation
) -> list[tuple[Generation, Partition, int]]:
    """Where a generation stands; nothing of one that nobody projects, for that is behind nothing."""
    if generation.status not in PROJECTED:
        return []
    # One that is just being dropped has not all of its tables.
    with suppress(psycopg.errors.UndefinedTable):
        await read_from(connection, generation.schema)
        return [(generation, *place) for place in await positions(connection)]
    return []


async def positions(connection: AsyncConnection) -> list[tuple[Partition, int]]:
    """The partitions of the generation that the search_path names, each with the offset that it reads next."""
    rows = await (await connection.execute(_POSITIONS)).fetchall()
    return [(Partition(topic, partition), next_) for topic, partition, next_ in rows]


async def lags(broker: str, positions: Sequence[tuple[Generation, Partition, int]]) -> list[ProjectionStatus]:
    """How far behind the log each of these positions is. Raises aiokafka.errors.KafkaError."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, enable_auto_commit=False, isolation_level="read_committed")
    try:
        await consumer.start()
        wanted = {TopicPartition(*partition) for _, partition, _ in positions}
        ends: Mapping[TopicPartition, int] = await consumer.end_offsets(list(wanted)) if wanted else {}
        behind = {(p, next_) for _, p, next_ in positions if next_ < ends[TopicPartition(*p)]}
        ages = await _ages(consumer, behind)
    finally:
        await consumer.stop()
    return [
        ProjectionStatus(
            g.name, g.number, g.status, p.topic, p.partition, next_, ends[TopicPartition(*p)],
            max(0, ends[TopicPartition(*p)] - next_), ages.get((p, next_), 0.0),
        )
        for g, p, next_ in positions
    ]  # fmt: skip


async def _ages(consumer: AIOKafkaConsumer, behind: set[tuple[Partition, int]]) -> dict[tuple[Partition, int], float]:
    """How long ago the broker took the next record of each position, by asking for that record."""
    ages: dict[tuple[Partition, int], float] = {}
    for place in sorted(behind):
        tp = TopicPartition(*place[0])
        consumer.assign([tp])
        consumer.seek(tp, place[1])
        fetched = await consumer.getmany(tp, timeout_ms=int(_FETCH_S * 1000), max_records=1)
        for record in fetched.get(tp, ()):
            ages[place] = max(0.0, time.time() - record.timestamp / 1000)
    return ages
