"""The dead letters that are kept, as operators look at them: in lists without their bytes, and one with all of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection

from shared.log.records import Record
from shared.store.dead_letters import Place, Status
from shared.store.outbox import headers_from_json

_LIST = """
SELECT topic, partition, "offset", status, type, subject, reason, found_by, found_at FROM store.dead_letter
WHERE status = ANY(%(statuses)s)
  AND (%(topic)s::text IS NULL OR topic = %(topic)s)
  AND (%(type)s::text IS NULL OR type = %(type)s)
  AND (%(found_by)s::text IS NULL OR found_by = %(found_by)s)
  AND (%(text)s::text IS NULL OR strpos(lower(reason), lower(%(text)s)) > 0)
  AND (%(search)s::text IS NULL
    OR strpos(lower(concat_ws('/', topic, partition, "offset")), lower(%(search)s)) > 0
    OR strpos(lower(subject), lower(%(search)s)) > 0 OR strpos(lower(reason), lower(%(search)s)) > 0)
  AND (%(after)s::text IS NULL OR (topic, partition, "offset") > (%(after)s, %(partition)s, %(offset)s))
ORDER BY topic, partition, "offset" LIMIT %(most)s
"""
_ONE = """
SELECT status, type, subject, reason, found_by, found_at, logged_at, key, value, headers FROM store.dead_letter
WHERE (topic, partition, "offset") = (%s, %s, %s)
"""
_HOLDING = """
SELECT topic, partition, "offset" FROM store.dead_letter
WHERE status = 'dead' AND topic = ANY(%s) AND subject = %s AND reason = %s ORDER BY topic, partition, "offset"
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a dead letter. `type` and `subject` as its record says them; `found_by` is a projection."""

    place: Place
    status: Status
    type: str | None
    subject: str | None
    reason: str
    found_by: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter with its record as it came; `logged_at` is when the broker took it."""

    kept: Kept
    record: Record
    logged_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which dead letters; None: whatever it is. `text` stands somewhere in the reason, in any case.

    `search` stands in the name of the place, in the subject or in the reason.
    """

    statuses: Collection[Status]
    topic: str | None = None
    type: str | None = None
    found_by: str | None = None
    text: str | None = None
    search: str | None = None


async def listed(connection: AsyncConnection, wanted: Wanted, after: Place | None, most: int) -> list[Kept]:
    """At most `most` of them in the order of the log, those behind `after`."""
    parameters = {
        "statuses": sorted(wanted.statuses),
        "topic": wanted.topic,
        "type": wanted.type,
        "found_by": wanted.found_by,
        "text": wanted.text,
        "search": wanted.search,
        "after": after and after.topic,
        "partition": after and after.partition,
        "offset": after and after.offset,
        "most": most,
    }
    rows = await (await connection.execute(_LIST, parameters)).fetchall()
    return [Kept(Place(*row[:3]), *row[3:]) for row in rows]


async def letter(connection: AsyncConnection, place: Place) -> Letter | None:
    """One with its record; None where no record of that place was ever dead."""
    row = await (await connection.execute(_ONE, place)).fetchone()
    if row is None:
        return None
    logged_at, key, value, headers = row[6:]
    # The broker counts milliseconds.
    record = Record(*place, round(logged_at.timestamp() * 1000), key, value, headers_from_json(headers))
    return Letter(Kept(place, *row[:6]), record, logged_at)


async def holding(connection: AsyncConnection, topics: Collection[str], subject: str, reason: str) -> list[Place]:
    """The dead records on `topics` about a subject, with this reason: what a parked stream stands still for."""
    rows = await (await connection.execute(_HOLDING, [sorted(topics), subject, reason])).fetchall()
    return [Place(*row) for row in rows]
