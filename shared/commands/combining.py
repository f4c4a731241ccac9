"""Commands that come at the same time, handled together: what waits while a transaction runs shares the next one.

Alone a command waits for nothing; under load a commit, its locks and its reads are paid once for many.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from shared.commands.decision import Decided
from shared.commands.desk import Asked, Desk
from shared.commands.handling import Outcome, handle
from shared.store.config import OUTBOX_LIMIT
from shared.store.outbox import at_least

C = TypeVar("C")
# What became of a command; told once for each, also where nobody waits for the answer any more.
Told = Callable[[Asked[C], Outcome], None]


class Overloaded(Exception):
    """More is waiting than can be carried out soon; ask again after `retry_after_s` seconds. Nothing was done."""

    def __init__(self, sentence: str, retry_after_s: int) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may wait. `outbox`: events that the broker has not taken; `waiting`: commands of this process.

    At most `together` share a transaction; of two `lanes` one's commands are decided while the other's are committed.
    """

    outbox: int = OUTBOX_LIMIT
    waiting: int = 2_000
    together: int = 100
    lanes: int = 2


_LOOK_EVERY_S = 0.5
_CONNECTION_S = 5.0
_PREVIEWS_AT_ONCE = 2
_RETRY_OUTBOX_S = 10
_RETRY_WAITING_S = 1


def _nobody(asked: Asked[C], outcome: Outcome) -> None:
    return


class Combiner(Generic[C]):
    """Hands commands to a desk. `combining` runs one."""

    def __init__(
        self,
        desk: Desk[C],
        connections: AsyncConnectionPool,
        bounds: Bounds,
        previewing: AsyncConnectionPool,
        told: Told[C] = _nobody,
    ) -> None:
        self._desk = desk
        self._told = told
        self._connections = connections
        self._previewing = previewing
        self._bounds = bounds
        self._waiting: deque[tuple[Asked[C], asyncio.Future[Outcome]]] = deque()
        self._some = asyncio.Event()
        self._previews = asyncio.Semaphore(_PREVIEWS_AT_ONCE)
        self._behind = False
        self._looked_at = -_LOOK_EVERY_S

    async def ask(self, asked: Asked[C]) -> Decided:
        """Carry out a command, and say what came of it.

        Raises CommandRefused, Overloaded, Busy, psycopg.Error (nothing was done: ask again), or what broke.
        """
        if asked.preview:
            outcome = await self._previewed(asked)
            self._told(asked, outcome)
            return _carried_out(outcome)
        if len(self._waiting) >= self._bounds.waiting:
            overloaded = Overloaded(f"{self._bounds.waiting:,} commands wait already: ask again", _RETRY_WAITING_S)
            self._told(asked, overloaded)
            raise overloaded
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        self._some.set()
        return _carried_out(await future)

    async def ask_in_order(self, asked: Sequence[Asked[C]]) -> list[Outcome]:
        """Carry out commands one after the other, and say what came of each, in that order; none is a preview.

        Overloaded, Busy or a psycopg.Error as an outcome: this one was not carried out, and may be asked again.
        """
        outcomes: list[Outcome] = []
        for start in range(0, len(asked), self._bounds.together):
            outcomes += await self._handled(asked[start : start + self._bounds.together])
        return outcomes

    async def run(self) -> None:
        """One lane: takes what waits, again and again, until it is cancelled."""
        while True:
            await self._some.wait()
            taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._bounds.together))]
            if not self._waiting:
                self._some.clear()
            if taken:
                outcomes = await self._handled([asked for asked, _ in taken])
                for (_, future), outcome in zip(taken, outcomes, strict=True):
                    if not future.done():  # whoever asked may have gone
                        future.set_result(outcome)

    async def _previewed(self, asked: Asked[C]) -> Outcome:
        try:
            # It takes its time, and holds nobody up who changes something or only reads.
            async with self._previews, self._previewing.connection(timeout=_CONNECTION_S) as connection:
                return (await handle(connection, self._desk, [asked]))[0]
        except Exception as error:  # told to whoever asked, as with any other command
            return error

    async def _handled(self, asked: Sequence[Asked[C]]) -> Sequence[Outcome]:
        outcomes = await self._come_of(asked)
        for one, outcome in zip(asked, outcomes, strict=True):
            self._told(one, outcome)
        return outcomes

    async def _come_of(self, asked: Sequence[Asked[C]]) -> Sequence[Outcome]:
        try:
            async with self._connections.connection(timeout=_CONNECTION_S) as connection:
                await self._look(connection)
                if self._behind:
                    raise Overloaded(
                        f"more than {self._bounds.outbox:,} events wait for the broker: ask again", _RETRY_OUTBOX_S
                    )
                return await handle(connection, self._desk, asked)
        except Exception as error:  # told to everyone who asked; the lane goes on
            return [error] * len(asked)

    async def _look(self, connection: AsyncConnection) -> None:
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_EVERY_S:
            self._behind = await at_least(connection, self._bounds.outbox)
            self._looked_at = now


def _carried_out(outcome: Outcome) -> Decided:
    if isinstance(outcome, Decided):
        return outcome
    raise outcome


@asynccontextmanager
async def combining(
    desk: Desk[C],
    connections: AsyncConnectionPool,
    previewing: AsyncConnectionPool,
    bounds: Bounds | None = None,
    told: Told[C] = _nobody,
) -> AsyncIterator[Combiner[C]]:
    """A combiner that works for the time of the block, on connections of open pools; previews on `previewing`."""
    bounds = bounds or Bounds()
    combiner = Combiner(desk, connections, bounds, previewing, told)
    lanes = [asyncio.create_task(combiner.run()) for _ in range(bounds.lanes)]
    try:
        yield combiner
    finally:
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
