"""Reactions: what a consumer has to do about an event, as rows that the projector writes in its transaction.

A row is unique by consumer and event, so an event that comes again asks for nothing twice. Workers take rows with
SKIP LOCKED; a handler that raises leaves the row with its error and is tried again later.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection

_INSERT = """
INSERT INTO store.reaction (consumer, source, event_id, type, subject, data)
VALUES (%s, %s, %s, %s, %s, %s::json) ON CONFLICT (consumer, source, event_id) DO NOTHING
"""
# A row that failed waits twice as long each time, up to an hour.
_TAKE = """
SELECT consumer, source, event_id, type, subject, data::text FROM store.reaction
WHERE consumer = %s AND done_at IS NULL
  AND created_at + (interval '1 second' * least(3600, power(2, attempts) - 1)) <= clock_timestamp()
ORDER BY created_at, source, event_id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_DONE = "UPDATE store.reaction SET done_at = now(), error = NULL WHERE (consumer, source, event_id) = (%s, %s, %s)"
_FAILED = """
UPDATE store.reaction SET attempts = attempts + 1, error = %s WHERE (consumer, source, event_id) = (%s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Reaction:
    """One event for one consumer; `data` is the event's JSON text."""

    consumer: str
    source: str
    event_id: str
    type: str
    subject: str
    data: str


async def ask(connection: AsyncConnection, reactions: Sequence[Reaction]) -> None:
    """Write reactions in the caller's transaction; those that were asked for before stay as they are."""
    ordered = sorted(reactions, key=lambda r: (r.consumer, r.source, r.event_id))
    async with connection.cursor() as cursor:
        await cursor.executemany(
            _INSERT, [(r.consumer, r.source, r.event_id, r.type, r.subject, r.data) for r in ordered]
        )


Handler = Callable[[AsyncConnection, "Reaction"], Awaitable[None]]


async def drain(connection: AsyncConnection, consumer: str, handle: Handler, most: int) -> int:
    """Handle at most `most` waiting reactions of a consumer, each in a transaction that `handle` shares; how many."""
    handled = 0
    for _ in range(most):
        async with connection.transaction():
            row = await (await connection.execute(_TAKE, [consumer])).fetchone()
            if row is None:
                break
            reaction = Reaction(*row)
            place = (reaction.consumer, reaction.source, reaction.event_id)
            try:
                async with connection.transaction():  # a savepoint: what a failed handler wrote is undone
                    await handle(connection, reaction)
            except Exception as error:  # any failure of a handler is kept with its row
                await connection.execute(_FAILED, [f"{type(error).__name__}: {error}", *place])
                continue
            await connection.execute(_DONE, place)
            handled += 1
    return handled
