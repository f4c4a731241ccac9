"""One bucket: what its records say, folded and written into every generation that is built."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from psycopg import AsyncConnection, Rollback

from shared.billing.facts import Fact
from shared.projections.facts import packed_fact
from shared.projections.generations import use
from shared.projections.masters import dump_known, shortened
from shared.projections.position import Positions
from shared.projections.rebuild import copying
from shared.projections.rebuild.folding import Folded, Memo, fold_bucket
from shared.projections.rebuild.loading import Load, Target, copy_into, touched_in_live
from shared.projections.rebuild.masters import Masters
from shared.projections.rebuild.routing import CATALOG, DOCUMENT, RESELLER
from shared.projections.rebuild.spool import Bucket, read_bucket
from shared.projections.rebuild.taking import FactsOf, Taken, take
from shared.projections.recompute import ask
from shared.projections.runner import logged_at
from shared.projections.spec import Key, ProjectionSpec, Row
from shared.projections.waiting import park
from shared.store.dead_letters import DeadLetter, Place

_DONE = "INSERT INTO store.rebuild_bucket (rebuild, bucket, events) VALUES (%s, %s, %s)"
_SHARED = {CATALOG: frozenset({"product", "organisation"}), RESELLER: frozenset({"reseller"}), DOCUMENT: frozenset()}
Facts = Mapping[Key, Sequence[Fact]]
# What the folds of all customers look at, by the way of making facts of events.
Shared = Mapping[FactsOf, Facts]


@dataclass(frozen=True, slots=True)
class Build:
    """What buckets are built into. `parked` are the streams that each live generation holds, by projection.

    `may_fail` are those that are folded all the same, and parked only where that fails.
    `at` is the clock of each projection, `ends` how far the log is read; `documents`: whether there are any, so that
    rows may need some.
    """

    number: int
    folder: Path
    targets: Sequence[Target]
    at: Mapping[str, datetime]
    parked: Mapping[str, Mapping[Key, str]]
    ends: Positions
    may_fail: Mapping[str, Collection[Key]] = field(default_factory=dict)
    documents: bool = False
    shared: Shared = field(default_factory=dict)
    held: Collection[Place] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a bucket. With `dead` records or `failed` streams, by projection, nothing of it was written."""

    events: int
    dead: Sequence[DeadLetter] = ()
    failed: Mapping[tuple[str, Key], str] = field(default_factory=dict)


async def build_bucket(connection: AsyncConnection, build: Build, bucket: Bucket) -> Outcome:
    """Fold a bucket and write it into all generations, in one transaction."""
    records = read_bucket(build.folder, bucket)
    if build.held:
        records = (one for one in records if (one[1].topic, one[1].partition, one[1].offset) not in build.held)
    takings = take([target.spec for target in build.targets], records)
    if takings.dead:
        return Outcome(len(takings.taken), dead=takings.dead)
    work = _Work(build, bucket, takings.taken)
    failed: dict[tuple[str, Key], str] = {}
    async with connection.transaction():
        for target in build.targets:
            folded = await work.fold(connection, target)
            known = build.may_fail.get(target.spec.name, ())
            failed |= {(target.spec.name, key): why for key, why in folded.failed.items() if key not in known}
            if not failed:
                await copy_into(connection, target, await work.load(connection, target, folded))
                await ask(connection, folded.again)
                await park(connection, folded.failed)
        if failed:
            raise Rollback
        if bucket.kind in _SHARED:
            (build.folder / "shared" / bucket.name).write_bytes(pickle.dumps(work.shared()))
        await connection.execute(_DONE, [build.number, bucket.name, len(takings.taken)])
    return Outcome(len(takings.taken), failed=failed)


class _Work:
    """A bucket's events by what they are about, and what projections of one family share."""

    def __init__(self, build: Build, bucket: Bucket, taken: Sequence[Taken]) -> None:
        self._build = build
        self._bucket = bucket
        self._taken = taken
        self._facts: dict[FactsOf, dict[Key, list[Fact]]] = {}
        self._since: dict[Key, datetime] = {}
        self._memo: Memo = {}
        self._packed: dict[tuple[FactsOf, Key], bytes] = {}
        self._events = {one.identity: _event_row(one) for one in taken if one.answers}
        self._group()

    def _group(self) -> None:
        own = _SHARED.get(self._bucket.kind)
        others = frozenset[str]().union(*_SHARED.values())
        for one in self._taken:
            for facts_of, facts in one.facts.items():
                by_key = self._facts.setdefault(facts_of, {})
                for fact in facts:
                    if fact.scope in own if own is not None else fact.scope not in others:
                        key = Key(fact.scope, fact.scope_id)
                        by_key.setdefault(key, []).append(fact)
                        self._since.setdefault(key, logged_at(one.record))

    def shared(self) -> Shared:
        """What this bucket knows that the folds of all customers look at."""
        specs = {target.spec.facts_of: target.spec for target in self._build.targets}
        return {facts_of: self._looked_at(specs[facts_of], by_key) for facts_of, by_key in self._facts.items()}

    async def fold(self, connection: AsyncConnection, target: Target) -> Folded:
        """What becomes of the streams of one projection."""
        spec, own = target.spec, self._facts.get(target.spec.facts_of, {})
        shared = self._build.shared.get(spec.facts_of, {})
        masters = Masters(spec, {**shared, **self._looked_at(spec, own)})
        extras = {}
        if self._build.documents:
            await use(connection, target.generation)
            for stream in spec.streams:
                ids = [key.scope_id for key in own if key.scope == stream.scope]
                if stream.load_extra is not None and ids:
                    extras[stream.scope] = await stream.load_extra(connection, ids)
        return fold_bucket(
            spec, own, masters, self._build.at[spec.name], extras, self._build.parked[spec.name], self._memo
        )

    def _looked_at(self, spec: ProjectionSpec, own: Mapping[Key, list[Fact]]) -> dict[Key, Sequence[Fact]]:
        """What folds look at of what is here: master data kept short, and all facts of parents."""
        found: dict[Key, Sequence[Fact]] = {
            key: shortened(facts).facts for key, facts in own.items() if key.scope in spec.master_scopes
        }
        parents = {
            name for facts in own.values() for fact in facts for name in spec.names(fact)
            if name.scope in spec.parent_scopes
        }  # fmt: skip
        return found | {key: own[key] for key in parents if key in own}

    async def load(self, connection: AsyncConnection, target: Target, folded: Folded) -> Load:
        """The rows of one generation."""
        spec, own = target.spec, self._facts.get(target.spec.facts_of, {})
        rows: dict[str, list[Row]] = dict(folded.rows)
        load = Load(rows=rows)
        encoded = load.encoded
        for one in self._taken:
            if one.answers and one.event.type in spec.types:
                encoded["event"].append(self._events[one.identity])
                self._add_documents(spec, one, rows)
        for key, facts in own.items():
            if key.scope in spec.scopes:
                encoded["packed_fact"].append(self._pack(spec, key, facts))
            if key.scope in spec.master_scopes:
                known = dump_known(spec, shortened(facts))
                encoded["state"].append(copying.state_row(key, known, (), None) + copying.touched(0))
        seen = await self._touched(connection, target, folded)
        for key, whole in folded.whole.items():
            encoded["state"].append(whole.state + copying.touched(seen.get(key, 0)))
            encoded["dependency"].extend(whole.dependencies)
        for key in folded.pending:
            encoded["pending"].append(copying.pending_row(key, self._since[key], len(own[key])))
        return load

    def _pack(self, spec: ProjectionSpec, key: Key, facts: Sequence[Fact]) -> bytes:
        known = (spec.facts_of, key)
        if known not in self._packed:
            self._packed[known] = copying.packed_row(key, [packed_fact(spec, fact) for fact in facts])
        return self._packed[known]

    def _add_documents(self, spec: ProjectionSpec, one: Taken, rows: dict[str, list[Row]]) -> None:
        if spec.documents is not None and one.model is not None and one.event.type in spec.documents.types:
            for table, some in (spec.documents.rows(one.event, one.model) or {}).items():
                rows.setdefault(table, []).extend(some)

    async def _touched(self, connection: AsyncConnection, target: Target, folded: Folded) -> Mapping[Key, int]:
        seen: dict[Key, int] = {}
        for scope in target.spec.folds:
            ids = [key.scope_id for key in folded.whole if key.scope == scope]
            for scope_id, number in (await touched_in_live(connection, target, self._build.ends, scope, ids)).items():
                seen[Key(scope, scope_id)] = number
        return seen


def _event_row(one: Taken) -> bytes:
    return copying.event_row(one.identity.bytes, one.fingerprint, one.record)
