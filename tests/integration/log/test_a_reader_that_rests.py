"""A reader that rests between fetches misses nothing, and stays where it is told to go."""

from __future__ import annotations

import asyncio

import pytest

from shared.log.reader import LogReader, Reassigned
from shared.log.records import Standing
from shared.log.topics import ensure_topics
from shared.log.writer import LogWriter, Outgoing
from tests.infrastructure.brokers import Broker

pytestmark = pytest.mark.broker

TOPIC = "orders.events"


async def next_values(reader: LogReader) -> list[bytes]:
    """The values of the next records, as soon as there are any."""
    while True:
        try:
            polled = await reader.poll(100, 0.2)
        except Reassigned:
            await reader.go_to({partition: Standing(0) for partition in reader.assignment})
            continue
        found = [record.value or b"" for records in polled.records.values() for record in records]
        if found:
            return found


def test_what_comes_while_it_rests_is_read_after_it_and_it_can_be_sent_back(empty_broker: Broker) -> None:
    async def scenario() -> tuple[list[bytes], list[bytes], list[bytes]]:
        await ensure_topics(empty_broker.address, partitions=1)
        async with (
            LogReader(empty_broker.address, [TOPIC], "rests", rest_s=0.05) as reader,
            LogWriter(empty_broker.address) as writer,
        ):
            await writer.write([Outgoing(TOPIC, b"a", b"first", [])])
            first = await next_values(reader)
            reading = asyncio.create_task(next_values(reader))
            await asyncio.sleep(0.3)
            await writer.write([Outgoing(TOPIC, b"a", b"second", [])])
            second = await asyncio.wait_for(reading, 20)
            await reader.go_to({partition: Standing(0) for partition in reader.assignment})
            return first, second, await asyncio.wait_for(next_values(reader), 20)

    assert asyncio.run(scenario()) == ([b"first"], [b"second"], [b"first", b"second"])
