"""Replaying a long history into all projections, beside the floor: the same topics read raw, the same rows copied."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from services.prepare import prepare, specs
from shared.log.writer import LogWriter
from shared.projections.rebuild import records
from shared.projections.rebuild.bulk import Progress
from shared.projections.rebuild.making import Wanted, discard, make
from shared.store.config import Config
from shared.store.pool import connect
from tests.benchmarks.history import Size, history
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.topics import delete_all_topics

_WRITTEN_AT_ONCE = 5_000


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


async def rebuild_once(dsn: str, broker: str, home: Path, workers: int) -> dict[str, float]:
    """One rebuild of everything, thrown away afterwards: seconds by phase."""
    began = time.perf_counter()
    phases: dict[str, float] = {}

    def told(progress: Progress) -> None:
        phases[progress.phase] = time.perf_counter() - began

    async with await connect(dsn) as connection:
        await records.hold(connection)
        made = await make(connection, Wanted(dsn, broker, list(specs()), "verify", home, workers), told)
        phases["all"] = time.perf_counter() - began
        await discard(connection, made.number)
    return phases


def quick(broker: Broker, server: Databases, events: int, workers: int, rounds: int) -> None:
    """Print what a rebuild takes, for who tunes it."""
    delete_all_topics(broker.address)
    dsn = server.create()
    asyncio.run(prepare(Config(database=dsn, broker=broker.address, partitions=12)))
    began = time.perf_counter()
    count = asyncio.run(write_history(broker.address, Size(events)))
    print(f"wrote {count} in {time.perf_counter() - began:.1f} s", flush=True)
    for _ in range(rounds):
        with TemporaryDirectory() as home:
            phases = asyncio.run(rebuild_once(dsn, broker.address, Path(home), workers))
        print({name: round(at, 2) for name, at in phases.items()}, f"{count / phases['all']:.0f}/s", flush=True)


if __name__ == "__main__":
    import tempfile

    from shared.store.logging import configure_logging
    from tests.infrastructure import brokers, databases

    configure_logging("bench", "warning")
    folder = Path(tempfile.mkdtemp(prefix="seatledger-bench-"))
    folder.chmod(0o711)
    with brokers.running(folder) as one, databases.running(folder) as here:
        quick(one, here, int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
