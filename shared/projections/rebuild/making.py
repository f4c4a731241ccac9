"""Making generations beside the live ones, up to the end that the log has when it begins; or taking that up again."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg import AsyncConnection

from shared.log.ends import end_offsets
from shared.log.records import Partition
from shared.log.span import Bounds, offsets_at
from shared.projections.generations import Generation, NoGeneration, building, built_by, generations, use
from shared.projections.position import positions
from shared.projections.rebuild import records
from shared.projections.rebuild.bucket import Build
from shared.projections.rebuild.bulk import Bulk, Told, load
from shared.projections.rebuild.finishing import IdsReused
from shared.projections.rebuild.held import held_by
from shared.projections.rebuild.interrupted import discard, taken_up
from shared.projections.rebuild.loading import Target
from shared.projections.rebuild.tables import strip
from shared.projections.rebuild.wanted import Wanted
from shared.projections.spec import Key, ProjectionSpec
from shared.store.dead_letters import Place

# About so many events are folded at a time by each process: some 100 MB.
EVENTS_A_BUCKET = 50_000
_CLOCK = "SELECT at FROM clock"
_PARKED = "SELECT scope, scope_id, reason FROM parked"


@dataclass(frozen=True, slots=True)
class Made:
    """What was made: full generations with keys, which nobody projects yet."""

    number: int
    targets: Sequence[Target]


async def make(connection: AsyncConnection, wanted: Wanted, told: Told) -> Made:
    """Make them on a connection that holds the lock of rebuilds. Raises NoGeneration and what `bulk.load` raises."""
    live = await _live(connection, wanted.specs)
    record = await taken_up(connection, wanted)
    if record is None:
        number = await _begun(connection, wanted, live)
        record = next(one for one in await records.unfinished(connection) if one.number == number)
    made = {one.name: one for one in await built_by(connection, record.number)}
    targets = [Target(spec, made[spec.name], live[spec.name]) for spec in wanted.specs]
    if not record.loaded:
        try:
            await load(connection, await _bulk(connection, wanted, record, targets, told))
        except IdsReused:
            # It left out what live held dead when it read the log: only one that reads it again can find an end.
            await discard(connection, record.number)
            raise
    shutil.rmtree(record.folder, ignore_errors=True)
    return Made(record.number, targets)


async def parked(connection: AsyncConnection, generation: Generation) -> dict[Key, str]:
    """The streams that a generation holds, with the reason."""
    async with connection.transaction():
        await use(connection, generation)
        rows = await (await connection.execute(_PARKED)).fetchall()
    return {Key(scope, scope_id): reason for scope, scope_id, reason in rows}


async def _live(connection: AsyncConnection, specs: Sequence[ProjectionSpec]) -> dict[str, Generation]:
    names = {spec.name for spec in specs}
    live = {one.name: one for one in await generations(connection) if one.status == "live" and one.name in names}
    for spec in specs:
        if spec.name not in live:
            raise NoGeneration(f"projection {spec.name} has no live generation: start the system with `seatledger up`")
    return live


async def _begun(connection: AsyncConnection, wanted: Wanted, live: Mapping[str, Generation]) -> int:
    ends = await _ends(connection, wanted, live)
    buckets = max(1, round(sum(bounds.end for bounds in ends.values()) / EVENTS_A_BUCKET))
    async with connection.transaction():
        folder = wanted.home / "rebuild" / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        number = await records.begin(
            connection, wanted.release, wanted.purpose, wanted.projections, wanted.until, buckets, folder
        )
        indexes = {}
        for spec in wanted.specs:
            at = wanted.until or await _clock(connection, live[spec.name])
            generation = await building(connection, spec, number, at)
            documents = () if spec.documents is None else [table.name for table in spec.documents.tables]
            indexes[generation.schema] = await strip(connection, generation.schema, documents)
        await records.keep_indexes(connection, number, indexes)
    folder.mkdir(parents=True)
    return number


async def _bulk(
    connection: AsyncConnection, wanted: Wanted, record: records.Record, targets: Sequence[Target], told: Told
) -> Bulk:
    live = {target.spec.name: target.live for target in targets}
    judged: dict[Partition, int] = {}
    for generation in live.values():
        for partition, next_ in (await _positions(connection, generation)).items():
            judged[partition] = min(judged.get(partition, next_), next_)
    standing = {name: await parked(connection, generation) for name, generation in live.items()}
    # The rows that live has of them are of a later moment, and what they fail on may have come later too.
    then = wanted.until is not None
    bounds = await _ends(connection, wanted, live)
    build = Build(
        record.number,
        record.folder,
        targets,
        {target.spec.name: await _clock(connection, target.generation) for target in targets},
        {name: {} for name in standing} if then else standing,
        {partition: bound.end for partition, bound in bounds.items()},
        standing if then else {},
    )
    # Read once for all of them: what one has and another has not is taken in afterwards (`CatchUp.take_missing`).
    holding = frozenset[Place]().union(*[await held_by(connection, generation) for generation in live.values()])
    return Bulk(
        wanted.dsn, wanted.broker, build, record, bounds, judged, holding, max(1, wanted.workers), told
    )  # fmt: skip


async def _ends(connection: AsyncConnection, wanted: Wanted, live: Mapping[str, Generation]) -> dict[Partition, Bounds]:
    """From the beginning of each partition that a projection reads to its end, or to where it was at `until`.

    A live generation of another release is projected by nobody: where it stands is as far as there is anything to
    compare with.
    """
    partitions: set[Partition] = set()
    versions = {spec.name: spec.version for spec in wanted.specs}
    still: dict[Partition, int] = {}
    for generation in live.values():
        at = await _positions(connection, generation)
        partitions |= set(at)
        if generation.version != versions[generation.name] and wanted.until is None:
            still |= {partition: min(next_, still.get(partition, next_)) for partition, next_ in at.items()}
    if wanted.until is None:
        ends = await end_offsets(wanted.broker, sorted(partitions))
    else:
        ends = await offsets_at(wanted.broker, sorted(partitions), int(wanted.until.timestamp() * 1000))
    return {partition: Bounds(0, min(end, still.get(partition, end))) for partition, end in sorted(ends.items())}


async def _positions(connection: AsyncConnection, generation: Generation) -> dict[Partition, int]:
    async with connection.transaction():
        await use(connection, generation)
        return await positions(connection)


async def _clock(connection: AsyncConnection, generation: Generation) -> datetime:
    async with connection.transaction():
        await use(connection, generation)
        row = await (await connection.execute(_CLOCK)).fetchone()
    assert row is not None
    at: datetime = row[0]
    return at
