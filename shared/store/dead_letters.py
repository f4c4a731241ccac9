"""Dead letters: records that could not be taken in, kept with their origin, the reason and their untouched bytes.

Written in the batch's transaction, and published to the topic `dead-letters` through the outbox in the same one. Three
services read the same record and find the same thing: the first one keeps and publishes it.

The row of a record has a status, and a record that is found dead once more (read again from the log, by the same
projection or by another) leaves it as it is, but for one case:

- dead: the first finding stands, with its reason. Only a retry writes a new reason.
- dropped: somebody decided to do without it, and knew that it cannot be read. It stays dropped.
- taken_in: a retry said that it counts everywhere, and now a projection does not take it. It is dead again, with the
  new reason; that is on record as an operation and is published as the first time, so nobody has to notice by chance.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

import orjson
from psycopg import AsyncConnection

from shared.log.outgoing import Header, Outgoing
from shared.log.records import Partition, Record
from shared.log.topics import DEAD_LETTERS
from shared.store import operations
from shared.store.arrays import columns
from shared.store.outbox import enqueue, headers_to_json

Status = Literal["dead", "dropped", "taken_in"]
DEAD: Final = "dead"
DROPPED: Final = "dropped"
TAKEN_IN: Final = "taken_in"

_INSERT = """
INSERT INTO store.dead_letter
    (topic, partition, "offset", reason, key, value, headers, logged_at, found_by, type, subject)
VALUES (%s, %s, %s, %s, %b, %b, %s, %s, %s, %s, %s) ON CONFLICT (topic, partition, "offset") DO NOTHING
"""
# One operator at a time; found in pg_locks by this number.
_ALONE = "SELECT pg_advisory_xact_lock(7_201_004)"
# Waits for who is just taking it in, whose outcome decides.
_STATUS = """
SELECT status FROM store.dead_letter WHERE (topic, partition, "offset") = (%s, %s, %s) FOR UPDATE
"""
_DEAD_AGAIN = """
UPDATE store.dead_letter SET status = 'dead', reason = %s, found_by = %s, found_at = now()
WHERE (topic, partition, "offset") = (%s, %s, %s)
"""
_SETTLE = """
UPDATE store.dead_letter SET status = %s, reason = coalesce(%s, reason)
WHERE (topic, partition, "offset") = (%s, %s, %s)
"""
_COUNTS = "SELECT status, count(*) FROM store.dead_letter GROUP BY status"
_DROPPED_AFTER = """
SELECT d.topic, d.partition, d."offset" FROM store.dead_letter AS d
JOIN unnest(%s::text[], %s::int[], %s::bigint[]) AS w (topic, partition, next)
    ON d.topic = w.topic AND d.partition = w.partition AND d."offset" >= w.next
WHERE d.status = 'dropped'
"""
# Room for the headers that are added; the record itself may fill what its own topic takes.
_ROOM = 64 * 1024


# What is looked into for a type and a subject; a longer record says them in its headers or is nobody's event.
_LOOKED_INTO = 1024 * 1024
_LONGEST = 200


class Place(NamedTuple):
    """Where a record lies in the log. `str` is the name that operators give: TOPIC/PARTITION/OFFSET."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record and why it cannot be taken in, in words."""

    record: Record
    reason: str


async def bury(connection: AsyncConnection, letters: Sequence[DeadLetter], found_by: str) -> int:
    """Keep the dead letters and queue their publication, in the caller's transaction; how many were new.

    `found_by` is the projection. For those that are kept already see the module.
    """
    new = 0
    # Sorted: two services that bury the same ones at once wait for each other in one direction only.
    for letter in sorted(letters, key=lambda d: (d.record.topic, d.record.partition, d.record.offset)):
        record = letter.record
        cursor = await connection.execute(
            _INSERT,
            [record.topic, record.partition, record.offset, _storable(letter.reason), record.key, record.value,
             headers_to_json(record.headers), datetime.fromtimestamp(record.timestamp / 1000, UTC), found_by,
             *said_by(record)],
        )  # fmt: skip
        if cursor.rowcount or await _is_dead_again(connection, letter, found_by):
            new += 1
            await enqueue(connection, [(_stream(record), _published(letter))])
    return new


async def _is_dead_again(connection: AsyncConnection, letter: DeadLetter, found_by: str) -> bool:
    """Whether a record that is kept already was taken in, and is dead again by this finding."""
    place = place_of(letter.record)
    if await status_of(connection, place) != TAKEN_IN:
        return False
    reason = _storable(letter.reason)
    await connection.execute(_DEAD_AGAIN, [reason, found_by, *place])
    await operations.record(connection, "dead again", str(place), reason, by=f"projector of {found_by}")
    return True


async def by_one_operator(connection: AsyncConnection) -> None:
    """Nobody else retries or drops until the caller's transaction ends."""
    await connection.execute(_ALONE)


async def status_of(connection: AsyncConnection, place: Place) -> Status | None:
    """The status of a record, that nobody else changes until the caller's transaction ends; None: it never was dead."""
    row = await (await connection.execute(_STATUS, place)).fetchone()
    return None if row is None else row[0]


async def settle(connection: AsyncConnection, place: Place, status: Status, reason: str | None = None) -> None:
    """What became of a dead letter, in the caller's transaction; a reason replaces the one that is there."""
    await connection.execute(_SETTLE, [status, None if reason is None else _storable(reason), *place])


async def count(connection: AsyncConnection) -> int:
    """How many dead letters wait for somebody."""
    return (await counts(connection))[DEAD]


async def counts(connection: AsyncConnection) -> Mapping[Status, int]:
    """How many records there are of each status."""
    found: dict[Status, int] = {DEAD: 0, DROPPED: 0, TAKEN_IN: 0}
    found.update(await (await connection.execute(_COUNTS)).fetchall())
    return found


async def dropped_after(connection: AsyncConnection, positions: Mapping[Partition, int]) -> Collection[Place]:
    """The dropped records at these positions and behind: who reads on from there leaves them out."""
    if not positions:
        return frozenset()
    wanted = columns(((*partition, next_) for partition, next_ in positions.items()), 3)
    return frozenset(Place(*row) for row in await (await connection.execute(_DROPPED_AFTER, wanted)).fetchall())


def place_of(record: Record) -> Place:
    """Where it lies."""
    return Place(record.topic, record.partition, record.offset)


def said_by(record: Record) -> tuple[str | None, str | None]:
    """Type and subject of the event that a record says it is, however wrong the rest of it is; None: it does not say.

    In its headers, or in the JSON of its value.
    """
    headers = dict(record.headers)
    if "ce_type" in headers:
        return _word(headers["ce_type"]), _word(headers.get("ce_subject"))
    value = record.value or b""
    if len(value) > _LOOKED_INTO:
        return None, None
    try:
        said = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None, None
    return (_word(said.get("type")), _word(said.get("subject"))) if isinstance(said, dict) else (None, None)


def _word(said: object) -> str | None:
    if isinstance(said, bytes):
        said = said.decode(errors="replace")
    return said if isinstance(said, str) and 0 < len(said) <= _LONGEST and said.isprintable() else None


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
