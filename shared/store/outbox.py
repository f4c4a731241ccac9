"""The outbox in PostgreSQL: rows written in the transaction that decided them, taken out by the relay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from shared.log.outgoing import Header, OutboxRow, Outgoing
from shared.store.arrays import columns

# An operator finds the relay's connection in pg_locks by this number.
_RELAY_LOCK = 7_201_002

# In the order given: rows of one stream go out so.
_INSERT = """
INSERT INTO store.outbox (stream_id, topic, key, value, headers)
SELECT stream_id, topic, key, value, headers
FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::bytea[], %s::jsonb[]) WITH ORDINALITY
    AS w (stream_id, topic, key, value, headers, place)
ORDER BY place
"""
_WAITING = """
SELECT id, stream_id, topic, key, value, headers FROM store.outbox AS o
WHERE NOT EXISTS (SELECT FROM store.outbox_parked AS p WHERE p.stream_id = o.stream_id)
ORDER BY id LIMIT %s
"""
_DELETE = "DELETE FROM store.outbox WHERE id = ANY(%s)"
_PARK = "INSERT INTO store.outbox_parked (stream_id, reason) VALUES (%s, %s) ON CONFLICT (stream_id) DO NOTHING"
_UNPARK = "DELETE FROM store.outbox_parked WHERE stream_id = %s"
_KEPT_BACK = """
SELECT p.stream_id, p.reason, p.parked_at, (SELECT count(*) FROM store.outbox AS o WHERE o.stream_id = p.stream_id),
    first.topic, first.headers
FROM store.outbox_parked AS p
LEFT JOIN LATERAL (
    SELECT topic, headers FROM store.outbox AS o WHERE o.stream_id = p.stream_id ORDER BY id LIMIT 1
) AS first ON true
ORDER BY p.stream_id
"""
_NEXT_OF = "SELECT topic, key, value, headers FROM store.outbox WHERE stream_id = %s ORDER BY id LIMIT 1"
_WHY_KEPT_BACK = "SELECT reason FROM store.outbox_parked WHERE stream_id = %s"
_DEPTH = "SELECT count(*) FROM store.outbox"
_BACKLOG = """
SELECT count(*), greatest(extract(epoch FROM clock_timestamp() - min(queued_at)), 0)::float8,
    (SELECT count(*) FROM store.outbox_parked)
FROM store.outbox
"""
_AT_LEAST = "SELECT count(*) FROM (SELECT FROM store.outbox LIMIT %s) AS those"
_TO_SEND = """
SELECT count(*) FROM store.outbox AS o
WHERE NOT EXISTS (SELECT FROM store.outbox_parked AS p WHERE p.stream_id = o.stream_id)
"""


@dataclass(frozen=True, slots=True)
class KeptBack:
    """A stream that the relay keeps back: how many of its records wait, the topic and headers of the next one."""

    stream_id: str
    reason: str
    since: datetime
    waiting: int
    topic: str | None
    headers: Sequence[Header]


def headers_to_json(headers: Sequence[Header]) -> Jsonb:
    """Headers keep their order, and their bytes may be anything: pairs of name and hexadecimal content."""
    # A NUL in a name is the one character that PostgreSQL cannot keep.
    return Jsonb([[name.replace("\x00", "\ufffd"), content.hex()] for name, content in headers])


def headers_from_json(stored: Sequence[tuple[str, str]]) -> list[Header]:
    """What `headers_to_json` stored."""
    return [(name, bytes.fromhex(content)) for name, content in stored]


async def enqueue(connection: AsyncConnection, rows: Sequence[tuple[str, Outgoing]]) -> None:
    """Put records of streams into the outbox, in the caller's transaction: they go out if and only if it commits."""
    if rows:
        wanted = ((stream, out.topic, out.key, out.value, headers_to_json(out.headers)) for stream, out in rows)
        await connection.execute(_INSERT, columns(wanted, 5))


async def depth(connection: AsyncConnection) -> int:
    """How many records wait, parked streams included."""
    row = await (await connection.execute(_DEPTH)).fetchone()
    assert row is not None
    return int(row[0])


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits: rows, parked streams' too, how long the first of them has waited, and how many streams are parked."""

    rows: int
    oldest_seconds: float
    parked_streams: int


async def backlog(connection: AsyncConnection) -> Backlog:
    """What waits now; without a row the age is 0."""
    row = await (await connection.execute(_BACKLOG)).fetchone()
    assert row is not None
    return Backlog(*row)


async def at_least(connection: AsyncConnection, many: int) -> bool:
    """Whether so many records wait; costs no more than counting so many."""
    row = await (await connection.execute(_AT_LEAST, [many])).fetchone()
    assert row is not None
    return int(row[0]) >= many


async def to_send(connection: AsyncConnection) -> int:
    """How many records the relay will still send: those of parked streams stay where they are."""
    row = await (await connection.execute(_TO_SEND)).fetchone()
    assert row is not None
    return int(row[0])


async def unpark(connection: AsyncConnection, stream_id: str) -> bool:
    """Let a stream flow again, after the broker's limit was raised; False when it is not parked."""
    return (await connection.execute(_UNPARK, [stream_id])).rowcount > 0


async def kept_back(connection: AsyncConnection) -> list[KeptBack]:
    """The parked streams, by their id."""
    rows = await (await connection.execute(_KEPT_BACK)).fetchall()
    return [
        KeptBack(stream_id, reason, since, waiting, topic, headers_from_json(headers or ()))
        for stream_id, reason, since, waiting, topic, headers in rows
    ]


async def next_of(connection: AsyncConnection, stream_id: str) -> Outgoing | None:
    """The record of a stream that goes out next; None when nothing of it waits."""
    row = await (await connection.execute(_NEXT_OF, [stream_id])).fetchone()
    if row is None:
        return None
    topic, key, value, headers = row
    return Outgoing(topic, key, value, headers_from_json(headers))


async def why_kept_back(connection: AsyncConnection, stream_id: str) -> str | None:
    """Why a stream is parked; None when it is not."""
    row = await (await connection.execute(_WHY_KEPT_BACK, [stream_id])).fetchone()
    return None if row is None else str(row[0])


class PostgresOutbox:
    """The relay's side, on an autocommit connection of its own (it holds a lock as long as it relays)."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[bool]:
        """The lock belongs to the session: a relay that dies gives it back with its connection."""
        row = await (await self._connection.execute("SELECT pg_try_advisory_lock(%s)", [_RELAY_LOCK])).fetchone()
        mine = bool(row and row[0])
        try:
            yield mine
        finally:
            if mine and not self._connection.closed:
                await self._connection.execute("SELECT pg_advisory_unlock(%s)", [_RELAY_LOCK])

    async def waiting(self, most: int) -> Sequence[OutboxRow]:
        """The first rows in order, without those of parked streams."""
        rows = await (await self._connection.execute(_WAITING, [most])).fetchall()
        return [
            OutboxRow(row_id, stream_id, Outgoing(topic, key, value, headers_from_json(headers)))
            for row_id, stream_id, topic, key, value, headers in rows
        ]

    async def sent(self, ids: Sequence[int]) -> None:
        """Forget rows that were acknowledged."""
        await self._connection.execute(_DELETE, [list(ids)])

    async def park(self, stream_id: str, reason: str) -> None:
        """Keep the rows of a stream back."""
        await self._connection.execute(_PARK, [stream_id, reason])
