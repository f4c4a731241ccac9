"""Runs of a rebuild as others may watch them: how far each is, a few times a second, and what came of it.

This tells only; what is needed to take a rebuild up again is in `records`. So a database that does not take it in costs
the run nothing: it ends by itself, or not, by what it does there itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from shared.projections.rebuild.bulk import Progress, Told
from shared.projections.rebuild.wanted import Wanted
from shared.store import operations
from shared.store.pool import connect

Outcome = Literal["switched", "built", "same", "differs", "failed", "stopped"]
_EVERY_S: Final = 0.3
# Runs that are kept to be looked at.
_KEPT: Final = 50
_LONGEST_REASON: Final = 2_000
_BEGIN = """
INSERT INTO store.rebuild_run (purpose, projections, until, who) VALUES (%s, %s, %s, %s) RETURNING id
"""
_FORGET = "DELETE FROM store.rebuild_run WHERE id <= %s"
_TELL = 'UPDATE store.rebuild_run SET told_at = clock_timestamp(), phases = %s, "left" = %s WHERE id = %s'
_END = """
UPDATE store.rebuild_run SET told_at = clock_timestamp(), ended_at = clock_timestamp(), phases = %s, "left" = '[]',
    outcome = %s, reason = %s, generations = %s, compared = %s, differing = %s, switch_ms = %s, differences = %s,
    totals = %s
WHERE id = %s
"""
_log = structlog.get_logger("rebuild")


@dataclass(slots=True)
class Came:
    """What came of a run, as far as it got. `differences` and `totals` are of plain values, the first ones."""

    outcome: Outcome = "failed"
    reason: str | None = None
    generations: Sequence[str] = ()
    compared: int | None = None
    differing: int | None = None
    switch_ms: float | None = None
    differences: Sequence[dict[str, Any]] = ()
    totals: Sequence[dict[str, Any]] = ()


@dataclass(slots=True)
class Run:
    """One run: `told` takes its progress, and hands it on; `came` is filled in before it ends."""

    onward: Told
    came: Came = field(default_factory=Came)
    _phases: list[dict[str, Any]] = field(default_factory=list)
    _left: list[list[Any]] = field(default_factory=list)
    _is_new: bool = False

    def told(self, progress: Progress) -> None:
        """What `Told` is told."""
        self.onward(progress)
        now, of = datetime.now(UTC).isoformat(), (progress.phase, progress.projection)
        if not self._phases or (self._phases[-1]["phase"], self._phases[-1]["projection"]) != of:
            self._phases.append(
                {"phase": progress.phase, "projection": progress.projection, "before": progress.done, "began_at": now}
            )
        self._phases[-1] |= {"done": progress.done, "total": progress.total, "told_at": now}
        self._left = [[*partition, left] for partition, left in progress.left.items() if left]
        self._is_new = True

    async def tell(self, connection: AsyncConnection, number: int) -> None:
        """Write down how far it is, where that is another than before."""
        if self._is_new:
            self._is_new = False
            await connection.execute(_TELL, [Jsonb(self._phases), Jsonb(self._left), number])

    async def end(self, connection: AsyncConnection, number: int) -> None:
        """Write down what came of it."""
        came = self.came
        reason = None if came.reason is None else came.reason[:_LONGEST_REASON].replace("\x00", "\ufffd")
        await connection.execute(
            _END,
            [Jsonb(self._phases), came.outcome, reason, list(came.generations), came.compared, came.differing,
             came.switch_ms, Jsonb(list(came.differences)), Jsonb(list(came.totals)), number],
        )  # fmt: skip


@asynccontextmanager
async def watched(wanted: Wanted, told: Told) -> AsyncIterator[Run]:
    """A run that can be watched as long as the block lasts; an error of the block is what came of it, and passes."""
    run = Run(told)
    async with await connect(wanted.dsn, application="seatledger rebuild progress") as connection:
        number = await _begin(connection, wanted)
        telling = asyncio.create_task(_tell(connection, run, number))
        try:
            yield run
        except (asyncio.CancelledError, KeyboardInterrupt):
            run.came = Came("stopped", "it was ended before its time; the same command goes on where it was")
            raise
        except Exception as error:
            run.came = Came("failed", str(error))
            raise
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling
            try:
                await run.end(connection, number)
            except psycopg.Error as error:
                _log.warning("cannot tell what came of it", error=str(error))


async def _begin(connection: AsyncConnection, wanted: Wanted) -> int:
    async with connection.transaction():
        values = [wanted.purpose, list(wanted.projections), wanted.until, operations.operator()]
        row = await (await connection.execute(_BEGIN, values)).fetchone()
        assert row is not None
        await connection.execute(_FORGET, [row[0] - _KEPT])
    return int(row[0])


async def _tell(connection: AsyncConnection, run: Run, number: int) -> None:
    try:
        while True:
            await run.tell(connection, number)
            await asyncio.sleep(_EVERY_S)
    except psycopg.Error as error:
        _log.warning("cannot tell how far it is", error=str(error))
