"""Looking at the log as a bystander: no group is joined, nothing is committed, nothing at the broker changes.

Only committed records are seen. How far a partition was read is asked of the consumer, because aborted records and
transaction markers take offsets too.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from heapq import heappop, heappush
from types import TracebackType
from typing import NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaTimeoutError

from shared.log.records import Partition, Record, record_of

_MIB = 1024 * 1024
# So much of each partition waits in memory while they are merged; below so many records it is filled up with others.
_PARTITION_FETCH_BYTES = 1 * _MIB
_FEW = 200
_PORTION = 500
_FETCH_WAIT_MS = 200
_STALLED_S = 30.0
# Some brokers answer at once when they have nothing: without a pause, waiting for events would keep a core busy.
_REST_S = 0.2


class Span(NamedTuple):
    """Offsets of one partition: from `first` on, before `end`."""

    first: int
    end: int


class LogView:
    """The partitions of `topics` at `broker` (host:port); those of them that are not there are left out.

    aiokafka's errors pass through.
    """

    def __init__(self, broker: str, topics: Collection[str]) -> None:
        self._broker = broker
        self._topics = frozenset(topics)
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=broker,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_partition_fetch_bytes=_PARTITION_FETCH_BYTES,
        )
        self.partitions: tuple[Partition, ...] = ()

    async def start(self) -> None:
        """Find the partitions; raises KafkaError when the broker does not answer."""
        try:
            self.partitions = await _partitions(self._broker, self._topics)
            await self._consumer.start()
        except BaseException:
            await self._consumer.stop()
            raise
        self._consumer.assign(self._all())
        # A task of aiokafka's that never ran would let a stop that comes now look like a cancellation of ours.
        await asyncio.sleep(0)

    async def stop(self) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.stop()

    async def beginnings(self) -> dict[Partition, int]:
        """The first offset that each partition has."""
        return _by_partition(await self._consumer.beginning_offsets(self._all()))

    async def ends(self) -> dict[Partition, int]:
        """The offset after the last stable record of each partition."""
        return _by_partition(await self._consumer.end_offsets(self._all()))

    async def at(self, time_ms: int) -> dict[Partition, int]:
        """The first offset of each partition that the log has from a time on (ms since 1970); its end without one."""
        ends = await self.ends()
        asked = dict.fromkeys(self._all(), max(0, time_ms))
        found = await self._consumer.offsets_for_times(asked) if asked else {}
        later = {Partition(tp.topic, tp.partition): one.offset for tp, one in found.items() if one is not None}
        return {partition: min(later.get(partition, end), end) for partition, end in ends.items()}

    async def read(self, spans: Mapping[Partition, Span]) -> AsyncIterator[Record]:
        """The records of these spans: those of one partition in their order, the partitions merged by time of the log.

        Memory holds a portion of each partition, not the spans. Raises KafkaTimeoutError when nothing comes any more.
        """
        unread = {partition for partition, span in spans.items() if span.first < span.end}
        self._consumer.pause(*self._all())
        for partition in unread:
            self._consumer.seek(TopicPartition(*partition), spans[partition].first)
        buffers: dict[Partition, deque[Record]] = {partition: deque() for partition in unread}
        heads: list[tuple[int, Partition]] = []
        lacking = set(unread)
        while lacking or heads:
            for partition in await self._fill(lacking, spans, buffers, unread):
                heappush(heads, (buffers[partition][0].timestamp, partition))
            lacking.clear()
            if heads:
                _, partition = heappop(heads)
                yield buffers[partition].popleft()
                if buffers[partition]:
                    heappush(heads, (buffers[partition][0].timestamp, partition))
                elif partition in unread:
                    lacking.add(partition)

    async def _fill(
        self,
        lacking: Collection[Partition],
        spans: Mapping[Partition, Span],
        buffers: Mapping[Partition, deque[Record]],
        unread: set[Partition],
    ) -> Sequence[Partition]:
        """Have each of `lacking` hold a record, or taken from `unread` because it has no more; those that hold one."""
        waiting, loop = set(lacking), asyncio.get_running_loop()
        deadline = loop.time() + _STALLED_S
        while waiting:
            asked = [TopicPartition(*partition) for partition in unread if len(buffers[partition]) < _FEW]
            # The others may have nothing more to give, and a broker takes its time to say so for all that are asked.
            self._consumer.resume(*asked)
            found = await self._consumer.getmany(*asked, timeout_ms=_FETCH_WAIT_MS)
            self._consumer.pause(*asked)
            if found:
                deadline = loop.time() + _STALLED_S
            for tp, raws in found.items():
                partition = Partition(tp.topic, tp.partition)
                buffers[partition].extend(record_of(raw) for raw in raws if raw.offset < spans[partition].end)
            for tp in asked:
                partition = Partition(tp.topic, tp.partition)
                if await self._consumer.position(tp) >= spans[partition].end:
                    unread.discard(partition)
            waiting = {partition for partition in waiting & unread if not buffers[partition]}
            if waiting and loop.time() > deadline:
                raise KafkaTimeoutError(f"nothing came of {min(waiting).topic} within {_STALLED_S:.0f} s")
        return [partition for partition in lacking if buffers[partition]]

    async def follow(self, places: Mapping[Partition, int]) -> AsyncGenerator[Sequence[Record], None]:
        """What comes from these offsets on, as it comes, by time of the log; an empty portion where nothing came."""
        for partition, offset in places.items():
            self._consumer.seek(TopicPartition(*partition), offset)
        self._consumer.resume(*self._all())
        while True:
            found = await self._consumer.getmany(timeout_ms=_FETCH_WAIT_MS, max_records=_PORTION)
            records = [record_of(raw) for raws in found.values() for raw in raws]
            yield sorted(records, key=lambda one: (one.timestamp, one.topic, one.partition, one.offset))
            if not records:
                self._consumer.pause(*self._all())
                await asyncio.sleep(_REST_S)
                self._consumer.resume(*self._all())

    async def positions(self) -> dict[Partition, int]:
        """The next offset of each partition that `follow` would read."""
        return {one: await self._consumer.position(TopicPartition(*one)) for one in self.partitions}

    def _all(self) -> list[TopicPartition]:
        return [TopicPartition(*partition) for partition in self.partitions]


async def _partitions(broker: str, topics: Collection[str]) -> tuple[Partition, ...]:
    """Those of the topics that are there. All are asked for: one asked for by name might be made by the broker."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        described = await admin.describe_topics()
    finally:
        await admin.close()
    return tuple(sorted(
        Partition(topic["topic"], partition["partition"])
        for topic in described if topic["topic"] in topics
        for partition in topic["partitions"]
    ))  # fmt: skip


def _by_partition(offsets: Mapping[TopicPartition, int]) -> dict[Partition, int]:
    return {Partition(tp.topic, tp.partition): offset for tp, offset in offsets.items()}
