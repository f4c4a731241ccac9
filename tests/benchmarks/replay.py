"""Replaying a long history into all projections, beside the floor: the same topics read raw, the same rows copied."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from services.prepare import prepare, specs
from shared.log.records import Record
from shared.log.writer import LogWriter
from shared.projections.rebuild import records
from shared.projections.rebuild.bulk import Progress
from shared.projections.rebuild.interrupted import discard
from shared.projections.rebuild.making import Made, make
from shared.projections.rebuild.release import release_of
from shared.projections.rebuild.wanted import Wanted
from shared.store.config import Config
from shared.store.pool import connect
from tests.benchmarks.floor import dump, floor
from tests.benchmarks.history import Size, history
from tests.benchmarks.memory import watched
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.plain_loop import project_plainly
from tests.infrastructure.topics import delete_all_topics

EVENTS = int(os.environ.get("SEATLEDGER_BENCH_EVENTS", "1000000"))
_ROUNDS = int(os.environ.get("SEATLEDGER_BENCH_ROUNDS", "5"))
_PARTITIONS = 12
_WRITTEN_AT_ONCE = 5_000
_PLAINLY = 300
_AT_MS = 1_700_000_000_000
_MIB = 1024 * 1024


class Round(NamedTuple):
    """One rebuild, and one floor beside it. Seconds; `phases` when each of them was over."""

    rebuild: float
    floor: float
    peak_bytes: int
    phases: dict[str, float]


def measure(broker: Broker, server: Databases) -> dict[str, float]:
    """Of a history of `SEATLEDGER_BENCH_EVENTS`: events/s, the floor's, how many times the floor, and memory in MiB."""
    dsn, count = _written(broker, server, EVENTS)
    rounds = [asyncio.run(_round(dsn, broker.address)) for _ in range(_ROUNDS)]
    middle = sorted(rounds)[len(rounds) // 2]
    figures = {
        "replay_events": count,
        "replay_events_per_s": round(count / middle.rebuild),
        "replay_floor_events_per_s": round(count / statistics.median(one.floor for one in rounds)),
        "replay_times_the_floor": round(statistics.median(one.rebuild / one.floor for one in rounds), 1),
        "replay_peak_mib": round(max(one.peak_bytes for one in rounds) / _MIB),
    }
    figures["plain_loop_events_per_s"] = round(_plain_loop(broker, server))
    began = 0.0
    for phase, ended in middle.phases.items():
        figures[f"replay_{phase}_s"] = round(ended - began, 1)
        began = ended
    return figures


def _plain_loop(broker: Broker, server: Databases) -> float:
    """Events a second of the plainest projection there can be, into the same projections, one after the other."""
    dsn = _prepared(broker, server)
    records = [
        Record(one.topic, 0, offset, _AT_MS, one.key, one.value, one.headers)
        for offset, one in enumerate(history(Size(_PLAINLY)))
    ]
    began = time.perf_counter()
    for spec in specs():
        asyncio.run(project_plainly(dsn, spec, records))
    return len(records) / (time.perf_counter() - began)


def _written(broker: Broker, server: Databases, events: int) -> tuple[str, int]:
    """A prepared database, and the log with a history; how many records."""
    delete_all_topics(broker.address)
    return _prepared(broker, server), asyncio.run(write_history(broker.address, Size(events)))


def _prepared(broker: Broker, server: Databases) -> str:
    dsn = server.create()
    asyncio.run(prepare(Config(database=dsn, broker=broker.address, partitions=_PARTITIONS)))
    return dsn


async def write_history(broker: str, size: Size) -> int:
    """Write a history to the log; how many records."""
    count, waiting = 0, []
    async with LogWriter(broker) as writer:
        for record in history(size):
            waiting.append(record)
            if len(waiting) >= _WRITTEN_AT_ONCE:
                count += await writer.write(waiting)
                waiting = []
        return count + await writer.write(waiting)


async def _round(dsn: str, broker: str) -> Round:
    """One rebuild, and the floor of what it made, which is thrown away."""
    workers = os.cpu_count() or 1
    phases: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        async with await connect(dsn) as connection:
            await records.hold(connection)
            began = time.perf_counter()

            def told(progress: Progress) -> None:
                phases[progress.phase] = time.perf_counter() - began

            with watched() as peak:
                found = list(specs())
                wanted = Wanted(dsn, broker, found, release_of(found), "verify", Path(folder), workers)
                made = await make(connection, wanted, told)
            rebuild = time.perf_counter() - began
            seconds = await _floor(dsn, broker, made, Path(folder), workers)
            await discard(connection, made.number)
    print(f"rebuilt in {rebuild:.1f} s, floor {seconds:.1f} s, {peak.bytes / _MIB:.0f} MiB", flush=True)
    return Round(rebuild, seconds, peak.bytes, phases)


async def _floor(dsn: str, broker: str, made: Made, folder: Path, workers: int) -> float:
    tables = await dump(dsn, [target.generation for target in made.targets], folder)
    read = {name for target in made.targets for name in target.spec.topics}
    return await floor(dsn, broker, tables, dict.fromkeys(read, _PARTITIONS), workers)
