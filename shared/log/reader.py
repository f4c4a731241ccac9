"""The consumer: reads committed records and keeps no offsets in Kafka; who uses it says where to go on.

`poll` gives records with the position that follows each partition's; positions come from the consumer, not from the
last record's offset, because aborted records and transaction markers take offsets too. After a rebalance nothing is
read until `go_to` has said where each assigned partition stands: positions lie in PostgreSQL.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import (
    ConsumerStoppedError,
    IllegalStateError,
    KafkaTimeoutError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)

from shared.log.records import Partition, Polled, Record, Standing, identity, record_of

_MIB = 1024 * 1024
# A fetch gives every partition its turn; the default of 1 MiB a partition makes a replay wait for round trips.
_FETCH_BYTES = 64 * _MIB
_PARTITION_FETCH_BYTES = 4 * _MIB
# A fold of a large batch may not cost the membership: heartbeats run on the loop between awaits.
_SESSION_MS = 30_000
_MAX_POLL_MS = 300_000
_ASKED_FOR_MS = 5
_SHORTEST_REST_S = 0.05
# Half a second is rested after ten that were quiet.
_REST_OF_QUIET = 0.05
_CHECK_WAIT_S = 1.0
_CHECK_TRIES = 30


class Reassigned(Exception):
    """The group gave this reader other partitions: say where they stand (`go_to`) before reading on."""


class ForeignLog(Exception):
    """Log and database do not belong together: another cluster, or a log that lost its tail."""


class LogReader(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """Reads `topics` at `broker` (host:port) as a member of `group`; aiokafka's errors pass through.

    `rest_s` is for a broker that answers at once when it has nothing: asked again and again it would keep a fifth of a
    core busy at both ends. After nothing was found nothing is fetched for a while, at most so long. It grows with the
    time in which nothing came: what follows something is soon seen, and who is idle costs next to nothing. 0: the
    broker waits with its answer.
    """

    def __init__(self, broker: str, topics: Sequence[str], group: str, rest_s: float = 0.0) -> None:
        self._topics = tuple(topics)
        self._rest_s = rest_s
        self._found_at = time.monotonic()
        self._placed: dict[Partition, int] = {}
        self._reassigned = True
        self.joined = False
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=broker,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            partition_assignment_strategy=(RangePartitionAssignor,),
            fetch_max_bytes=_FETCH_BYTES,
            max_partition_fetch_bytes=_PARTITION_FETCH_BYTES,
            session_timeout_ms=_SESSION_MS,
            max_poll_interval_ms=_MAX_POLL_MS,
            # New members and partitions are noticed within this.
            metadata_max_age_ms=30_000,
        )

    async def start(self) -> None:
        """Join the group; raises KafkaError when the broker does not answer."""
        self._consumer.subscribe(list(self._topics), listener=self)
        try:
            await self._consumer.start()
        except BaseException:
            await self._consumer.stop()
            raise

    async def stop(self) -> None:
        """Leave the group."""
        await self._consumer.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.stop()

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Nothing: what was read of them and not yet stored is caught by the compare-and-set of positions."""

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Only noted: aiokafka swallows what a listener raises, so positions are read by `go_to` on the main path.

        From the first time on `joined` is true: the group has given this reader its part, which may be nothing.
        """
        self.joined = True
        self._reassigned = True

    @property
    def assignment(self) -> tuple[Partition, ...]:
        """The partitions this reader has, sorted."""
        return tuple(sorted(Partition(tp.topic, tp.partition) for tp in self._consumer.assignment()))

    async def go_to(self, standings: Mapping[Partition, Standing]) -> None:
        """Go on from these standings; they must cover the assignment.

        Raises ForeignLog when the record before a position is not the one that was read there, Reassigned when the
        group changed meanwhile.
        """
        self._reassigned = False
        assigned = self.assignment
        self._placed = {}
        ends = await self.ends(assigned)
        try:
            for partition in assigned:
                standing = standings[partition]
                if ends[partition] < standing.next:
                    raise ForeignLog(
                        f"{_place(partition, standing.next)} is where the database stands, but the log ends at "
                        f"{ends[partition]}: {_FOREIGN}"
                    )
                self._consumer.seek(TopicPartition(*partition), _first_wanted(standing))
            for partition in assigned:
                await self._check(partition, standings[partition])
                self._placed[partition] = standings[partition].next
        except (KeyError, IllegalStateError):  # the assignment changed between two awaits
            self._reassigned = True
            raise Reassigned from None

    async def _check(self, partition: Partition, standing: Standing) -> None:
        if standing.last_offset is None:
            return
        tp = TopicPartition(*partition)
        found = await self._first_of(tp, partition, standing.last_offset)
        if found.offset != standing.last_offset or identity(found) != standing.last_identity:
            raise ForeignLog(
                f"{_place(partition, standing.last_offset)} holds {identity(found)!r} and the database has read "
                f"{standing.last_identity!r} there: {_FOREIGN}"
            )
        if await self._consumer.position(tp) != standing.next:  # markers lie between
            self._consumer.seek(tp, standing.next)

    async def _first_of(self, tp: TopicPartition, partition: Partition, offset: int) -> Record:
        for _ in range(_CHECK_TRIES):
            # Short waits: after another rebalance this partition may never give anything to us again.
            self._refuse_if_reassigned()
            try:
                return record_of(await asyncio.wait_for(self._consumer.getone(tp), _CHECK_WAIT_S))
            except TimeoutError:
                continue
            except OffsetOutOfRangeError:
                raise ForeignLog(f"{_place(partition, offset)} cannot be read any more: {_FOREIGN}") from None
        raise KafkaTimeoutError(f"{_place(partition, offset)} did not come within {_CHECK_TRIES * _CHECK_WAIT_S} s")

    async def poll(self, most: int, wait_s: float) -> Polled:
        """At most `most` records, after at most `wait_s` seconds and the rest after nothing. Raises Reassigned."""
        self._refuse_if_reassigned()
        try:
            fetched = await self._fetched(most, wait_s)
        except (NoOffsetForPartitionError, IllegalStateError):
            self._reassigned = True
            raise Reassigned from None
        self._refuse_if_reassigned()
        records = {Partition(tp.topic, tp.partition): [record_of(raw) for raw in raws] for tp, raws in fetched.items()}
        moved = {}
        for partition, before in self._placed.items():
            now = await self._consumer.position(TopicPartition(*partition))
            if now != before:
                moved[partition] = now
        self._placed.update(moved)
        return Polled(records, moved)

    async def _fetched(self, most: int, wait_s: float) -> Mapping[TopicPartition, Sequence[Any]]:
        consumer = self._consumer
        if not self._rest_s:
            found: Mapping[TopicPartition, Sequence[Any]]
            found = await consumer.getmany(timeout_ms=int(wait_s * 1000), max_records=most)
            return found
        found = await consumer.getmany(timeout_ms=_ASKED_FOR_MS, max_records=most)
        now = time.monotonic()
        if found or not wait_s:
            self._found_at = now if found else self._found_at
            return found
        rest = min(self._rest_s, max(_SHORTEST_REST_S, (now - self._found_at) * _REST_OF_QUIET))
        resting = consumer.assignment()
        consumer.pause(*resting)
        try:
            await asyncio.sleep(rest)
        finally:
            self._resume(resting)
        return found

    def _resume(self, partitions: Iterable[TopicPartition]) -> None:
        """What is still ours of what was paused."""
        still = self._consumer.assignment()
        self._consumer.resume(*(tp for tp in partitions if tp in still))

    async def idle(self, seconds: float) -> None:
        """Stay a member without reading: partitions are paused, what was buffered is dropped (`go_to` comes next)."""
        assigned = self._consumer.assignment()
        self._consumer.pause(*assigned)
        try:
            try:
                # getmany tells the coordinator that we are alive; paused partitions give nothing.
                await self._consumer.getmany(timeout_ms=int(seconds * 1000))
            except (NoOffsetForPartitionError, IllegalStateError, ConsumerStoppedError):
                await asyncio.sleep(seconds)
        finally:
            self._reassigned = True
            self._resume(assigned)

    async def ends(self, partitions: Iterable[Partition] | None = None) -> dict[Partition, int]:
        """The end offsets (after the last stable record) of the partitions, default: those assigned."""
        wanted = self.assignment if partitions is None else tuple(partitions)
        ends = await self._consumer.end_offsets([TopicPartition(*p) for p in wanted])
        return {Partition(tp.topic, tp.partition): offset for tp, offset in ends.items()}

    def _refuse_if_reassigned(self) -> None:
        if self._reassigned:
            raise Reassigned


_FOREIGN = "log and database do not belong together (another cluster, or a log that lost its tail)"


def _first_wanted(standing: Standing) -> int:
    return standing.next if standing.last_offset is None else standing.last_offset


def _place(partition: Partition, offset: int) -> str:
    return f"{partition.topic} partition {partition.partition} offset {offset}"
