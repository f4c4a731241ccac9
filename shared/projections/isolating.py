"""What the database refuses in a batch, found out one by one: the others go on, and nothing stands still for it."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
import structlog
from psycopg import AsyncConnection

from shared.log.records import Partition, Record, identity
from shared.projections import recompute
from shared.projections.arrivals import Arrivals, read_arrivals
from shared.projections.position import Move
from shared.projections.runner import Applied, Runner, refused
from shared.projections.spec import ProjectionSpec
from shared.projections.streams import reason_of

log = structlog.get_logger("projector")


async def apply_one_by_one(
    runner: Runner, spec: ProjectionSpec, records: Sequence[Record], moves: Sequence[Move], error: psycopg.Error
) -> Applied:
    """Apply a batch whose rows the database refused; the record that it refuses is a dead letter."""
    if len(records) <= 1:
        return await runner.apply(Arrivals(dead=[refused(record, error) for record in records]), moves)
    total, ends = Applied(), {move.partition: move.next for move in moves}
    at = {move.partition: move.expected for move in moves}
    for record in records:
        partition = Partition(record.topic, record.partition)
        last = max(r.offset for r in records if (r.topic, r.partition) == partition)
        after = ends[partition] if record.offset == last else record.offset + 1
        move = [Move(partition, at[partition], after, record.offset, identity(record))]
        try:
            applied = await runner.apply(read_arrivals(spec, [record]), move)
        except (psycopg.DataError, psycopg.IntegrityError) as failure:
            applied = await apply_one_by_one(runner, spec, [record], move, failure)
        at[partition] = after
        total = total.plus(applied)
    return total


async def fold_one_by_one(connection: AsyncConnection, runner: Runner, most: int, error: psycopg.Error) -> None:
    """Fold at most so many of the queue: the stream whose rows the database refuses is parked."""
    for _ in range(most):
        first = await recompute.next_asked(connection, 1)
        try:
            if not first or await runner.recompute(1) is None:
                return
        except (psycopg.DataError, psycopg.IntegrityError) as failure:
            reason = f"the database refuses its rows: {reason_of(failure)}"
            await runner.park(dict.fromkeys(first, reason))
            log.warning("parked", streams=[str(key) for key in first], reason=reason, error=str(error))
