"""Catching up: a generation that is full goes on from its positions to others, event by event like a live one.

Only up to where the live generation is: what that holds dead is left out, and anything else that cannot be taken in, or
folded, is a new error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from psycopg import AsyncConnection

from shared.log.records import Partition, Record, identity, record_of
from shared.log.span import Bounds, Piece, Span
from shared.projections import clock
from shared.projections.arrivals import read_arrivals
from shared.projections.position import Move
from shared.projections.rebuild.bulk import NewErrors
from shared.projections.rebuild.spooling import Place
from shared.projections.runner import Runner
from shared.projections.spec import Key, ProjectionSpec

_BATCH = 2_000
_RECOMPUTE = 500
_POSITIONS = "SELECT topic, partition, next FROM position"
_PARKED = "SELECT scope, scope_id, reason FROM parked"

Positions = Mapping[Partition, int]


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

    async def run(self, to: Positions, held: Collection[Place], told: Callable[[int], None]) -> None:
        """Take in everything up to these positions, and fold what is queued. Raises NewErrors.

        `told` gets the number of records after each batch.
        """
        at = await positions(self.connection)
        bounds = {p: Bounds(at.get(p, 0), end) for p, end in to.items() if at.get(p, 0) < end}
        if bounds:
            async with Span(self._broker, bounds) as span:
                async for pieces in span.pieces(_BATCH):
                    await self._apply(pieces, at, held)
                    told(sum(len(piece.records) for piece in pieces))
        await self.fold_queued()

    async def fold_queued(self) -> None:
        """Fold again what waits for it, until nothing does. Raises NewErrors."""
        while (applied := await self._runner.recompute(_RECOMPUTE)) is not None:
            if applied.parked:
                raise await self._failed()

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
        arrivals = read_arrivals(self._spec, records)
        if arrivals.dead:
            raise NewErrors(arrivals.dead, {})
        applied = await self._runner.apply(arrivals, sorted(moves, key=lambda move: move.partition))
        if applied.dead or applied.parked:
            raise await self._failed()
        at.update({move.partition: move.next for move in moves})

    async def parked(self) -> dict[Key, str]:
        """The streams that stand still here, with the reason."""
        rows = await (await self.connection.execute(_PARKED)).fetchall()
        return {Key(scope, scope_id): reason for scope, scope_id, reason in rows}

    async def _failed(self) -> NewErrors:
        return NewErrors([], {(self._spec.name, key): reason for key, reason in (await self.parked()).items()})


async def positions(connection: AsyncConnection) -> dict[Partition, int]:
    """Where the generation of a connection's search_path stands."""
    rows = await (await connection.execute(_POSITIONS)).fetchall()
    return {Partition(topic, partition): next_ for topic, partition, next_ in rows}
