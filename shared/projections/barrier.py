"""A barrier: nothing that was known when something began may be missing from what it reads of a projection.

It waits until our own events are all in the log (but those of parked streams: billing does not read them), the live
generation has read the log up to where it ended when the run began, and nothing waits to be folded again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from psycopg import AsyncConnection

from shared.errors import UserError
from shared.log.ends import end_offsets
from shared.log.records import Partition
from shared.store.outbox import to_send

_POSITIONS = "SELECT topic, partition, next FROM position"
_QUEUED = "SELECT count(*) FROM recompute_queue"
_POLL_S = 0.1

# Told once a poll what is still missing: records to relay, events to project, subscriptions to fold again.
Waiting = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Barrier:
    """What a run waited for: the end of each partition of the log, as [topic, partition, offset]."""

    ends: list[tuple[str, int, int]]


async def wait(
    connection: AsyncConnection, broker: str, timeout_s: float, waiting: Waiting, *, who: str, then: str
) -> Barrier:
    """Wait for the barrier on a connection that reads the live generation. UserError when it does not come in time.

    `who` waits ("the invoice run"), and `then` says what became of it ("Nothing was issued; run it again").
    """

    async def pause(what: str) -> None:
        if time.monotonic() > deadline:
            raise UserError(f"{who} cannot begin: {what} {then}")
        waiting(what)
        await asyncio.sleep(_POLL_S)

    deadline = time.monotonic() + timeout_s
    while unrelayed := await to_send(connection):
        await pause(f"{unrelayed} of our own events are not in the log yet: does the relay run?")
    ends = await end_offsets(broker, await _positions(connection))
    while True:
        positions = await _positions(connection)
        behind = sum(max(end - positions[partition], 0) for partition, end in ends.items())
        row = await (await connection.execute(_QUEUED)).fetchone()
        queued = 0 if row is None else int(row[0])
        if not behind and not queued:
            return Barrier([(*partition, end) for partition, end in sorted(ends.items())])
        what = (
            f"the projector is {behind} events behind the log" if behind else f"{queued} things wait to be folded again"
        )
        await pause(f"{what}: does it run? (seatledger status)")


async def _positions(connection: AsyncConnection) -> dict[Partition, int]:
    """How far the live generation has read each partition of the log."""
    rows = await (await connection.execute(_POSITIONS)).fetchall()
    return {Partition(topic, partition): reached for topic, partition, reached in rows}
