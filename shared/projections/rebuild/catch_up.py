"""Catching up: a generation that is full goes on from its positions to others, event by event like a live one.

Only up to where the live generation is: what that holds dead is left out, and anything else that cannot be taken in, or
folded, is a new error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from psycopg import AsyncConnection, sql

from shared.log.records import Partition, Record, identity, record_of
from shared.log.span import Bounds, Piece, Span
from shared.projections import clock
from shared.projections.arrivals import read_arrivals
from shared.projections.generations import Generation
from shared.projections.position import Advance, Move, PositionLost, Positions, advance, positions
from shared.projections.rebuild.bulk import NewErrors
from shared.projections.rebuild.held import held_by
from shared.projections.runner import Runner
from shared.projections.spec import Key, ProjectionSpec
from shared.store.dead_letters import DeadLetter, Place

_BATCH = 2_000
_RECOMPUTE = 500
_PARKED = "SELECT scope, scope_id, reason FROM parked"
_MISSING = """
SELECT event.topic, event.partition, event."offset" FROM {} AS event JOIN position USING (topic, partition)
WHERE event."offset" < position.next AND NOT EXISTS (SELECT FROM event AS own WHERE own.identity = event.identity)
ORDER BY 1, 2, 3
"""


class CatchUp:
    """Brings one generation on; `connection` has its search_path."""

    def __init__(self, spec: ProjectionSpec, connection: AsyncConnection, runner: Runner, broker: str) -> None:
        self._spec = spec
        self.connection = connection
        self._runner = runner
        self._broker = broker

    @classmethod
    async def on(cls, spec: ProjectionSpec, connection: AsyncConnection, broker: str) -> CatchUp:
        """On a connection; raises TableDiffers."""
        return cls(spec, connection, await Runner.on(connection, spec), broker)

    async def behind(self, to: Positions) -> int:
        """How many offsets there are up to some positions."""
        at = await positions(self.connection)
        return sum(max(0, end - at.get(partition, 0)) for partition, end in to.items())

    async def run(self, to: Positions, live: Generation, told: Callable[[int], None]) -> None:
        """Take in everything up to these positions but what live holds dead, and fold what is queued. Raises NewErrors.

        `told` gets the number of records after each batch.
        """
        at = await positions(self.connection)
        bounds = {p: Bounds(at.get(p, 0), end) for p, end in to.items() if at.get(p, 0) < end}
        if bounds:
            held = await held_by(self.connection, live, at)
            async with Span(self._broker, bounds) as span:
                async for pieces in span.pieces(_BATCH):
                    await self._apply(pieces, at, held)
                    told(sum(len(piece.records) for piece in pieces))
        await self.fold_queued()

    async def fold_queued(self) -> None:
        """Fold again what waits for it, until nothing does. Raises NewErrors."""
        before = await self.parked()
        while True:
            # What fails is undone: who runs this again must not find it parked as if live had it so.
            async with self.connection.transaction():
                applied = await self._runner.recompute(_RECOMPUTE)
                if applied is not None and applied.parked:
                    raise await self._failed(before)
            if applied is None:
                return

    async def take_missing(self, live: Generation) -> int:
        """Take in what live has, of what lies before our positions, and we have not; how many events.

        A dead letter that was retried while the log was read is one, and so is what another projection alone refused.
        """
        missing = await (await self.connection.execute(_missing(live))).fetchall()
        for topic, partition, offset in missing:
            bounds = {Partition(topic, partition): Bounds(offset, offset + 1)}
            async with Span(self._broker, bounds) as span:
                async for pieces in span.pieces(_BATCH):
                    await self._take([record_of(raw) for piece in pieces for raw in piece.records], ())
        return len(missing)

    async def come_to(self, at: datetime) -> None:
        """Move the clock on, and fold what changes by that."""
        await clock.tick(self.connection, at)
        await self.fold_queued()

    async def _apply(self, pieces: list[Piece], at: dict[Partition, int], held: Collection[Place]) -> None:
        records, moves = list[Record](), list[Move]()
        for piece in pieces:
            some = [record_of(raw) for raw in piece.records]
            last = some[-1] if some else None
            moves.append(
                Move(piece.partition, at.get(piece.partition, 0), piece.next, last.offset if last else None,
                     identity(last) if last else None)
            )  # fmt: skip
            records += [one for one in some if (one.topic, one.partition, one.offset) not in held]
        await self._take(records, sorted(moves, key=lambda move: move.partition))
        at.update({move.partition: move.next for move in moves})

    async def _take(self, records: Sequence[Record], moves: Sequence[Move]) -> None:
        arrivals = read_arrivals(self._spec, records)
        if arrivals.dead:
            raise NewErrors(arrivals.dead, {})
        before = await self.parked()
        # As above: nothing of a batch with an error is kept.
        async with self.connection.transaction():
            if moves and await advance(self.connection, moves) is not Advance.DONE:
                raise PositionLost
            applied, dead = await self._runner.take(arrivals)
            if dead or applied.parked:
                raise await self._failed(before, dead)

    async def parked(self) -> dict[Key, str]:
        """The streams that stand still here, with the reason."""
        rows = await (await self.connection.execute(_PARKED)).fetchall()
        return {Key(scope, scope_id): reason for scope, scope_id, reason in rows}

    async def _failed(self, before: Mapping[Key, str], dead: Sequence[DeadLetter] = ()) -> NewErrors:
        new = {key: reason for key, reason in (await self.parked()).items() if before.get(key) != reason}
        return NewErrors(dead, {(self._spec.name, key): reason for key, reason in new.items()})


def _missing(live: Generation) -> sql.Composed:
    return sql.SQL(_MISSING).format(sql.Identifier(live.schema, "event"))
