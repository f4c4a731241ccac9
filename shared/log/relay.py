"""The relay: takes outbox rows in order to Kafka and deletes them once they are acknowledged.

No cursor: what is still in the outbox is what has not been acknowledged, so a slow transaction that commits late leaves
no gap. One relay at a time holds the outbox (`Outbox.hold`); another waits. A crash between acknowledgement and delete
sends a record twice, with the same event id, which readers drop. A record that its topic can never take parks its
stream with the reason: later rows of that stream wait behind it, all others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog

from shared.log.outgoing import OutboxRow, Outgoing
from shared.log.writer import KafkaError, LogWriter, Refused, check_size

_log = structlog.get_logger("relay")
_SEND_TIMEOUT_S = 30.0
_BACKOFF_FIRST_S = 0.2
_BACKOFF_MOST_S = 10.0


class Outbox(Protocol):
    """Where rows wait (PostgreSQL, or the twin in memory of the tests)."""

    def hold(self) -> AbstractAsyncContextManager[bool]:
        """Be the only relay while inside; gives False when another one is."""

    async def waiting(self, most: int) -> Sequence[OutboxRow]:
        """The first rows in order, without those of parked streams."""

    async def sent(self, ids: Sequence[int]) -> None:
        """Forget rows that were acknowledged."""

    async def park(self, stream_id: str, reason: str) -> None:
        """Keep the rows of a stream back."""


class Writer(Protocol):
    """The part of LogWriter that the relay needs."""

    async def write(self, records: Sequence[Outgoing]) -> int: ...


async def relay_once(outbox: Outbox, writer: Writer, most: int) -> int:
    """Send at most `most` rows; how many were acknowledged. KafkaError passes: nothing is lost, try again later."""
    rows = await outbox.waiting(most)
    fit, parked = [], set()
    for row in rows:
        if row.stream_id in parked:
            continue
        try:
            check_size(row.record)
        except Refused as refused:
            await _park(outbox, row, refused)
            parked.add(row.stream_id)
            continue
        fit.append(row)
    if not fit:
        return 0
    try:
        await writer.write([row.record for row in fit])
    except Refused:
        return await _one_by_one(outbox, writer, fit)
    await outbox.sent([row.id for row in fit])
    return len(fit)


async def _one_by_one(outbox: Outbox, writer: Writer, rows: Sequence[OutboxRow]) -> int:
    """The broker refused something among these: find it. What was already written goes out twice, with the same id."""
    parked, count = set(), 0
    for row in rows:
        if row.stream_id in parked:
            continue
        try:
            await writer.write([row.record])
        except Refused as refused:
            await _park(outbox, row, refused)
            parked.add(row.stream_id)
            continue
        await outbox.sent([row.id])
        count += 1
    return count


async def _park(outbox: Outbox, row: OutboxRow, refused: Refused) -> None:
    await outbox.park(row.stream_id, str(refused))
    _log.warning("stream parked", stream=row.stream_id, topic=row.record.topic, outbox_id=row.id, reason=str(refused))


def _nobody(sent: int) -> None:
    return


async def run_relay(
    outbox: Outbox,
    broker: str,
    stop: asyncio.Event,
    *,
    batch: int = 500,
    idle_s: float = 0.05,
    told: Callable[[int], None] = _nobody,
) -> None:
    """Relay until `stop` is set; `told` how many records were acknowledged, each time.

    The broker away: back off and go on; errors of the database pass to the caller.
    """
    backoff = _BACKOFF_FIRST_S
    while not stop.is_set():
        async with outbox.hold() as mine:
            if not mine:
                await _pause(stop, 1.0)
                continue
            try:
                async with LogWriter(broker, "seatledger-relay") as writer:
                    backoff = _BACKOFF_FIRST_S
                    await _while_writing(outbox, writer, stop, batch, idle_s, told)
            except (KafkaError, TimeoutError) as error:
                _log.warning("broker away", retry_in_s=backoff, error=str(error) or type(error).__name__)
                await _pause(stop, backoff)
                backoff = min(backoff * 2, _BACKOFF_MOST_S)


async def _while_writing(
    outbox: Outbox,
    writer: LogWriter,
    stop: asyncio.Event,
    batch: int,
    idle_s: float,
    told: Callable[[int], None],
) -> None:
    while not stop.is_set():
        # The idempotent producer retries for ever by itself; the limit lets a stop or a new address through.
        count = await asyncio.wait_for(relay_once(outbox, writer, batch), _SEND_TIMEOUT_S)
        if count:
            _log.info("relayed", events=count)
            told(count)
        else:
            await _pause(stop, idle_s)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
