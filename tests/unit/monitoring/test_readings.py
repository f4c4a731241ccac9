"""Figures that are read when they are asked for: each part stands alone, and is not read more often than need be."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily

from shared.monitoring.readings import Part, Readings


class Clock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


class Rows:
    """A part that reads a number which grows each time it is read."""

    def __init__(self) -> None:
        self.reads = 0

    async def __call__(self) -> Sequence[Metric]:
        self.reads += 1
        return [GaugeMetricFamily("rows", "Rows.", value=self.reads)]


async def broken() -> Sequence[Metric]:
    raise OSError("nobody answers")


async def hanging() -> Sequence[Metric]:
    await asyncio.Event().wait()
    return []


def scraped(readings: Readings) -> list[str]:
    registry = CollectorRegistry()
    registry.register(readings)
    return [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]


def test_a_part_that_fails_is_counted_and_the_others_are_told() -> None:
    parts: dict[str, Part] = {"store": Rows(), "log": broken, "projection": hanging}

    lines = scraped(Readings(parts, within_s=0.05))

    assert lines == [
        "rows 1.0",
        'seatledger_collect_errors_total{part="store"} 0.0',
        'seatledger_collect_errors_total{part="log"} 1.0',
        'seatledger_collect_errors_total{part="projection"} 1.0',
    ]


def test_who_asks_again_soon_is_told_the_same() -> None:
    rows, clock = Rows(), Clock()
    readings = Readings({"store": rows}, keep_s=5, now=clock)
    scraped(readings)

    clock.at = 4.9
    assert scraped(readings)[0] == "rows 1.0"
    clock.at = 5.0
    assert scraped(readings)[0] == "rows 2.0"
    assert rows.reads == 2


def test_nothing_is_read_before_somebody_asks() -> None:
    rows = Rows()

    CollectorRegistry().register(Readings({"store": rows}))

    assert rows.reads == 0
