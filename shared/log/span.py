"""A part of the log, read once: from one offset of each partition up to another, without being a member of anything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.log.records import Partition

_MIB = 1024 * 1024
_FETCH_BYTES = 64 * _MIB
_PARTITION_FETCH_BYTES = 4 * _MIB
_WAIT_MS = 200


class Bounds(NamedTuple):
    """The first offset that is wanted, and the first one that is not any more."""

    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Some records of one partition in their order, as aiokafka gives them, and where reading goes on after them."""

    partition: Partition
    records: Sequence[Any]
    next: int


class Span:
    """Reads committed records at `broker` (host:port) within the bounds; aiokafka's errors pass through."""

    def __init__(self, broker: str, bounds: Mapping[Partition, Bounds]) -> None:
        self._left = {partition: bound for partition, bound in bounds.items() if bound.first < bound.end}
        self._broker = broker
        self._consumer: Any = None  # aiokafka ships no types; none where there is nothing to read

    async def __aenter__(self) -> Self:
        if not self._left:
            return self
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._broker,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            fetch_max_bytes=_FETCH_BYTES,
            max_partition_fetch_bytes=_PARTITION_FETCH_BYTES,
        )
        try:
            await consumer.start()
        except BaseException:
            await consumer.stop()
            raise
        consumer.assign([TopicPartition(*partition) for partition in self._left])
        for partition, bound in self._left.items():
            consumer.seek(TopicPartition(*partition), bound.first)
        self._consumer = consumer
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    async def pieces(self, most: int) -> AsyncIterator[list[Piece]]:
        """All of it, at most about `most` records at a time. Ends when every partition has come to its end."""
        while self._left:
            fetched = await self._consumer.getmany(timeout_ms=_WAIT_MS, max_records=most)
            found = []
            for partition, bound in list(self._left.items()):
                tp = TopicPartition(*partition)
                records = fetched.get(tp, ())
                # Aborted records and markers take offsets too, so the end may be passed without a record at it.
                reached = await self._consumer.position(tp)
                if reached >= bound.end:
                    records = [record for record in records if record.offset < bound.end]
                    reached = bound.end
                    del self._left[partition]
                    self._consumer.pause(tp)
                if records or reached > bound.first:
                    found.append(Piece(partition, records, reached))
            if found:
                yield found


async def offsets_at(broker: str, partitions: Sequence[Partition], timestamp_ms: int) -> dict[Partition, int]:
    """The first offset of each partition that the broker took at that time or later; its end where there is none.

    Kafka counts from 1970, and means other things by times before it.
    """
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, isolation_level="read_committed", enable_auto_commit=False)
    try:
        await consumer.start()
        wanted = [TopicPartition(*partition) for partition in partitions]
        ends = await consumer.end_offsets(wanted)
        found = await consumer.offsets_for_times(dict.fromkeys(wanted, max(0, timestamp_ms)))
        return {
            Partition(tp.topic, tp.partition): ends[tp] if found.get(tp) is None else min(found[tp].offset, ends[tp])
            for tp in wanted
        }
    finally:
        await consumer.stop()
