"""How the system runs, as far as the overview says it: how far projections are behind, and what stands still."""

from __future__ import annotations

import asyncio
import time
from typing import Final, NamedTuple

import psycopg
import structlog
from aiokafka.errors import KafkaError

from shared.projections.status import StatusReport, status_report

# Asked by everybody who looks, and the broker answers one of them.
_FRESH_S: Final = 5.0
_ANSWERS_WITHIN_S: Final = 5.0
_log = structlog.get_logger("console")


class Running(NamedTuple):
    """Events that live projections have not read yet, the age of the oldest in seconds; what waits or is stopped."""

    behind: int
    behind_s: float
    dead_letters: int
    parked: int
    waiting: int
    to_send: int


class Runtime:
    """Looks at most once in some seconds."""

    def __init__(self, dsn: str, broker: str) -> None:
        self._dsn, self._broker = dsn, broker
        self._found: Running | None = None
        self._looked = float("-inf")
        self._one_looks = asyncio.Lock()

    async def now(self) -> Running | None:
        """How it runs; None while the broker does not answer."""
        async with self._one_looks:
            if time.monotonic() - self._looked > _FRESH_S:
                self._found, self._looked = await self._look(), time.monotonic()
            return self._found

    async def _look(self) -> Running | None:
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                return running(await status_report(self._dsn, self._broker))
        except (KafkaError, psycopg.Error, TimeoutError, OSError) as error:
            _log.warning("cannot see how far projections are", error=str(error))
            return None


def running(report: StatusReport) -> Running:
    """Of a report what the overview shows: of the generations that are read."""
    live = [one for one in report.projections if one.status == "live"]
    return Running(
        sum(one.lag_events for one in live),
        max((one.lag_seconds for one in live), default=0.0),
        report.dead_letters,
        len(report.parked),
        len(report.pending),
        report.outbox,
    )
