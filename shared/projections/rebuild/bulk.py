"""The bulk of a rebuild: the log into buckets, buckets into tables, the tables made whole. It can be taken up again.

Catalogue, resellers and documents come first, because the folds of all customers look at them.
"""

from __future__ import annotations

import pickle
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path

from psycopg import AsyncConnection

from shared.log.records import Partition, Standing
from shared.log.span import Bounds
from shared.projections.rebuild import records
from shared.projections.rebuild.bucket import Build, Outcome, Shared, build_bucket
from shared.projections.rebuild.finishing import finish
from shared.projections.rebuild.routing import CUSTOMER, DOCUMENT
from shared.projections.rebuild.spool import Bucket, buckets_in, empty
from shared.projections.rebuild.spooling import Read, Reading, read_into_buckets, shares
from shared.projections.spec import Key
from shared.store.dead_letters import DeadLetter, Place, bury, place_of
from shared.store.pool import connect
from shared.workers import Workers

_STANDINGS = "standings.pickle"
_SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` events of a phase: read, fold, index, catch-up, compare; at first what was done before.

    `left`: offsets still to read, by partition. `projection`: of which one it is, where each has the phase for itself.
    """

    phase: str
    done: int
    total: int
    left: Mapping[Partition, int] = field(default_factory=dict)
    projection: str = ""


Told = Callable[[Progress], None]


class NewErrors(Exception):
    """What cannot be taken in, or folded, here, and can in the live generation, which was not touched."""

    def __init__(self, dead: Sequence[DeadLetter], failed: Mapping[tuple[str, Key], str]) -> None:
        self.dead, self.failed = dead, failed
        first = next((f"{_place(one)}: {one.reason}" for one in dead), None) or next(
            f"{name} {key}: {reason}" for (name, key), reason in failed.items()
        )
        super().__init__(
            f"{len(dead)} records and {len(failed)} streams of those that were looked at cannot be taken in here, as "
            f"they are in the live generation; that was not touched. The first: {first}"
        )


@dataclass(frozen=True, slots=True)
class Bulk:
    """What there is to do. `judged` is how far live has read: what is wrong before that is a new error.

    `held` are the records that live holds dead. `record` is the rebuild in the database.
    """

    dsn: str
    broker: str
    build: Build
    record: records.Record
    bounds: Mapping[Partition, Bounds]
    judged: Mapping[Partition, int]
    held: Collection[Place]
    workers: int
    told: Told


async def load(connection: AsyncConnection, bulk: Bulk) -> None:
    """Fill the generations and make them whole. Raises NewErrors, IdsReused, WorkerFailed, WorkerEnded."""
    standings = await _spool(connection, bulk)
    done = await records.buckets_done(connection, bulk.record.number)
    buckets = [bucket for bucket in buckets_in(bulk.build.folder) if bucket.name not in done]
    events = sum(bounds.end - bounds.first for bounds in bulk.bounds.values())
    counted = _Counted(bulk.told, "fold", events, await records.events_done(connection, bulk.record.number))
    shared = bulk.build.folder / _SHARED
    shared.mkdir(exist_ok=True)
    first = [bucket for bucket in buckets if bucket.kind != CUSTOMER]
    await _fold(connection, bulk, bulk.build, first, counted)
    documents = any(bucket.kind == DOCUMENT for bucket in buckets_in(bulk.build.folder))
    build = replace(bulk.build, documents=documents, shared=_gathered(shared))
    await _fold(connection, bulk, build, [bucket for bucket in buckets if bucket.kind == CUSTOMER], counted)
    counted.over()
    bulk.told(Progress("index", 0, 1))
    await finish(bulk.dsn, build.targets, standings, bulk.record.indexes, build.parked)
    await records.loaded(connection, bulk.record.number)
    bulk.told(Progress("index", 1, 1))


async def _spool(connection: AsyncConnection, bulk: Bulk) -> Mapping[Partition, Standing]:
    file = bulk.build.folder / _STANDINGS
    if bulk.record.spooled and file.exists():
        kept: dict[Partition, Standing] = pickle.loads(file.read_bytes())
        return kept
    empty(bulk.build.folder)
    types = frozenset[str]().union(*(target.spec.types for target in bulk.build.targets))
    readings = [
        Reading(bulk.broker, bulk.build.folder, reader, bulk.record.buckets, bounds, types, bulk.held)
        for reader, bounds in enumerate(shares(bulk.bounds, bulk.workers))
    ]
    counted = _Counted(bulk.told, "read", sum(bounds.end - bounds.first for bounds in bulk.bounds.values()))
    standings = {partition: Standing(bounds.end) for partition, bounds in bulk.bounds.items()}
    left = {partition: bounds.end - bounds.first for partition, bounds in bulk.bounds.items()}
    async with aclosing(Workers[Reading, Read](read_into_buckets, bulk.workers).run(readings)) as reads:
        async for read in reads:
            left |= read.left
            counted.more(read.records, left)
            standings.update(read.standings)
    file.write_bytes(pickle.dumps(standings))
    await records.spooled(connection, bulk.record.number)
    return standings


async def _fold(
    connection: AsyncConnection, bulk: Bulk, build: Build, buckets: Sequence[Bucket], counted: _Counted
) -> None:
    """Fold some buckets. Records that live has not come to, and that are wrong, are buried as live will do it."""
    held = frozenset(bulk.held)
    while buckets:
        buckets, dead = await _fold_once(bulk, replace(build, held=held), buckets, counted)
        async with connection.transaction():
            await bury(connection, dead, "replay")
        # Each turn leaves out more of them, so there is an end.
        held |= {place_of(one.record) for one in dead}


async def _fold_once(
    bulk: Bulk, build: Build, buckets: Sequence[Bucket], counted: _Counted
) -> tuple[list[Bucket], list[DeadLetter]]:
    """The buckets that were not written for what is dead in them. Raises NewErrors at the first bucket with any."""

    async def work(bucket: Bucket) -> AsyncIterator[tuple[Bucket, Outcome]]:
        async with await connect(bulk.dsn, application="seatledger rebuild") as connection:
            yield bucket, await build_bucket(connection, build, bucket)

    again, dead = list[Bucket](), list[DeadLetter]()
    async with aclosing(Workers[Bucket, tuple[Bucket, Outcome]](work, bulk.workers).run(buckets)) as outcomes:
        async for bucket, outcome in outcomes:
            judged = [one for one in outcome.dead if _is_judged(one, bulk.judged)]
            if judged or outcome.failed:
                # Nobody waits for the rest, of which nothing would be used: the processes are ended.
                raise NewErrors(judged, outcome.failed)
            if outcome.dead:
                again.append(bucket)
                dead += outcome.dead
            counted.more(outcome.events)
    return again, dead


def _gathered(folder: Path) -> Shared:
    """What the buckets of catalogue and resellers left for the others."""
    shared: dict[object, dict[Key, object]] = {}
    for path in sorted(folder.iterdir()):
        for facts_of, facts in pickle.loads(path.read_bytes()).items():
            shared.setdefault(facts_of, {}).update(facts)
    return shared  # type: ignore[return-value]  # pickled by build_bucket, which is typed


def _is_judged(letter: DeadLetter, judged: Mapping[Partition, int]) -> bool:
    record = letter.record
    return record.offset < judged.get(Partition(record.topic, record.partition), 0)


def _place(letter: DeadLetter) -> str:
    record = letter.record
    return f"{record.topic} partition {record.partition} offset {record.offset}"


class _Counted:
    """Adds up, and tells."""

    def __init__(self, told: Told, phase: str, total: int, done: int = 0) -> None:
        self._told, self._phase, self._total, self._done = told, phase, total, done
        self.more(0)

    def more(self, count: int, left: Mapping[Partition, int] | None = None) -> None:
        self._done += count
        self._told(Progress(self._phase, min(self._done, self._total), self._total, dict(left or {})))

    def over(self) -> None:
        """What was not counted is no event that anybody folds: a duplicate, a dead one, a marker."""
        self._told(Progress(self._phase, self._total, self._total))
