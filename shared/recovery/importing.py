"""Taking events of ours that the database lacks in again, as their streams had them, from the log."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from psycopg import AsyncConnection

from shared.commands import unprojected
from shared.errors import UserError
from shared.events.envelope import CloudEvent
from shared.events.errors import UnknownVersion, Unreadable
from shared.events.facts import facts_of
from shared.events.models.base import EventModel
from shared.events.reading import read
from shared.events.values import moment_text
from shared.recovery.comparing import lacking, move, own_event
from shared.recovery.own_log import Own, own_records, unread
from shared.store.arrays import columns, literal

# Whoever decides waits, and decides on what is there afterwards. Reading goes on.
_HOLD = "LOCK TABLE store.event IN SHARE ROW EXCLUSIVE MODE"
_INSERT = """
INSERT INTO store.event (stream_id, sequence, id, type, version, time, subject, source, data, recorded_at)
SELECT stream_id, sequence, id, type, version, time, subject, source, data::json, recorded_at
FROM unnest(
    %s::text[], %s::bigint[], %s::text[], %s::text[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::timestamptz[]
) AS w (stream_id, sequence, id, type, version, time, subject, source, data, recorded_at)
"""
_TIMES = "SELECT id, time FROM store.event WHERE id = ANY(%s::text[])"


class Lost(NamedTuple):
    """An event of ours that the database lacked. `logged_at` is the broker's time, in UTC."""

    stream_id: str
    event: CloudEvent
    model: EventModel
    logged_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How many offsets of the log there are to look through, and how many more have been."""

    total: int
    more: int


async def hold(connection: AsyncConnection) -> None:
    """Let nobody else append events until the caller's transaction ends."""
    await connection.execute(_HOLD)


async def take_in(
    connection: AsyncConnection, broker: str, told: Callable[[Progress], None]
) -> AsyncGenerator[Sequence[Lost], None]:
    """Take in what is missing, in the caller's transaction, and give it portion by portion.

    What lies in one partition comes in the order of the log, which is looked through from its begin. UserError where
    the database has another event in the place of one, or where one was written by a newer release.
    """
    bounds = await unread(broker, {})
    total = sum(bound.end - bound.first for bound in bounds.values())
    # The log may have an event several times, and what came first counts.
    seen: set[str] = set()
    async with aclosing(own_records(broker, bounds, lambda more: told(Progress(total, more)))) as turns:
        async for turn in turns:
            first = list({own.id: own for own in reversed(turn.own) if own.id not in seen}.values())[::-1]
            seen.update(own.id for own in first)
            missing = await lacking(connection, first)
            await _refuse_others(connection, first)
            lost = [one for own in missing if (one := _lost(own)) is not None]
            await _insert(connection, lost)
            await move(connection, turn.reached)
            if lost:
                yield lost


def _lost(own: Own) -> Lost | None:
    """The event of a record; None for one that only says that it is ours."""
    found = own_event(own)
    if found is None:
        return None
    event, stream = found
    try:
        return Lost(stream, event, read(event).model, _logged_at(own))
    except UnknownVersion:
        reason = "was written by a newer release, and nothing was recovered: recover with that release"
    except Unreadable as error:
        reason = f"cannot be read, and nothing was recovered: {error}"
    raise UserError(f"{own.place}: {event.type} {event.subject} {reason}")


async def _refuse_others(connection: AsyncConnection, some: Sequence[Own]) -> None:
    """Raise where the database has decided something else in the place of an event of the log: neither may go."""
    if not some:
        return
    known: dict[str, str] = dict(
        await (await connection.execute(_TIMES, [literal([own.id for own in some])])).fetchall()
    )
    for own in some:
        found = own_event(own) if own.id in known else None
        # Two events of one place in a stream were decided at two times.
        if found is not None and moment_text(found[0].time) != known[own.id]:
            event, _ = found
            raise UserError(
                f"{event.type} {event.subject} in the log ({own.place}) is another one than in the database, "
                f"where it is of {known[own.id]}: commands were carried out on a restored database before it was "
                "recovered; restore the backup again, and recover before anything is started"
            )


async def _insert(connection: AsyncConnection, lost: Sequence[Lost]) -> None:
    if not lost:
        return
    rows = [
        (stream, e.sequence, e.id, e.type, e.version, moment_text(e.time), e.subject or stream, e.source,
         e.data.decode(), at)
        for stream, e, _, at in lost
    ]  # fmt: skip
    await connection.execute(_INSERT, columns(rows, 10))
    # What a command is decided on, until the projectors have it again.
    await unprojected.remember(connection, (fact for one in lost for fact in facts_of(one.event, one.model)))


def _logged_at(own: Own) -> datetime:
    return datetime.fromtimestamp(own.record.timestamp / 1000, UTC)
