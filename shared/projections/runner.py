"""One batch, one transaction, in this order: positions, anchors, facts, states and rows, reactions, dead letters.

READ COMMITTED on purpose: each statement sees what others stored before it got its locks. Everyone locks in the same
order (positions, clock, anchors, events, queue), so two workers wait for each other in one direction only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import psycopg
from psycopg import AsyncConnection

from shared.billing.facts import Fact
from shared.log.records import Record
from shared.projections import clock, recompute, waiting
from shared.projections.anchors import claim, claim_free
from shared.projections.arrivals import Arrivals, Arrived
from shared.projections.facts import by_key, store_facts, take_in
from shared.projections.masters import learn
from shared.projections.position import Advance, Move, PositionLost, advance
from shared.projections.spec import Key, ProjectionSpec
from shared.projections.streams import Work, fold_streams, reason_of
from shared.projections.writes import RowWriter, write_states
from shared.store.dead_letters import DeadLetter, bury
from shared.store.reactions import Reaction
from shared.store.reactions import ask as ask_reactions


@dataclass(slots=True)
class Applied:
    """What a transaction did, for one line of log."""

    events: int = 0
    duplicates: int = 0
    facts: int = 0
    streams: int = 0
    pending: int = 0
    parked: int = 0
    dead: int = 0

    def said(self) -> dict[str, int]:
        """What is not nought, by name."""
        counted: dict[str, int] = asdict(self)
        return {name: number for name, number in counted.items() if number or name == "events"}

    def plus(self, other: Applied) -> Applied:
        """Both together."""
        return Applied(**{name: number + getattr(other, name) for name, number in asdict(self).items()})


class Runner:
    """Applies batches to one generation, on a connection whose search_path is its schema."""

    def __init__(self, spec: ProjectionSpec, connection: AsyncConnection, rows: RowWriter) -> None:
        self._spec = spec
        self._connection = connection
        self._rows = rows

    @classmethod
    async def on(cls, connection: AsyncConnection, spec: ProjectionSpec) -> Runner:
        """A runner on a connection; raises TableDiffers.

        Commits do not wait for the disk: what a crash of the server takes back, it takes back with the positions, and
        the log gives it again. A later commit that does wait makes everything before it durable too.
        """
        await connection.execute("SET synchronous_commit = off")
        return cls(spec, connection, await RowWriter.of(connection, spec))

    async def apply(self, arrivals: Arrivals, moves: Sequence[Move]) -> Applied:
        """Store a batch and move the positions. PositionLost, with nothing done, when another worker was faster."""
        connection, spec = self._connection, self._spec
        async with connection.transaction():
            if moves and await advance(connection, moves) is not Advance.DONE:
                raise PositionLost
            applied, dead = await self.take(arrivals)
            if dead:
                applied.dead = await bury(connection, dead, spec.name)
        return applied

    async def take(self, arrivals: Arrivals) -> tuple[Applied, list[DeadLetter]]:
        """Store what arrived in the caller's transaction; what is dead of it comes back, for the caller to keep."""
        applied = Applied(len(arrivals.arrived))
        dead = list(arrivals.dead)
        if arrivals.arrived or arrivals.newer:
            dead += await self._take(arrivals, applied)
        return applied, dead

    async def _take(self, arrivals: Arrivals, applied: Applied) -> list[DeadLetter]:
        connection, spec = self._connection, self._spec
        at = await clock.now(connection)
        streams = {Key(f.scope, f.scope_id) for one in arrivals.arrived for f in one.facts} | arrivals.newer.keys()
        named = {name for one in arrivals.arrived for fact in one.facts for name in spec.names(fact)}
        fresh = await claim(connection, streams, {name for name in named if name.scope in spec.looked_at})
        taken, dead = await take_in(connection, arrivals.arrived)
        applied.duplicates = len(arrivals.arrived) - len(taken) - len(dead)
        facts = [fact for one in taken for fact in one.facts]
        applied.facts = len(facts)
        await store_facts(connection, spec, facts)
        grouped = by_key(facts)
        await self._learn(grouped)
        await self._documents(taken)
        await waiting.park(connection, arrivals.newer)
        own = {key: new for key, new in grouped.items() if key.scope in spec.folds}
        work = await fold_streams(connection, spec, at, own, fresh)
        await self._write(work, fresh, streams | named, _since(taken))
        await ask_reactions_of(connection, spec, taken)
        _count(applied, work)
        return dead

    async def _learn(self, new: dict[Key, list[Fact]]) -> None:
        """Take in what is new of master data, and queue what looks at that or, as an add-on does, at another stream."""
        spec = self._spec
        moved = await learn(self._connection, spec, {k: v for k, v in new.items() if k.scope in spec.master_scopes})
        moved |= {key for key in new if key.scope in spec.parent_scopes}
        await recompute.ask_dependents(self._connection, moved)

    async def _documents(self, taken: Sequence[Arrived]) -> None:
        documents = self._spec.documents
        if documents is None:
            return
        concerned: set[Key] = set()
        for one in taken:
            if one.model is None or one.event.type not in documents.types:
                continue
            rows = documents.rows(one.event, one.model)
            if rows is None:
                continue
            for table in documents.tables:
                await self._rows.add(self._connection, table, rows.get(table.name, ()))
            concerned |= set(documents.concerns(one.event, one.model))
        await recompute.ask(self._connection, concerned)

    async def _write(self, work: Work, fresh: set[Key], locked: set[Key], since: dict[Key, datetime]) -> None:
        connection = self._connection
        async with connection.pipeline():
            await write_states(connection, work.folded)
            await self._rows.write(connection, self._spec, work.folded, fresh)
            await waiting.await_founding(connection, work.pending, since)
            await waiting.founded(connection, work.founded)
            await waiting.park(connection, work.parked)
            # What they turned out to look at was not locked, so news of it may have been missed: fold once more.
            await recompute.ask(connection, {key for key, one in work.folded.items() if one.added - locked})

    async def recompute(self, most: int) -> Applied | None:
        """Fold at most `most` queued streams again, from all their facts; None when the queue is empty."""
        connection, spec = self._connection, self._spec
        async with connection.transaction():
            at = await clock.now(connection)
            asked = await recompute.next_asked(connection, most)
            if not asked:
                return None
            looked_at = await recompute.depended_on(connection, list(asked))
            free = await claim_free(connection, asked.keys(), looked_at)
            work = await fold_streams(connection, spec, at, {}, (), free)
            # Off the queue before `_write` asks again for those that need another turn.
            await recompute.done(connection, [(key, asked[key]) for key in sorted(free)])
            await self._write(work, set(), looked_at, {})
        applied = Applied()
        _count(applied, work)
        return applied

    async def park(self, reasons: dict[Key, str]) -> None:
        """Park streams whose rows the database refused, and take them off the queue."""
        async with self._connection.transaction():
            asked = await recompute.next_asked(self._connection, 1_000_000)
            await claim(self._connection, list(reasons), [])
            await waiting.park(self._connection, reasons)
            await recompute.done(self._connection, [(key, asked[key]) for key in sorted(reasons) if key in asked])


async def ask_reactions_of(connection: AsyncConnection, spec: ProjectionSpec, taken: Sequence[Arrived]) -> None:
    """Write the reactions that the new events ask for."""
    wanted: list[Reaction] = [
        reaction for one in taken if one.model is not None for reaction in spec.reactions(one.event, one.model)
    ]
    if wanted:
        await ask_reactions(connection, wanted)


def refused(record: Record, error: psycopg.Error) -> DeadLetter:
    """The dead letter of a record whose event the database does not keep (DataError, IntegrityError)."""
    return DeadLetter(record, f"the database refuses what it says: {reason_of(error)}")


def logged_at(record: Record) -> datetime:
    """When the broker took the record, by its own clock."""
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)


def _since(taken: Sequence[Arrived]) -> dict[Key, datetime]:
    since: dict[Key, datetime] = {}
    for one in taken:
        for fact in one.facts:
            since.setdefault(Key(fact.scope, fact.scope_id), logged_at(one.record))
    return since


def _count(applied: Applied, work: Work) -> None:
    applied.streams, applied.pending, applied.parked = len(work.folded), len(work.pending), len(work.parked)
