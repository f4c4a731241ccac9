"""Reading the log into buckets: the first part of a rebuild. Each reader has some of the partitions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.events.registry import EVENT_TYPES
from shared.log.records import Partition, Standing, identity, record_of
from shared.log.span import Bounds, Span
from shared.projections.rebuild.routing import Router
from shared.projections.rebuild.spool import SpoolWriter, spooled
from shared.store.dead_letters import Place

_RECORDS_A_TURN = 5_000
_KNOWN = frozenset(EVENT_TYPES)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader reads: `held` records are left out, and so are types that say nothing to anybody."""

    broker: str
    folder: Path
    reader: int
    buckets: int
    bounds: Mapping[Partition, Bounds]
    types: frozenset[str]
    held: Collection[Place]


@dataclass(frozen=True, slots=True)
class Read:
    """How far a reader has come: records since the last report, how many offsets each partition has left, and where
    partitions stand that are done.
    """

    records: int
    left: Mapping[Partition, int]
    standings: Mapping[Partition, Standing]


async def read_into_buckets(reading: Reading) -> AsyncIterator[Read]:
    """Spool what is within the bounds; reports as it goes."""
    router = Router(reading.buckets)
    writer = SpoolWriter(reading.folder, reading.reader)
    passed = {name.encode() for name in _KNOWN - reading.types}
    held = reading.held
    last: dict[Partition, Standing] = {}
    async with Span(reading.broker, reading.bounds) as span:
        async for pieces in span.pieces(_RECORDS_A_TURN):
            count = 0
            for piece in pieces:
                count += len(piece.records)
                for raw in piece.records:
                    if held and (raw.topic, raw.partition, raw.offset) in held:
                        continue
                    record = record_of(raw)
                    if any(name == "ce_type" and content in passed for name, content in record.headers):
                        continue
                    answers = True
                    for bucket in router.buckets_of(record):
                        writer.put(bucket, spooled(record, answers=answers))
                        answers = False
                if piece.records:
                    record = record_of(piece.records[-1])
                    last[piece.partition] = Standing(piece.next, record.offset, identity(record))
                elif piece.partition in last:
                    before = last[piece.partition]
                    last[piece.partition] = Standing(piece.next, before.last_offset, before.last_identity)
                else:
                    last[piece.partition] = Standing(piece.next)
            yield Read(count, {one.partition: reading.bounds[one.partition].end - one.next for one in pieces}, {})
    writer.close()
    yield Read(0, {}, last)


def shares(ends: Mapping[Partition, Bounds], count: int) -> Sequence[dict[Partition, Bounds]]:
    """Partitions for so many readers, about as many records for each."""
    parts: list[dict[Partition, Bounds]] = [{} for _ in range(count)]
    sizes = [0] * count
    for partition, bounds in sorted(ends.items(), key=lambda one: one[1].first - one[1].end):
        smallest = sizes.index(min(sizes))
        parts[smallest][partition] = bounds
        sizes[smallest] += bounds.end - bounds.first
    return [part for part in parts if part]
