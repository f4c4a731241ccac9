"""Master data of a generation: what is known of a product, a customer, a reseller, the organisation, kept short.

Every order repeats what it knows of its customer and reseller, so a reseller with 20,000 subscriptions has as many
facts. All are stored; what folds are given leaves out those that only say again what the one before said. A fact that
sorts last is added to what is kept; a late one has everything read and shortened again. Both give the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

import orjson
from psycopg import AsyncConnection

from shared.billing.blocks import Scope
from shared.billing.facts import Body, CustomerStated, Fact, ResellerStated
from shared.billing.moments import known_key
from shared.events.values import moment_text
from shared.projections.facts import moment_of, read_facts
from shared.projections.spec import Key, ProjectionSpec
from shared.store.arrays import columns

_READ = """
SELECT scope, scope_id, state FROM state
JOIN unnest(%s::text[], %s::text[]) AS w (scope, scope_id) USING (scope, scope_id)
"""
_WRITE = """
INSERT INTO state (scope, scope_id, state, depends_on)
SELECT scope, scope_id, state, '{}' FROM unnest(%s::text[], %s::text[], %s::bytea[]) AS w (scope, scope_id, state)
ORDER BY scope, scope_id
ON CONFLICT (scope, scope_id) DO UPDATE SET state = excluded.state, touched = excluded.touched
"""
# Bodies that orders repeat; saying one again right after itself changes nothing, whatever the rules do with it.
_REPEATED = (CustomerStated, ResellerStated)


class Known:
    """What is kept of one thing: its facts, shortened, and the latest `time` of all, also of those left out."""

    __slots__ = ("facts", "latest")

    def __init__(self, facts: Sequence[Fact], latest: datetime | None) -> None:
        self.facts = facts
        self.latest = latest


def shortened(facts: Iterable[Fact]) -> Known:
    """What is kept of all facts of one thing.

    A fact with a date alone has another place in each customer's zone: then nothing is left out.
    """
    ordered = sorted(facts, key=lambda fact: known_key(fact, UTC))
    instants = [fact.time for fact in ordered if isinstance(fact.time, datetime)]
    if len(instants) < len(ordered):
        return Known(ordered, None)
    return Known(_without_repeats(ordered), max(instants, default=None))


def extended(known: Known, new: Sequence[Fact]) -> Known | None:
    """What is kept with new facts; None when one of them is late, and everything must be read."""
    if known.latest is None:
        return Known(sorted([*known.facts, *new], key=lambda fact: known_key(fact, UTC)), None)
    if any(not isinstance(fact.time, datetime) or fact.time <= known.latest for fact in new):
        return None
    ordered = sorted(new, key=lambda fact: known_key(fact, UTC))
    latest = ordered[-1].time
    assert isinstance(latest, datetime)
    return Known(_without_repeats([*known.facts, *ordered]), latest)


def _without_repeats(ordered: Sequence[Fact]) -> list[Fact]:
    last: dict[type, object] = {}
    kept = []
    for fact in ordered:
        kind = type(fact.body)
        if isinstance(fact.body, _REPEATED) and last.get(kind) == fact.body:
            continue
        last[kind] = fact.body
        kept.append(fact)
    return kept


async def read_known(connection: AsyncConnection, spec: ProjectionSpec, keys: Collection[Key]) -> dict[Key, Known]:
    """What is kept of these things; one of which nothing is known is not in the mapping."""
    if not keys:
        return {}
    rows = await (await connection.execute(_READ, columns(keys, 2))).fetchall()
    return {
        Key(scope, scope_id): _load(spec.body_from_json, scope, scope_id, stored) for scope, scope_id, stored in rows
    }


async def learn(connection: AsyncConnection, spec: ProjectionSpec, new: Mapping[Key, Sequence[Fact]]) -> set[Key]:
    """Add new facts (stored, anchors locked) to what is kept; the things of which that matters to dependents."""
    if not new:
        return set()
    before = await read_known(connection, spec, new.keys())
    after: dict[Key, Known] = {}
    late = []
    for key, facts in new.items():
        known = before.get(key)
        longer = shortened(facts) if known is None else extended(known, facts)
        if longer is None:
            late.append(key)
        else:
            after[key] = longer
    for key, facts in (await read_facts(connection, spec, late)).items():
        after[key] = shortened(facts)
    await _write(connection, spec, after)
    return {
        key
        for key, known in after.items()
        if _ids(known) != _ids(before.get(key)) and spec.matters(_facts(before.get(key)), known.facts)
    }


async def learn_again(connection: AsyncConnection, spec: ProjectionSpec, keys: Collection[Key]) -> None:
    """Make what is kept of these things again, from all their facts; their anchors are locked."""
    facts = await read_facts(connection, spec, [key for key in keys if key.scope in spec.master_scopes])
    await _write(connection, spec, {key: shortened(some) for key, some in facts.items()})


def _facts(known: Known | None) -> Sequence[Fact]:
    return () if known is None else known.facts


def _ids(known: Known | None) -> list[tuple[str, str]]:
    return [(fact.source, fact.id) for fact in _facts(known)]


async def _write(connection: AsyncConnection, spec: ProjectionSpec, known: Mapping[Key, Known]) -> None:
    await connection.execute(
        _WRITE,
        columns(((*key, dump_known(spec, one)) for key, one in known.items()), 3),
    )


def dump_known(spec: ProjectionSpec, known: Known) -> bytes:
    """What is kept of one thing, as its state is stored."""
    facts = [
        (f.source, f.id, f.type, moment_text(f.time), f.sequence, spec.body_to_json(f.body).decode())
        for f in known.facts
    ]
    return orjson.dumps((known.latest, facts))


# The same product, reseller and organisation are asked for by every batch; equal bytes are equal facts.
@lru_cache(maxsize=4096)
def _load(body_from_json: Callable[[str, Scope, bytes], Body], scope: Scope, scope_id: str, stored: bytes) -> Known:
    latest, facts = orjson.loads(stored)
    return Known(
        [
            Fact(source, event_id, kind, moment_of(time), scope, scope_id,
                 body_from_json(kind, scope, body.encode()), sequence)
            for source, event_id, kind, time, sequence, body in facts
        ],
        None if latest is None else datetime.fromisoformat(latest),
    )  # fmt: skip
