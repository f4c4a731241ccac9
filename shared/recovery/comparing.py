"""Whether the database has every event of ours that the log has: one restored from a backup does not.

Who decides on such a database gives sequences, and numbers of documents, a second time. What was looked through is
looked through once: `store.compared` says how far, and it goes back with a backup.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing

from psycopg import AsyncConnection

from shared.errors import UserError
from shared.events.envelope import CloudEvent, read_record
from shared.events.errors import Unreadable
from shared.events.own import own_stream
from shared.log.records import Partition
from shared.log.topics import largest_record
from shared.recovery.own_log import Own, own_records, unread
from shared.store.arrays import columns, literal

_COMPARED = "SELECT topic, partition, next FROM store.compared"
_MOVE = """
INSERT INTO store.compared AS known (topic, partition, next)
SELECT topic, partition, next FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS w (topic, partition, next)
ORDER BY topic, partition
ON CONFLICT (topic, partition) DO UPDATE SET next = greatest(known.next, excluded.next)
"""
_MISSING = """
SELECT id FROM unnest(%s::text[]) AS w (id) WHERE NOT EXISTS (SELECT FROM store.event AS own WHERE own.id = w.id)
"""
_TOLD_EVERY_S = 2.0


async def refuse_lost_events(connection: AsyncConnection, broker: str, waiting: Callable[[str], None]) -> None:
    """Compare what the log has got since the last time. UserError names an event that the database lacks.

    On a connection in autocommit mode; `waiting` is told now and then how far a long comparison is.
    """
    bounds = await unread(broker, await _compared(connection))
    total, done, said = sum(bound.end - bound.first for bound in bounds.values()), 0, time.monotonic()

    def told(more: int) -> None:
        nonlocal done, said
        done += more
        if time.monotonic() - said > _TOLD_EVERY_S:
            said = time.monotonic()
            waiting(f"our own events in the log are compared with the database, {done:,} of {total:,} records")

    async with aclosing(own_records(broker, bounds, told)) as turns:
        async for turn in turns:
            for own in await lacking(connection, turn.own):
                _refuse(own)
            await move(connection, turn.reached)


async def lacking(connection: AsyncConnection, some: Sequence[Own]) -> list[Own]:
    """Those whose ids the database does not have, in their order."""
    if not some:
        return []
    rows = await (await connection.execute(_MISSING, [literal([own.id for own in some])])).fetchall()
    missing = {event_id for (event_id,) in rows}
    return [own for own in some if own.id in missing]


async def move(connection: AsyncConnection, reached: Mapping[Partition, int]) -> None:
    """Write down that the log has been looked through so far."""
    await connection.execute(_MOVE, columns(((*partition, next_) for partition, next_ in reached.items()), 3))


def own_event(own: Own) -> tuple[CloudEvent, str] | None:
    """The event of a record, its data not read yet, and its stream; None for one that only says that it is ours."""
    record = own.record
    try:
        event = read_record(record.key, record.value, record.headers, largest_record(record.topic))
    except Unreadable:
        return None
    stream = own_stream(event)
    return None if stream is None else (event, stream)


async def _compared(connection: AsyncConnection) -> dict[Partition, int]:
    rows = await (await connection.execute(_COMPARED)).fetchall()
    return {Partition(topic, partition): next_ for topic, partition, next_ in rows}


def _refuse(own: Own) -> None:
    """Raise for an event of ours; one that only says so is for the projectors to judge."""
    found = own_event(own)
    if found is None:
        return
    event, _ = found
    raise UserError(
        f"{event.type} {event.subject} ({event.id}, {own.place}) is in the log and not in the database: this database "
        "was restored from a backup, or lost; run `seatledger recover`, or start once with SEATLEDGER_RECOVER=true"
    )
