"""The system as the pages of operations look at it: its database, where its log is, and what is projected of that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Final

import structlog
from aiokafka.errors import KafkaError
from fastapi import Depends, Request
from psycopg import AsyncConnection

from services.console.viewer import Looking
from shared.log.ends import end_offsets
from shared.log.records import Partition
from shared.projections.spec import ProjectionSpec
from shared.store.pool import connect

# Several people who look, and pages that follow what happens, ask the broker once in so long.
_FRESH_S: Final = 2.0
_ANSWERS_WITHIN_S: Final = 3.0
_CONNECTION_S: Final = 5.0
_log = structlog.get_logger("console")


@dataclass
class System:
    """`specs` are the projections in which dead letters are retried."""

    database: str
    broker: str | None = None
    specs: Collection[ProjectionSpec] = ()
    _ends: Mapping[Partition, int] | None = None
    _asked: float = float("-inf")
    _one_asks: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def connect(self) -> AsyncConnection:
        """A connection of its own, for what takes longer than a page; as the owner of the tables."""
        return await connect(self.database, application="seatledger console operations")

    async def ends(self, partitions: Collection[Partition]) -> Mapping[Partition, int] | None:
        """Where the log ends, some two seconds old at most; None while the broker does not answer."""
        async with self._one_asks:
            if self.broker is None:
                return None
            if time.monotonic() - self._asked > _FRESH_S:
                self._ends = await self._look(self.broker, partitions)
                self._asked = time.monotonic()
            return self._ends

    async def _look(self, broker: str, partitions: Collection[Partition]) -> Mapping[Partition, int] | None:
        with suppress(KafkaError, TimeoutError, OSError):
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                return await end_offsets(broker, partitions)
        _log.warning("the broker does not answer")
        return None


async def _owning(request: Request, viewer: Looking) -> AsyncIterator[AsyncConnection]:
    async with request.app.state.connections.connection(timeout=_CONNECTION_S) as connection:
        yield connection


# A connection to which no policy applies, in a handler of a page that only who operates the system is shown.
Owning = Annotated[AsyncConnection, Depends(_owning, scope="function")]


async def _operating(request: Request, viewer: Looking) -> System:
    system: System = request.app.state.system
    return system


# The system, in a handler of a page that only who operates it is shown.
Operated = Annotated[System, Depends(_operating)]
