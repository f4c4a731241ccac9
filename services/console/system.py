"""The system as the pages of operations look at it: its database, where its log is, and what is projected of that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Annotated, Final, Generic, TypeVar

import psycopg
import structlog
from aiokafka.errors import KafkaError
from fastapi import Depends, Request
from psycopg import AsyncConnection

from services.console.viewer import Looking
from shared.log.ends import end_offsets
from shared.log.records import Partition
from shared.projections.spec import ProjectionSpec
from shared.projections.status import StatusReport, status_report
from shared.store import dead_letters
from shared.store.pool import connect

# Several people who look, and pages that follow what happens, ask the broker once in so long.
_ENDS_FRESH_S: Final = 2.0
_REPORT_FRESH_S: Final = 5.0
_ANSWERS_WITHIN_S: Final = 5.0
_CONNECTION_S: Final = 5.0
_log = structlog.get_logger("console")


T = TypeVar("T")


class _Seen(Generic[T]):
    """What was last seen of something that takes its time to look at: one looks, and all who ask meanwhile wait."""

    def __init__(self, fresh_s: float) -> None:
        self._fresh_s = fresh_s
        self._found: T | None = None
        self._at = float("-inf")
        self._one_looks = asyncio.Lock()

    async def now(self, look: Callable[[], Awaitable[T]]) -> T | None:
        """At most so many seconds old; None while the broker does not answer."""
        async with self._one_looks:
            if time.monotonic() - self._at > self._fresh_s:
                self._found = await self._look(look)
                self._at = time.monotonic()
            return self._found

    async def _look(self, look: Callable[[], Awaitable[T]]) -> T | None:
        with suppress(KafkaError, psycopg.Error, TimeoutError, OSError):
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                return await look()
        _log.warning("the broker does not answer")
        return None


@dataclass
class System:
    """`specs` are the projections in which dead letters are retried."""

    database: str
    broker: str | None = None
    specs: Collection[ProjectionSpec] = ()
    _ends: _Seen[Mapping[Partition, int]] = field(default_factory=lambda: _Seen(_ENDS_FRESH_S))
    _report: _Seen[StatusReport] = field(default_factory=lambda: _Seen(_REPORT_FRESH_S))

    async def connect(self) -> AsyncConnection:
        """A connection of its own, for what takes longer than a page; as the owner of the tables."""
        return await connect(self.database, application="seatledger console operations")

    async def ends(self, partitions: Collection[Partition]) -> Mapping[Partition, int] | None:
        """Where the log ends, some two seconds old at most; None while the broker does not answer."""
        broker = self.broker
        return None if broker is None else await self._ends.now(lambda: end_offsets(broker, partitions))

    async def report(self) -> StatusReport | None:
        """How everything runs, some five seconds old at most; None while the broker does not answer."""
        broker = self.broker
        return None if broker is None else await self._report.now(lambda: status_report(self.database, broker))

    async def dead_letters(self) -> int:
        """How many wait for somebody, whether the broker answers or not."""
        async with await self.connect() as connection:
            return (await dead_letters.counts(connection))[dead_letters.DEAD]


@asynccontextmanager
async def owning_now(request: Request) -> AsyncIterator[AsyncConnection]:
    """As `Owning`, for no longer than it is needed: for pages that ask the broker as well."""
    async with request.app.state.connections.connection(timeout=_CONNECTION_S) as connection:
        yield connection


async def _owning(request: Request, viewer: Looking) -> AsyncIterator[AsyncConnection]:
    async with owning_now(request) as connection:
        yield connection


# A connection to which no policy applies, in a handler of a page that only who operates the system is shown.
Owning = Annotated[AsyncConnection, Depends(_owning, scope="function")]


async def _operating(request: Request, viewer: Looking) -> System:
    system: System = request.app.state.system
    return system


# The system, in a handler of a page that only who operates it is shown.
Operated = Annotated[System, Depends(_operating)]
