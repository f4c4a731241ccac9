"""Dead letters: records that could not be taken in, kept with their origin, the reason and their untouched bytes.

Written in the batch's transaction, and published to the topic `dead-letters` through the outbox in the same one. Three
services read the same record and find the same thing: the first one keeps and publishes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg import AsyncConnection

from shared.log.outgoing import Header, Outgoing
from shared.log.records import Record
from shared.log.topics import DEAD_LETTERS
from shared.store.outbox import enqueue, headers_to_json

_INSERT = """
INSERT INTO store.dead_letter (topic, partition, "offset", reason, key, value, headers, logged_at, found_by)
VALUES (%s, %s, %s, %s, %b, %b, %s, %s, %s) ON CONFLICT (topic, partition, "offset") DO NOTHING
"""
_COUNT = "SELECT count(*) FROM store.dead_letter"
# Room for the headers that are added; the record itself may fill what its own topic takes.
_ROOM = 64 * 1024


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record and why it cannot be taken in, in words."""

    record: Record
    reason: str


async def bury(connection: AsyncConnection, letters: Sequence[DeadLetter], found_by: str) -> int:
    """Keep the dead letters and queue their publication, in the caller's transaction; how many were new."""
    new = 0
    # Sorted: two services that bury the same ones at once wait for each other in one direction only.
    for letter in sorted(letters, key=lambda d: (d.record.topic, d.record.partition, d.record.offset)):
        record = letter.record
        cursor = await connection.execute(
            _INSERT,
            [record.topic, record.partition, record.offset, _storable(letter.reason), record.key, record.value,
             headers_to_json(record.headers), datetime.fromtimestamp(record.timestamp / 1000, UTC), found_by],
        )  # fmt: skip
        if cursor.rowcount:
            new += 1
            await enqueue(connection, [(_stream(record), _published(letter))])
    return new


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """How many there are of each status."""
    return {"dead": await count(connection)}


async def count(connection: AsyncConnection) -> int:
    """How many dead letters there are."""
    row = await (await connection.execute(_COUNT)).fetchone()
    assert row is not None
    return int(row[0])


def _storable(text: str) -> str:
    """Reasons quote what came, and PostgreSQL keeps neither NUL nor half a surrogate pair."""
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()


def _stream(record: Record) -> str:
    # One stream a record: one that the broker refuses holds up no other dead letter.
    return f"dead-letter {record.topic} {record.partition} {record.offset}"


def _published(letter: DeadLetter) -> Outgoing:
    record = letter.record
    headers: list[Header] = [
        *record.headers,
        ("dead-letter-topic", record.topic.encode()),
        ("dead-letter-partition", str(record.partition).encode()),
        ("dead-letter-offset", str(record.offset).encode()),
        ("dead-letter-reason", _storable(letter.reason).encode()),
    ]
    size = len(record.value or b"") + len(record.key or b"") + sum(len(n) + len(c) for n, c in headers)
    if size > DEAD_LETTERS.max_record_bytes - _ROOM:
        # The bytes stay in the table; the topic says that they are there.
        headers = [*headers[-4:], ("dead-letter-bytes-left-out", str(size).encode())]
        return Outgoing(DEAD_LETTERS.name, None, None, headers)
    return Outgoing(DEAD_LETTERS.name, record.key, record.value, headers)
