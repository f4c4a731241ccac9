"""Figures that are read somewhere else (database, broker) when somebody asks for them, in a thread of their own.

Each part stands alone: one that fails or takes too long is left out and counted, and the others are told all the same.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import structlog
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

Part = Callable[[], Awaitable[Sequence[Metric]]]
# Two scrapers, or one in a hurry, cost no more than one; and a scrape that Prometheus gives up after 10 s is lost.
KEEP_S = 5.0
WITHIN_S = 5.0
_log = structlog.get_logger("metrics")


class Readings(Collector):
    """A collector of a registry; `parts` by the name that errors are counted under.

    It runs a loop of its own in the thread of whoever scrapes, so it goes with a listener that is a thread.
    """

    def __init__(
        self,
        parts: Mapping[str, Part],
        keep_s: float = KEEP_S,
        within_s: float = WITHIN_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts = parts
        self._keep_s, self._within_s, self._now = keep_s, within_s, now
        self._lock = threading.Lock()
        self._kept: list[Metric] = []
        self._until: float | None = None
        self._errors = dict.fromkeys(parts, 0)

    def collect(self) -> Iterable[Metric]:
        """What was read now, or some seconds ago."""
        with self._lock:
            if self._until is None or self._now() >= self._until:
                self._kept = asyncio.run(self._read())
                self._until = self._now() + self._keep_s
            found = self._kept
            errors = CounterMetricFamily(
                "seatledger_collect_errors", "Times that a part could not be read.", labels=["part"]
            )
            for part, times in self._errors.items():
                errors.add_metric([part], times)
        return [*found, errors]

    async def _read(self) -> list[Metric]:
        parts = await asyncio.gather(*(self._part(name, part) for name, part in self._parts.items()))
        return [metric for part in parts for metric in part]

    async def _part(self, name: str, part: Part) -> Sequence[Metric]:
        try:
            return await asyncio.wait_for(part(), self._within_s)
        except Exception as error:  # whatever it is: the scrape goes on, and the count says that something is missing
            self._errors[name] += 1
            _log.warning("not collected", part=name, error=f"{type(error).__name__}: {error}")
            return []
