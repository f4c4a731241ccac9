"""Where the log ends now, without being a member of anything."""

from __future__ import annotations

from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition


async def end_offsets(broker: str, topics: Iterable[str]) -> list[tuple[str, int, int]]:
    """(topic, partition, offset after the last stable record), sorted. Raises aiokafka.errors.KafkaError."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, isolation_level="read_committed", enable_auto_commit=False)
    await consumer.start()
    try:
        wanted = []
        for topic in topics:
            await consumer.topics()
            wanted += [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        ends = await consumer.end_offsets(wanted)
        return sorted((tp.topic, tp.partition, offset) for tp, offset in ends.items())
    finally:
        await consumer.stop()
