"""The live projector: reads the log and applies it to one generation, batch by batch, until it is told to stop.

The database away: partitions are paused, the membership kept, and once it answers reading goes on from the positions it
holds. The broker away: back off and join again. Another worker was faster, or an operator set positions: drop what is
buffered, read the positions, go on. Log and database that do not belong together, and too many parked streams, stop it
with a sentence.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
import structlog
from aiokafka.errors import KafkaError

from shared.log.reader import LogReader, Reassigned
from shared.log.records import Partition, Polled, Standing, identity
from shared.projections import clock, waiting
from shared.projections.arrivals import read_arrivals
from shared.projections.generations import Generation
from shared.projections.isolating import apply_one_by_one, fold_one_by_one
from shared.projections.metrics import Observed, ProjectorMetrics
from shared.projections.position import Move, PositionLost, moved, standings
from shared.projections.runner import Runner
from shared.projections.spec import ProjectionSpec
from shared.projections.streams import reason_of
from shared.store.dead_letters import Place, dropped_after, place_of
from shared.store.pool import away, connect

_POLL_S = 0.2
# A batch has its fixed cost (round trips, a commit): while events come all the time, so much of them is taken at once.
# What comes after a quiet while waits for nothing, nor does a projector that is further behind than this.
_LINGER_S = 0.1
_FRESH_S = 1.0
# An operator who sets positions does not wait longer than this for a projector that has nothing to read.
_LOOK_S = 2.0
_BACKOFF_FIRST_S = 0.2
_BACKOFF_MOST_S = 10.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much at a time. `tick_seconds` None: somebody else moves the clock; `rest_s`: as LogReader's."""

    batch: int = 500
    recompute_batch: int = 200
    parked_limit: int = 100
    tick_seconds: float | None = 5.0
    rest_s: float = 0.0


class Projector:
    """One worker for one generation. `run` returns when `stop` is set; see the module for what it raises."""

    def __init__(
        self,
        spec: ProjectionSpec,
        generation: Generation,
        dsn: str,
        broker: str,
        limits: Limits,
        group: str | None = None,
        observed: Observed | None = None,
    ) -> None:
        """`group` is the consumer group, where it is not the generation's own (two installations on one broker).

        `observed` is told what happens; where nobody is to be told, it may be left out.
        """
        self._group = group or generation.group
        self._spec = spec
        self._generation = generation
        self._dsn = dsn
        self._broker = broker
        self._limits = limits
        self._connection: psycopg.AsyncConnection | None = None
        self._runner: Runner | None = None
        self._expected: dict[Partition, int] = {}
        self._dropped: Collection[Place] = frozenset()
        self._next_tick = 0.0
        self._next_look = 0.0
        self._next_batch = 0.0
        self._queued = False
        self._observed = observed or ProjectorMetrics().of(generation)
        self._log = structlog.get_logger("projector").bind(generation=generation.schema)

    async def run(self, stop: asyncio.Event) -> None:
        """Project until stopped. Raises ForeignLog, TooManyParked, TableDiffers, and errors no waiting mends."""
        backoff = _BACKOFF_FIRST_S
        try:
            while not stop.is_set():
                try:
                    async with LogReader(self._broker, self._spec.topics, self._group, self._limits.rest_s) as reader:
                        backoff = _BACKOFF_FIRST_S
                        await self._while_member(reader, stop)
                except KafkaError as error:
                    self._observed.interrupted("broker_away", "the broker does not answer")
                    self._log.warning("broker away", retry_in_s=backoff, error=str(error) or type(error).__name__)
                    await asyncio.sleep(backoff)
                    backoff = min(backoff * 2, _BACKOFF_MOST_S)
        finally:
            await self._disconnect()

    async def _while_member(self, reader: LogReader, stop: asyncio.Event) -> None:
        backoff = _BACKOFF_FIRST_S
        while not stop.is_set():
            try:
                await self._cycle(reader)
                backoff = _BACKOFF_FIRST_S
            except Reassigned:
                await self._place(reader, backoff)
            except PositionLost:
                self._log.info("positions were moved by another")
                self._observed.interrupted("position_lost")
                await self._place(reader, backoff)
            except psycopg.Error as error:
                if not away(error):
                    raise
                backoff = await self._wait_for_database(reader, error, backoff)

    async def _cycle(self, reader: LogReader) -> None:
        """Read and apply one batch; then what else there is to do."""
        # With more to fold again there is no time to wait for records; what has come is taken first all the same.
        if not self._queued:
            await asyncio.sleep(max(self._next_batch - time.monotonic(), 0.0))
        polled = await reader.poll(self._limits.batch, 0.0 if self._queued else _POLL_S)
        began = time.monotonic()
        runner = await self._ready()
        if polled.positions:
            await self._apply(runner, polled)
        taken = sum(len(records) for records in polled.records.values())
        self._next_batch = began + _LINGER_S if 0 < taken < self._limits.batch and _is_fresh(polled) else 0.0
        await self._look()
        await self._tick()
        self._queued = await self._recompute(runner)
        self._observed.polled()

    async def _place(self, reader: LogReader, backoff: float) -> None:
        """Read where the assigned partitions stand, and have the reader go there."""
        try:
            await self._ready()
            assert self._connection is not None
            at: Mapping[Partition, Standing] = await standings(self._connection, reader.assignment)
            self._expected = {partition: standing.next for partition, standing in at.items()}
            self._dropped = await dropped_after(self._connection, self._expected)
            await reader.go_to(at)
            self._log.info("assigned", partitions=len(at))
            if reader.joined:
                self._observed.assigned()
        except Reassigned:
            return  # the next poll says so again
        except psycopg.Error as error:
            if not away(error):
                raise
            await self._wait_for_database(reader, error, backoff)

    async def _apply(self, runner: Runner, polled: Polled) -> None:
        began = time.perf_counter()
        # What was dropped is not read again, not even by a release that could: positions may have been set back.
        records = [
            record
            for partition in sorted(polled.records)
            for record in polled.records[partition]
            if place_of(record) not in self._dropped
        ]
        moves = [self._move(partition, polled) for partition in sorted(polled.positions)]
        arrivals = read_arrivals(self._spec, records)
        try:
            applied = await runner.apply(arrivals, moves)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            self._observed.interrupted("record_refused")
            applied = await apply_one_by_one(runner, self._spec, records, moves, error)
        self._expected |= {move.partition: move.next for move in moves}
        seconds = time.perf_counter() - began
        self._observed.batch((one.event.type for one in arrivals.arrived), applied, seconds)
        self._log.info("batch", ms=round(seconds * 1000, 1), **applied.said())
        if applied.parked or arrivals.newer:
            await self._check_parked()

    def _move(self, partition: Partition, polled: Polled) -> Move:
        records = polled.records.get(partition, ())
        last = records[-1] if records else None
        return Move(
            partition,
            self._expected[partition],
            polled.positions[partition],
            None if last is None else last.offset,
            None if last is None else identity(last),
        )

    async def _look(self) -> None:
        """PositionLost when somebody set a position: where nothing comes no compare-and-set would find out."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + _LOOK_S
        assert self._connection is not None
        if await moved(self._connection, self._expected):
            raise PositionLost

    async def _tick(self) -> None:
        every = self._limits.tick_seconds
        if every is None or time.monotonic() < self._next_tick:
            return
        self._next_tick = time.monotonic() + every
        assert self._connection is not None
        await clock.tick(self._connection, datetime.now(UTC))

    async def _recompute(self, runner: Runner) -> bool:
        """A bounded part of the queue, so that a price of 100,000 subscriptions does not hold up the rest.

        Whether something was folded, and more may wait.
        """
        began = time.perf_counter()
        try:
            applied = await runner.recompute(self._limits.recompute_batch)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            self._observed.interrupted("rows_refused")
            assert self._connection is not None
            await fold_one_by_one(self._connection, runner, self._limits.recompute_batch, error)
            await self._check_parked()
            return True
        if applied is not None:
            self._observed.folded(applied)
            self._log.info("recomputed", ms=round((time.perf_counter() - began) * 1000, 1), **applied.said())
            if applied.parked:
                await self._check_parked()
        return applied is not None

    async def _check_parked(self) -> None:
        assert self._connection is not None
        await waiting.check_parked(self._connection, self._limits.parked_limit)

    async def _ready(self) -> Runner:
        if self._runner is None or self._connection is None or self._connection.closed:
            await self._disconnect()
            name = f"projector {self._generation.schema}"
            self._connection = await connect(self._dsn, self._generation.schema, application=name)
            self._runner = await Runner.on(self._connection, self._spec)
        return self._runner

    async def _disconnect(self) -> None:
        connection, self._connection, self._runner = self._connection, None, None
        if connection is not None:
            await connection.close()

    async def _wait_for_database(self, reader: LogReader, error: psycopg.Error, backoff: float) -> float:
        """Keep the membership without reading; the next backoff. Where to go on is read once the database answers."""
        self._log.warning("database away", retry_in_s=backoff, error=reason_of(error))
        self._observed.interrupted("database_away", "the database does not answer")
        if self._connection is not None and (self._connection.broken or error.sqlstate is None):
            await self._disconnect()
        await reader.idle(backoff)
        return min(backoff * 2, _BACKOFF_MOST_S)


def _is_fresh(polled: Polled) -> bool:
    """Whether the newest of these records has only just come to the broker."""
    newest = max(records[-1].timestamp for records in polled.records.values() if records)
    return time.time() - newest / 1000 < _FRESH_S
