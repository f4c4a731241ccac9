"""Folding the streams of a batch: state and new facts, or all facts, with the master data they look at, give rows.

Runs inside the batch's transaction with all anchors locked, so every read here sees all that was stored before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from shared.billing.facts import Fact
from shared.projections.facts import read_facts
from shared.projections.lookup import MasterLookup
from shared.projections.spec import Key, ProjectionSpec, Row
from shared.store.arrays import columns

_STORED = """
SELECT scope, scope_id, state, depends_on FROM state
JOIN unnest(%s::text[], %s::text[]) AS w (scope, scope_id) USING (scope, scope_id)
"""
_PARKED = """
SELECT scope, scope_id FROM parked JOIN unnest(%s::text[], %s::text[]) AS w (scope, scope_id) USING (scope, scope_id)
"""
# What a state turns out to look at may turn out to look at more: so often.
_TURNS = 8


@dataclass(slots=True)
class Folded:
    """A stream's new state; `depends_on` holds what was stored before as well as what is new."""

    state: bytes
    depends_on: frozenset[Key]
    added: frozenset[Key]
    next_change: datetime | None
    rows: Mapping[str, Sequence[Row]]


@dataclass(slots=True)
class Work:
    """What came of folding. `pending` counts the facts that wait, `parked` has the reasons, `skipped` were parked."""

    folded: dict[Key, Folded] = field(default_factory=dict)
    pending: dict[Key, int] = field(default_factory=dict)
    parked: dict[Key, str] = field(default_factory=dict)
    skipped: set[Key] = field(default_factory=set)
    founded: set[Key] = field(default_factory=set)


@dataclass(slots=True)
class _Stored:
    state: Any
    depends_on: frozenset[Key]


async def fold_streams(
    connection: AsyncConnection,
    spec: ProjectionSpec,
    at: datetime,
    new: Mapping[Key, Sequence[Fact]],
    fresh: Collection[Key],
    again: Collection[Key] = (),
) -> Work:
    """Fold the streams that have `new` facts (stored already), and those of `again` from all their facts.

    `fresh` are those of which nothing was stored before this batch. Locks on all of them are held.
    """
    keys = sorted(key for key in {*new, *again} if key.scope in spec.folds)
    work = Work()
    old = [key for key in keys if key not in fresh]
    work.skipped = await _parked(connection, keys)
    stored = await _stored(connection, spec, [key for key in old if key not in work.skipped], again, work)
    masters = MasterLookup(connection, spec)
    keys = [key for key in keys if key not in work.skipped and key not in work.parked]
    whole = {key for key in keys if key in again or (key not in fresh and key not in stored)}
    facts: dict[Key, Sequence[Fact]] = {key: new[key] for key in keys if key not in whole and key in fresh}
    facts.update(await read_facts(connection, spec, whole))
    evolving = {key: new[key] for key in keys if key not in facts and key not in whole}
    named = _named(spec, {**facts, **evolving})
    await masters.ask({name for names in named.values() for name in names})
    await masters.ask({key for one in stored.values() for key in one.depends_on})
    states: dict[Key, Any] = {}
    late = await read_facts(connection, spec, _evolve(spec, evolving, stored, masters, states, work))
    named |= _named(spec, late)
    facts |= late
    await _fold(spec, facts, masters, states, work, named)
    await _show(connection, spec, at, states, stored, masters, work, named)
    for key in keys:
        if key not in states and key not in work.parked:
            work.pending[key] = len(facts.get(key, ()))
        elif key not in stored and key not in fresh:
            work.founded.add(key)
    return work


def _named(spec: ProjectionSpec, facts: Mapping[Key, Sequence[Fact]]) -> dict[Key, frozenset[Key]]:
    """What the facts of each stream name. A stream looks at all of it, also where the rules refuse the fact."""
    named = {key: {name for fact in some for name in spec.names(fact)} for key, some in facts.items()}
    return {key: frozenset(name for name in names if name.scope in spec.looked_at) for key, names in named.items()}


def _evolve(
    spec: ProjectionSpec,
    new: Mapping[Key, Sequence[Fact]],
    stored: Mapping[Key, _Stored],
    masters: MasterLookup,
    states: dict[Key, Any],
    work: Work,
) -> list[Key]:
    """States with new facts at their end; the streams that have to be folded from all facts come back.

    Those are the ones with a late fact, and with one after which the state looks at more than was read for it.
    """
    late = []
    for key, facts in new.items():
        fold = spec.folds[key.scope].fold
        state = stored[key].state
        try:
            for fact in sorted(facts, key=_roughly):
                state = fold.evolve(state, fact, masters.made)
                if state is None:
                    break
            if state is None or masters.missing(fold.depends_on(state)):
                late.append(key)
            else:
                states[key] = state
        except Exception as error:  # whatever a handler raises parks its own stream and no other
            work.parked[key] = reason_of(error)
    return late


async def _fold(
    spec: ProjectionSpec,
    facts: Mapping[Key, Sequence[Fact]],
    masters: MasterLookup,
    states: dict[Key, Any],
    work: Work,
    named: Mapping[Key, frozenset[Key]],
) -> None:
    """States of streams from all their facts; those that wait for a founding fact get none.

    What a state turns out to look at, and is not read yet, is read, and the stream folded again.
    """
    await masters.ask({name for key in facts for name in named[key]})
    todo = list(facts)
    for _ in range(_TURNS):
        lacking: dict[Key, set[Key]] = {}
        for key in todo:
            fold = spec.folds[key.scope].fold
            try:
                state = fold.fold(key.scope_id, facts[key], masters.made)
                if state is not None:
                    states[key] = state
                    missing = masters.missing(fold.depends_on(state))
                    if missing:
                        lacking[key] = missing
            except Exception as error:  # as above
                work.parked[key] = reason_of(error)
        if not lacking:
            return
        await masters.ask({name for names in lacking.values() for name in names})
        todo = list(lacking)


async def _show(
    connection: AsyncConnection,
    spec: ProjectionSpec,
    at: datetime,
    states: dict[Key, Any],
    stored: Mapping[Key, _Stored],
    masters: MasterLookup,
    work: Work,
    named: Mapping[Key, frozenset[Key]],
) -> None:
    """Rows, dependencies and the next change of every state."""
    extras: dict[str, Mapping[str, Any]] = {}
    for stream in spec.streams:
        ids = [key.scope_id for key in states if key.scope == stream.scope]
        if stream.load_extra is not None and ids:
            extras[stream.scope] = await stream.load_extra(connection, ids)
    await masters.ask({name for key, state in states.items() for name in spec.folds[key.scope].fold.depends_on(state)})
    for key, state in states.items():
        if key in work.parked:
            continue
        fold = spec.folds[key.scope].fold
        before = stored[key].depends_on if key in stored else frozenset()
        try:
            depends_on = masters.closure({*fold.depends_on(state), *named.get(key, ())})
            view = fold.look(state, masters.made, at)
            work.folded[key] = Folded(
                fold.dump(state),
                depends_on | before,
                depends_on - before,
                fold.next_change(view),
                fold.rows(view, extras.get(key.scope, {}).get(key.scope_id)),
            )
        except Exception as error:  # as above
            work.parked[key] = reason_of(error)


async def _stored(
    connection: AsyncConnection, spec: ProjectionSpec, keys: Sequence[Key], again: Collection[Key], work: Work
) -> dict[Key, _Stored]:
    """What is stored of these; of those of `again` only what they look at, whatever their state has become."""
    if not keys:
        return {}
    cursor = await connection.execute(_STORED, columns(keys, 2))
    found = {}
    for scope, scope_id, state, depends_on in await cursor.fetchall():
        key = Key(scope, scope_id)
        try:
            loaded = None if key in again else spec.folds[scope].fold.load(state)
        except Exception as error:  # a state that this release cannot read: retry folds from facts
            work.parked[key] = reason_of(error)
            continue
        found[key] = _Stored(loaded, frozenset(Key.parse(text) for text in depends_on))
    return found


async def _parked(connection: AsyncConnection, keys: Sequence[Key]) -> set[Key]:
    if not keys:
        return set()
    cursor = await connection.execute(_PARKED, columns(keys, 2))
    return {Key(scope, scope_id) for scope, scope_id in await cursor.fetchall()}


def reason_of(error: Exception) -> str:
    """Why a handler failed, in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0].replace("\x00", "\ufffd")


def _roughly(fact: Fact) -> tuple[str, str, int, str]:
    """About the order of R0.11. A wrong guess costs a fold from all facts, nothing else."""
    return (fact.time.isoformat(), fact.source, fact.sequence, fact.id)
