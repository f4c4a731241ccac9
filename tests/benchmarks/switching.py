"""How long readers can have to wait when a replay switches all `read` views: from the locks to the commit."""

from __future__ import annotations

import asyncio
import statistics
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.topics import delete_all_topics
from tests.integration.replay.systems import replay, system

_ROUNDS = 5


def measure(broker: Broker, server: Databases) -> dict[str, float]:
    """`switch_ms`: median of the switches of all projections at once; `switch_most_ms`: the longest of them."""
    delete_all_topics(broker.address)
    times = asyncio.run(_switches(broker, server))
    return {"switch_ms": round(statistics.median(times), 2), "switch_most_ms": round(max(times), 2)}


async def _switches(broker: Broker, server: Databases) -> list[float]:
    times = []
    with TemporaryDirectory() as home:
        async with system(server.create(), broker) as running:
            for _ in range(_ROUNDS):
                report = await replay(running, Path(home))
                assert report.switched is not None, report.comparison.differences[:3]
                times.append(report.switched.milliseconds)
    return times
