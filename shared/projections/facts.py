"""Facts and events of a generation in PostgreSQL: taken in once, read back as they were."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from psycopg import AsyncConnection

from shared.billing.blocks import Moment
from shared.billing.facts import Fact
from shared.events.values import moment_text
from shared.projections.arrivals import Arrived
from shared.projections.spec import Key, ProjectionSpec
from shared.store.arrays import columns
from shared.store.dead_letters import DeadLetter

# Sorted: two workers that bring the same events wait for each other in one direction only.
_TAKE_IN = """
INSERT INTO event (source, id, fingerprint, topic, partition, "offset")
SELECT * FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::text[], %s::int[], %s::bigint[]) AS w (source, id)
ORDER BY source, id ON CONFLICT DO NOTHING RETURNING source, id
"""
_FIRST = """
SELECT source, id, fingerprint, topic, partition, "offset" FROM event
JOIN unnest(%s::text[], %s::text[]) AS w (source, id) USING (source, id)
"""
_STORE = """
INSERT INTO fact (scope, scope_id, source, id, type, time, sequence, body)
SELECT scope, scope_id, source, id, type, time, sequence, body::json
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[])
    AS w (scope, scope_id, source, id, type, time, sequence, body)
"""
_READ = """
SELECT scope, scope_id, source, id, type, time, sequence, body::text FROM fact
JOIN unnest(%s::text[], %s::text[]) AS w (scope, scope_id) USING (scope, scope_id)
"""


async def take_in(connection: AsyncConnection, arrived: Sequence[Arrived]) -> tuple[list[Arrived], list[DeadLetter]]:
    """Those events that are new, and those whose id was used before with other content, as dead letters.

    Duplicates drop out. The first one stored stands, whichever topic or stream it came for.
    """
    if not arrived:
        return [], []
    first: dict[tuple[str, str], Arrived] = {}
    again: list[Arrived] = []
    for one in arrived:
        if first.setdefault(one.identity, one) is not one:
            again.append(one)
    cursor = await connection.execute(
        _TAKE_IN,
        columns((_event_row(one) for one in first.values()), 6),
    )
    new = {(source, event_id) for source, event_id in await cursor.fetchall()}
    again += [one for one in first.values() if one.identity not in new]
    dead = await _reused(connection, again) if again else []
    return [one for one in first.values() if one.identity in new], dead


def _event_row(one: Arrived) -> tuple[object, ...]:
    record = one.record
    return (one.event.source, one.event.id, one.fingerprint, record.topic, record.partition, record.offset)


def _fact_row(spec: ProjectionSpec, fact: Fact) -> tuple[object, ...]:
    place = (fact.scope, fact.scope_id, fact.source, fact.id)
    return (*place, fact.type, moment_text(fact.time), fact.sequence, spec.body_to_json(fact.body).decode())


async def _reused(connection: AsyncConnection, again: Sequence[Arrived]) -> list[DeadLetter]:
    identities = sorted({one.identity for one in again})
    cursor = await connection.execute(_FIRST, columns(identities, 2))
    first = {(source, event_id): tuple(rest) for source, event_id, *rest in await cursor.fetchall()}
    dead = []
    for one in again:
        fingerprint, topic, partition, offset = first[one.identity]
        here = (one.record.topic, one.record.partition, one.record.offset)
        if fingerprint != one.fingerprint and (topic, partition, offset) != here:
            reason = (
                f"id reused: source {one.event.source!r} used id {one.event.id!r} before, with other content, "
                f"at {topic} partition {partition} offset {offset}; give this event an id of its own"
            )
            dead.append(DeadLetter(one.record, reason))
    return dead


async def store_facts(connection: AsyncConnection, spec: ProjectionSpec, facts: Sequence[Fact]) -> None:
    """Store the facts of new events; their anchors are locked."""
    if not facts:
        return
    await connection.execute(
        _STORE,
        columns((_fact_row(spec, fact) for fact in facts), 8),
    )


async def read_facts(
    connection: AsyncConnection, spec: ProjectionSpec, keys: Collection[Key]
) -> Mapping[Key, list[Fact]]:
    """All facts of these things, in no order; a thing without facts is not in the mapping."""
    if not keys:
        return {}
    cursor = await connection.execute(_READ, columns(keys, 2))
    found: dict[Key, list[Fact]] = {}
    for scope, scope_id, source, event_id, event_type, time, sequence, body in await cursor.fetchall():
        parsed = spec.body_from_json(event_type, scope, body.encode())
        fact = Fact(source, event_id, event_type, moment_of(time), scope, scope_id, parsed, sequence)
        found.setdefault(Key(scope, scope_id), []).append(fact)
    return found


def moment_of(text: str) -> Moment:
    """What `moment_text` wrote: a date has ten characters."""
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


def by_key(facts: Iterable[Fact]) -> dict[Key, list[Fact]]:
    """Facts by what they are about, in the order given."""
    grouped: dict[Key, list[Fact]] = {}
    for fact in facts:
        grouped.setdefault(Key(fact.scope, fact.scope_id), []).append(fact)
    return grouped
