"""Facts and events of a generation in PostgreSQL: taken in once, read back as they were."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

import orjson
from psycopg import AsyncConnection

from shared.billing.blocks import Moment, Scope
from shared.billing.facts import Fact
from shared.events.envelope import CloudEvent
from shared.events.values import moment_text
from shared.projections.arrivals import Arrived
from shared.projections.spec import Key, ProjectionSpec
from shared.store.arrays import columns, literal
from shared.store.dead_letters import DeadLetter

# Sorted: two workers that bring the same events wait for each other in one direction only.
_TAKE_IN = """
INSERT INTO event (identity, fingerprint, topic, partition, "offset")
SELECT * FROM unnest(%s::uuid[], %s::bytea[], %s::text[], %s::int[], %s::bigint[]) AS w (identity)
ORDER BY identity ON CONFLICT DO NOTHING RETURNING identity
"""
_FIRST = """
SELECT identity, fingerprint, topic, partition, "offset" FROM event
JOIN unnest(%s::uuid[]) AS w (identity) USING (identity)
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
_READ_PACKED = """
SELECT scope, scope_id, facts FROM packed_fact
JOIN unnest(%s::text[], %s::text[]) AS w (scope, scope_id) USING (scope, scope_id)
"""


async def take_in(connection: AsyncConnection, arrived: Sequence[Arrived]) -> tuple[list[Arrived], list[DeadLetter]]:
    """Those events that are new, and those whose id was used before with other content, as dead letters.

    Duplicates drop out. The first one stored stands, whichever topic or stream it came for.
    """
    if not arrived:
        return [], []
    first: dict[UUID, Arrived] = {}
    again: list[tuple[UUID, Arrived]] = []
    for one in arrived:
        identity = identity_of(one.event.source, one.event.id)
        if first.setdefault(identity, one) is not one:
            again.append((identity, one))
    cursor = await connection.execute(_TAKE_IN, columns((_event_row(*pair) for pair in first.items()), 5))
    new = {identity for (identity,) in await cursor.fetchall()}
    again += [pair for pair in first.items() if pair[0] not in new]
    dead = await _reused(connection, again) if again else []
    return [one for identity, one in first.items() if identity in new], dead


def identity_of(source: str, event_id: str) -> UUID:
    """What an event is known by here: the same as `store.identity` of the database gives. Neither text has a \x01."""
    return UUID(bytes=sha256(f"{source}\x01{event_id}".encode()).digest()[:16])


def _event_row(identity: UUID, one: Arrived) -> tuple[object, ...]:
    record = one.record
    return (identity.hex, one.fingerprint, record.topic, record.partition, record.offset)


def _fact_row(spec: ProjectionSpec, fact: Fact) -> tuple[object, ...]:
    place = (fact.scope, fact.scope_id, fact.source, fact.id)
    return (*place, fact.type, moment_text(fact.time), fact.sequence, spec.body_to_json(fact.body).decode())


async def _reused(connection: AsyncConnection, again: Sequence[tuple[UUID, Arrived]]) -> list[DeadLetter]:
    cursor = await connection.execute(_FIRST, [literal(sorted({identity.hex for identity, _ in again}))])
    first = {identity: tuple(rest) for identity, *rest in await cursor.fetchall()}
    dead = []
    for identity, one in again:
        fingerprint, topic, partition, offset = first[identity]
        here = (one.record.topic, one.record.partition, one.record.offset)
        if fingerprint != one.fingerprint and (topic, partition, offset) != here:
            dead.append(DeadLetter(one.record, id_reused(one.event, topic, partition, offset)))
    return dead


def id_reused(event: CloudEvent, topic: str, partition: int, offset: int) -> str:
    """Why an event is dead whose id another one had before, at that place of the log."""
    return (
        f"id reused: source {event.source!r} used id {event.id!r} before, with other content, "
        f"at {topic} partition {partition} offset {offset}; give this event an id of its own"
    )


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
    found: dict[Key, list[Fact]] = {}
    wanted = columns(keys, 2)
    async with connection.pipeline():
        single = await connection.execute(_READ, wanted)
        packed = await connection.execute(_READ_PACKED, wanted)
    for scope, scope_id, source, event_id, event_type, time, sequence, body in await single.fetchall():
        parsed = spec.body_from_json(event_type, scope, body.encode())
        fact = Fact(source, event_id, event_type, moment_of(time), scope, scope_id, parsed, sequence)
        found.setdefault(Key(scope, scope_id), []).append(fact)
    for scope, scope_id, facts in await packed.fetchall():
        found.setdefault(Key(scope, scope_id), []).extend(unpacked(spec, scope, scope_id, facts))
    return found


def packed_fact(spec: ProjectionSpec, fact: Fact) -> bytes:
    """One fact as it lies in `packed_fact.facts`: two lines, the second one not ended."""
    head = (fact.source, fact.id, fact.type, moment_text(fact.time), fact.sequence)
    return orjson.dumps(head) + b"\n" + spec.body_to_json(fact.body)


def unpacked(spec: ProjectionSpec, scope: Scope, scope_id: str, facts: bytes) -> Iterator[Fact]:
    """The facts of a thing, of lines that `packed_fact` wrote."""
    lines = facts.split(b"\n")
    for head, body in zip(lines[::2], lines[1::2], strict=True):
        source, event_id, event_type, time, sequence = orjson.loads(head)
        parsed = spec.body_from_json(event_type, scope, body)
        yield Fact(source, event_id, event_type, moment_of(time), scope, scope_id, parsed, sequence)


def moment_of(text: str) -> Moment:
    """What `moment_text` wrote: a date has ten characters."""
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


def by_key(facts: Iterable[Fact]) -> dict[Key, list[Fact]]:
    """Facts by what they are about, in the order given."""
    grouped: dict[Key, list[Fact]] = {}
    for fact in facts:
        grouped.setdefault(Key(fact.scope, fact.scope_id), []).append(fact)
    return grouped
