"""The running system as the demonstration uses it: send events, wait until everything has read them, close days."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date

import orjson
from psycopg import AsyncConnection, sql

from services.demo.catalogue import Json
from services.demo.stream import last_day_of
from services.invoicing.invoice_run import Options, run_day
from shared.errors import UserError
from shared.events.envelope import event_of, to_record
from shared.events.reading import addressed, read
from shared.log.ends import end_offsets
from shared.log.records import Partition
from shared.log.topics import topic_of_type
from shared.log.writer import LogWriter, Outgoing
from shared.projections.generations import Generation, generations
from shared.store import outbox
from shared.store.pool import connect

_POLL_S = 0.1
_NOTHING_MOVES_S = 60.0

_SOURCES = "SELECT DISTINCT source FROM read.rejected_events"
_CLOSED = "SELECT day FROM invoicing.billing_run WHERE completed_at IS NOT NULL ORDER BY day"
_POSITIONS = "SELECT topic, partition, next FROM {}.position"
_QUEUED = "SELECT count(*) FROM {}.recompute_queue"
_FACTS = "SELECT count(*) FROM {}.facts"


@dataclass(frozen=True, slots=True)
class RunningSystem:
    """A connection to the database, and where database and broker are."""

    connection: AsyncConnection
    dsn: str
    broker: str

    async def last_day_shown(self) -> date | None:
        """The last day of the demonstration that this system has seen already; every one leaves rejected events."""
        rows = await (await self.connection.execute(_SOURCES)).fetchall()
        return max((day for (source,) in rows if (day := last_day_of(source)) is not None), default=None)

    async def closed_days(self) -> list[date]:
        """The days that invoice runs have closed, in order."""
        return [day for (day,) in await (await self.connection.execute(_CLOSED)).fetchall()]

    async def facts(self) -> int:
        """How many facts the live projections hold together."""
        return sum([await self._count(_FACTS, generation) for generation in await self._live()])

    async def send(self, events: Sequence[Json]) -> None:
        """Publish events, keyed and on the topics of their types, in this order."""
        async with LogWriter(self.broker, client_id="seatledger-demo") as writer:
            await writer.write(map(_record, events))

    async def wait_until_read(self, told: Callable[[int], None]) -> None:
        """Until every projection has read the log to its end and has nothing left to do.

        `told` gets how many records more were read. UserError when nothing moves any more.
        """
        before, moved_at = await self.behind(), time.monotonic()
        while before:
            await asyncio.sleep(_POLL_S)
            now = await self.behind()
            if now < before:
                told(before - now)
                moved_at = time.monotonic()
            elif time.monotonic() - moved_at > _NOTHING_MOVES_S:
                raise UserError(f"{now} records wait to be projected and nothing moves; look at: seatledger status")
            before = now

    async def close(self, day: date) -> int:
        """Run the invoice run of a day; how many documents it issued. UserError when a payer could not be billed."""
        report = await run_day(self.dsn, self.broker, day, Options())
        if report.unbillable:
            reasons = "; ".join(f"{payer}: {reason}" for payer, reason in sorted(report.unbillable.items()))
            raise UserError(f"The run of {day} left payers out: {reasons}")
        return len(report.documents)

    async def behind(self) -> int:
        """What is still to be done before every projection stands still: records to read, streams to fold again."""
        waiting, live = await outbox.depth(self.connection), await self._live()
        positions = [await self._positions(generation) for generation in live]
        ends = await end_offsets(self.broker, sorted({place for reached in positions for place in reached}))
        unread = sum(max(0, ends[place] - next_) for reached in positions for place, next_ in reached.items())
        return waiting + unread + sum([await self._count(_QUEUED, generation) for generation in live])

    async def _positions(self, generation: Generation) -> dict[Partition, int]:
        rows = await (await self.connection.execute(_within(_POSITIONS, generation))).fetchall()
        return {Partition(topic, partition): reached for topic, partition, reached in rows}

    async def _count(self, statement: str, generation: Generation) -> int:
        row = await (await self.connection.execute(_within(statement, generation))).fetchone()
        return 0 if row is None else int(row[0])

    async def _live(self) -> list[Generation]:
        return [generation for generation in await generations(self.connection) if generation.status == "live"]


@asynccontextmanager
async def attached(dsn: str, broker: str) -> AsyncIterator[RunningSystem]:
    """The running system, for the time of the block. Raises psycopg.OperationalError when the database is away."""
    async with await connect(dsn, application="seatledger demo") as connection:
        yield RunningSystem(connection, dsn, broker)


def _within(statement: str, generation: Generation) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(generation.schema))


def _record(event: Json) -> Outgoing:
    attributes = {name: value for name, value in event.items() if name != "data"}
    known = read(event_of(attributes, orjson.dumps(event["data"])))
    key, value, headers = to_record(addressed(known.event, known.model))
    return Outgoing(topic_of_type(known.event.type).name, key, value, headers)
