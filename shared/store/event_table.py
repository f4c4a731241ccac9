"""Our own events: appended under UNIQUE (stream_id, sequence) together with their outbox rows, in one transaction.

Two writers that decided from the same state want the same sequence: one wins, the other gets `Conflict` and decides
again. Ids come from stream and sequence, so an append that is repeated has the same ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import AsyncConnection

from shared.events.content import id_of_position
from shared.events.envelope import CloudEvent, to_record
from shared.events.values import moment_text
from shared.log.topics import topic_of_type
from shared.log.writer import Outgoing
from shared.store.outbox import enqueue

_INSERT = """
INSERT INTO store.event (stream_id, sequence, id, type, version, time, subject, source, data)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::json)
"""
_LAST = "SELECT coalesce(max(sequence), 0) FROM store.event WHERE stream_id = %s"
_READ = """
SELECT sequence, id, type, version, time, subject, source, data::text FROM store.event
WHERE stream_id = %s AND sequence > %s ORDER BY sequence
"""


class Conflict(Exception):
    """Another writer appended to the stream first: load it again and decide again."""

    def __init__(self, stream_id: str, expected: int) -> None:
        super().__init__(f"stream {stream_id} has moved on from sequence {expected}")
        self.stream_id = stream_id
        self.expected = expected


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event of a stream; `data` is its JSON text, `time` as the envelope writes it."""

    sequence: int
    id: str
    type: str
    version: int
    time: str
    subject: str
    source: str
    data: str


def numbered(stream_id: str, expected: int, events: Sequence[CloudEvent]) -> list[CloudEvent]:
    """The events as they follow `expected` in the stream: with the id and the sequence of their place."""
    return [
        event._replace(id=id_of_position(stream_id, sequence), sequence=sequence, subject=event.subject or stream_id)
        for sequence, event in enumerate(events, start=expected + 1)
    ]


async def append(
    connection: AsyncConnection, stream_id: str, expected: int, events: Sequence[CloudEvent]
) -> list[CloudEvent]:
    """Append events after sequence `expected` (0: a new stream), in the caller's transaction or one of its own.

    `events` need their `partitionkey`; ids and sequences are given here. The events as stored come back.
    Raises Conflict; the caller's transaction goes on from where it was.
    """
    placed = numbered(stream_id, expected, events)
    rows = [
        (stream_id, e.sequence, e.id, e.type, e.version, moment_text(e.time), e.subject, e.source, e.data.decode())
        for e in placed
    ]
    try:
        async with connection.transaction(), connection.cursor() as cursor:
            await cursor.executemany(_INSERT, rows)
            await enqueue(connection, [(stream_id, _outgoing(event)) for event in placed])
    except psycopg.errors.UniqueViolation:
        raise Conflict(stream_id, expected) from None
    return placed


def _outgoing(event: CloudEvent) -> Outgoing:
    key, value, headers = to_record(event)
    return Outgoing(topic_of_type(event.type).name, key, value, headers)


async def last_sequence(connection: AsyncConnection, stream_id: str) -> int:
    """The sequence of the stream's last event; 0 for a stream that has none."""
    row = await (await connection.execute(_LAST, [stream_id])).fetchone()
    assert row is not None
    return int(row[0])


async def read_stream(connection: AsyncConnection, stream_id: str, after: int = 0) -> list[StoredEvent]:
    """The stream's events after a sequence, in order."""
    rows = await (await connection.execute(_READ, [stream_id, after])).fetchall()
    return [StoredEvent(*row) for row in rows]
