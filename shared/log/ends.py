"""Where the log ends now, without being a member of anything."""

from __future__ import annotations

from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.log.records import Partition


async def end_offsets(broker: str, partitions: Iterable[Partition]) -> dict[Partition, int]:
    """The offset after the last stable record of each partition. Raises aiokafka.errors.KafkaError.

    The caller names the partitions (a generation's positions do): asked for a topic that it has not subscribed to, a
    consumer may know of none, and an empty answer would look like a log with nothing in it.
    """
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, isolation_level="read_committed", enable_auto_commit=False)
    await consumer.start()
    try:
        ends = await consumer.end_offsets([TopicPartition(*partition) for partition in partitions])
        return {Partition(tp.topic, tp.partition): offset for tp, offset in ends.items()}
    finally:
        await consumer.stop()
