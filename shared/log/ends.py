"""Where the log begins and ends now, and what lies before an offset, without being a member of anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from shared.log.records import Partition, Record, record_of

_FETCH_S = 1.0
_FETCH_TRIES = 30
_MOST = 500


@dataclass(frozen=True, slots=True)
class Span:
    """A partition of the log: its first offset, the one after its last stable record, and what was asked for.

    `before` is the last record before the offset asked for; None where there is none, or the offset lies outside.
    """

    begin: int
    end: int
    before: Record | None


async def end_offsets(broker: str, partitions: Iterable[Partition]) -> dict[Partition, int]:
    """The offset after the last stable record of each partition. Raises aiokafka.errors.KafkaError.

    The caller names the partitions (a generation's positions do): asked for a topic that it has not subscribed to, a
    consumer may know of none, and an empty answer would look like a log with nothing in it.
    """
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, isolation_level="read_committed", enable_auto_commit=False)
    try:
        await consumer.start()
        ends = await consumer.end_offsets([TopicPartition(*partition) for partition in partitions])
        return {Partition(tp.topic, tp.partition): offset for tp, offset in ends.items()}
    finally:
        await consumer.stop()


async def span(broker: str, partition: Partition, offset: int) -> Span:
    """Where a partition begins and ends, and the last record before an offset. Raises aiokafka.errors.KafkaError."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",
    )
    try:
        await consumer.start()
        tp = TopicPartition(*partition)
        consumer.assign([tp])
        begin = (await consumer.beginning_offsets([tp]))[tp]
        end = (await consumer.end_offsets([tp]))[tp]
        before = await _before(consumer, tp, begin, offset) if begin <= offset <= end else None
    finally:
        await consumer.stop()
    return Span(begin, end, before)


async def _before(consumer: AIOKafkaConsumer, tp: TopicPartition, begin: int, offset: int) -> Record | None:
    """Aborted records and markers take offsets too: look further back, twice as far each time, until there is one."""
    back = 1
    while True:
        start = max(begin, offset - back)
        found = await _last_between(consumer, tp, start, offset) if start < offset else None
        if found is not None or start == begin:
            return found
        back *= 2


async def _last_between(consumer: AIOKafkaConsumer, tp: TopicPartition, start: int, stop: int) -> Record | None:
    consumer.seek(tp, start)
    last = None
    for _ in range(_FETCH_TRIES):
        fetched = await consumer.getmany(tp, timeout_ms=int(_FETCH_S * 1000), max_records=_MOST)
        for raw in fetched.get(tp, ()):
            if raw.offset >= stop:
                return last
            last = record_of(raw)
        if await consumer.position(tp) >= stop:
            return last
        # A broker may answer at once that it has nothing yet.
        await asyncio.sleep(0)
    raise KafkaTimeoutError(
        f"{tp.topic} partition {tp.partition} offset {start} did not come in {_FETCH_TRIES} fetches"
    )
