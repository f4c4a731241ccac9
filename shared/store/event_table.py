"""Our own events: appended under UNIQUE (stream_id, sequence) together with their outbox rows, in one transaction.

Two writers that decided from the same state want the same sequence: one wins, the other gets `Conflict` and decides
again. Ids come from stream and sequence, so an append that is repeated has the same ids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import AsyncConnection

from shared.events.content import id_of_position
from shared.events.envelope import CloudEvent, to_record
from shared.events.values import moment, moment_text
from shared.log.outgoing import Outgoing
from shared.log.topics import topic_of_type
from shared.store.arrays import columns, literal
from shared.store.outbox import enqueue

_INSERT = """
INSERT INTO store.event (stream_id, sequence, id, type, version, time, subject, source, data)
SELECT stream_id, sequence, id, type, version, time, subject, source, data::json
FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[])
    AS w (stream_id, sequence, id, type, version, time, subject, source, data)
"""
# In the order of their keys: two writers that want several wait for each other in one direction only.
_LOCK = """
SELECT pg_advisory_xact_lock(%s, key)
FROM (SELECT DISTINCT hashtext(stream_id) AS key FROM unnest(%s::text[]) AS w (stream_id) ORDER BY key OFFSET 0) AS keys
"""
_ENDS = "SELECT stream_id, max(sequence) FROM store.event WHERE stream_id = ANY(%s::text[]) GROUP BY stream_id"
_LAST = "SELECT coalesce(max(sequence), 0) FROM store.event WHERE stream_id = %s"
_READ = """
SELECT sequence, id, type, version, time, subject, source, data::text FROM store.event
WHERE stream_id = %s AND sequence > %s ORDER BY sequence
"""


# An operator finds these locks in pg_locks by this number.
_STREAM_LOCKS = 7_201_004


class Conflict(Exception):
    """Another writer appended to one of the streams first: load them again and decide again."""

    def __init__(self, streams: Sequence[tuple[str, int]]) -> None:
        moved = ", ".join(f"{stream_id} from sequence {expected}" for stream_id, expected in streams)
        super().__init__(f"another writer has moved a stream on: {moved}")


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
    async with connection.transaction():
        return await append_all(connection, [(stream_id, expected, numbered(stream_id, expected, events))])


async def append_all(
    connection: AsyncConnection, appending: Iterable[tuple[str, int, Sequence[CloudEvent]]]
) -> list[CloudEvent]:
    """As `append`, to several streams at once, of events that are `numbered`; all of it or nothing.

    In the caller's transaction, which is over with the Conflict. In a pipeline that may come as the UniqueViolation
    that it is, from a later statement.
    """
    wanted = list(appending)
    placed = [(stream, event) for stream, _, events in wanted for event in events]
    rows = [
        (stream, e.sequence, e.id, e.type, e.version, moment_text(e.time), e.subject, e.source, e.data.decode())
        for stream, e in placed
    ]
    try:
        await connection.execute(_INSERT, columns(rows, 9))
        await enqueue(connection, [(stream, _outgoing(event)) for stream, event in placed])
    except psycopg.errors.UniqueViolation:
        raise Conflict([(stream, expected) for stream, expected, _ in wanted]) from None
    return [event for _, event in placed]


def _outgoing(event: CloudEvent) -> Outgoing:
    key, value, headers = to_record(event)
    return Outgoing(topic_of_type(event.type).name, key, value, headers)


def event_of_row(row: tuple[Any, ...]) -> CloudEvent:
    """The event of a row: id, source, type, version, time, subject, sequence, data as text."""
    event_id, source, event_type, version, time, subject, sequence, data = row
    return CloudEvent(event_id, source, event_type, moment(time), data.encode(), subject, version, sequence=sequence)


async def hold_streams(connection: AsyncConnection, stream_ids: Collection[str]) -> Mapping[str, int]:
    """Keep other writers that ask here off these streams until the transaction ends; the last sequence of each.

    One without events is not in the mapping. Who does not ask here meets the constraint: Conflict.
    """
    await connection.execute(_LOCK, [_STREAM_LOCKS, literal(sorted(stream_ids))])
    return await stream_ends(connection, stream_ids)


async def stream_ends(connection: AsyncConnection, stream_ids: Collection[str]) -> Mapping[str, int]:
    """The last sequence of each stream; one without events is not in the mapping."""
    rows = await (await connection.execute(_ENDS, [literal(sorted(stream_ids))])).fetchall()
    return dict(rows)


async def last_sequence(connection: AsyncConnection, stream_id: str) -> int:
    """The sequence of the stream's last event; 0 for a stream that has none."""
    row = await (await connection.execute(_LAST, [stream_id])).fetchone()
    assert row is not None
    return int(row[0])


async def read_stream(connection: AsyncConnection, stream_id: str, after: int = 0) -> list[StoredEvent]:
    """The stream's events after a sequence, in order."""
    rows = await (await connection.execute(_READ, [stream_id, after])).fetchall()
    return [StoredEvent(*row) for row in rows]
