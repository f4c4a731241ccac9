"""Looking at the log: merged by time, only what is committed, and nothing at the broker is changed by it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from shared.log.records import Partition, Record
from shared.log.topics import ensure_topics, topic_named
from shared.log.view import LogView, Span
from shared.log.writer import LogWriter, Outgoing
from tests.infrastructure.brokers import Broker

pytestmark = pytest.mark.broker

ORDERS, SUBSCRIPTIONS = "orders.events", "subscriptions.events"
MANY = 3_000


async def everything(view: LogView) -> list[Record]:
    first, ends = await view.beginnings(), await view.ends()
    return [record async for record in view.read({one: Span(first[one], end) for one, end in ends.items()})]


async def write(broker: Broker, *texts: str, topic: str = ORDERS) -> None:
    async with LogWriter(broker.address) as writer:
        await writer.write([Outgoing(topic, text.encode(), text.encode()) for text in texts])


async def in_a_transaction(broker: Broker, *texts: str, aborted: bool) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.address, transactional_id="upstream")
    await producer.start()
    try:
        await producer.begin_transaction()
        for text in texts:
            await producer.send_and_wait(ORDERS, text.encode(), text.encode())
        await (producer.abort_transaction() if aborted else producer.commit_transaction())
    finally:
        await producer.stop()


def values(records: Sequence[Record]) -> list[str]:
    return [(record.value or b"").decode() for record in records]


def test_partitions_keep_their_order_and_are_merged_by_the_time_of_the_log(empty_broker: Broker) -> None:
    async def scenario() -> None:
        # given: two topics of several partitions, with more than a fetch of either
        await ensure_topics(empty_broker.address, partitions=3)
        for topic in (ORDERS, SUBSCRIPTIONS):
            for start in range(0, MANY, MANY // 3):
                texts = [f"{topic} {number:05} {'x' * 600}" for number in range(start, start + MANY // 3)]
                await write(empty_broker, *texts, topic=topic)
        # when
        async with LogView(empty_broker.address, [ORDERS, SUBSCRIPTIONS]) as view:
            found = await everything(view)
            again = await everything(view)
        # then
        assert len(set(values(found))) == 2 * MANY
        assert found == again
        for partition in {(record.topic, record.partition) for record in found}:
            offsets = [one.offset for one in found if (one.topic, one.partition) == partition]
            assert offsets == list(range(len(offsets)))
        times = [record.timestamp for record in found]
        assert times == sorted(times)

    asyncio.run(scenario())


def test_markers_and_what_was_taken_back_are_passed_over(empty_broker: Broker) -> None:
    async def scenario() -> None:
        # given: a partition that ends with a transaction that was taken back
        await ensure_topics(empty_broker.address, partitions=1)
        await write(empty_broker, "a")
        await in_a_transaction(empty_broker, "never", aborted=True)
        await in_a_transaction(empty_broker, "b", "c", aborted=False)
        await in_a_transaction(empty_broker, "never either", aborted=True)
        async with LogView(empty_broker.address, [ORDERS]) as view:
            # when / then: the last stable offset is reached though no record lies there
            ends = await view.ends()
            assert values(await everything(view)) == ["a", "b", "c"]
            assert ends[Partition(ORDERS, 0)] > 3
            following = view.follow(ends)
            assert values(await anext(following)) == []
            await write(empty_broker, "d")
            while not (portion := await anext(following)):
                pass
            assert values(portion) == ["d"]
            assert (await view.positions())[Partition(ORDERS, 0)] == ends[Partition(ORDERS, 0)] + 1

    asyncio.run(scenario())


def test_records_larger_than_a_fetch_are_read(empty_broker: Broker) -> None:
    async def scenario() -> None:
        # given: invoices of thousands of lines in several partitions, small ones between them
        await ensure_topics(empty_broker.address, partitions=3)
        sizes = [3_600_000, 1, 2_000_000, 1, 3_600_000, 1]
        async with LogWriter(empty_broker.address) as writer:
            for number, size in enumerate(sizes):
                await writer.write([Outgoing("invoices.events", f"res-{number}".encode(), bytes(size))])
        # when
        async with LogView(empty_broker.address, ["invoices.events"]) as view:
            found = await everything(view)
        # then
        assert sorted(len(record.value or b"") for record in found) == sorted(sizes)

    asyncio.run(scenario())


def test_offsets_are_found_by_time(empty_broker: Broker) -> None:
    async def scenario() -> None:
        # given
        await ensure_topics(empty_broker.address, partitions=1)
        await write(empty_broker, "early")
        await asyncio.sleep(0.05)
        await write(empty_broker, "late")
        place = Partition(ORDERS, 0)
        async with LogView(empty_broker.address, [ORDERS]) as view:
            early, late = await everything(view)
            # when / then
            assert (await view.at(-1))[place] == 0
            assert (await view.at(early.timestamp))[place] == 0
            assert (await view.at(early.timestamp + 1))[place] == 1
            assert (await view.at(late.timestamp + 1))[place] == 2

    asyncio.run(scenario())


def test_topics_that_are_not_there_are_left_out_and_nothing_is_made(empty_broker: Broker) -> None:
    async def scenario() -> None:
        # given: one of the two topics
        await ensure_topics(empty_broker.address, [topic_named(ORDERS)], partitions=2)
        await write(empty_broker, "a")
        admin = AIOKafkaAdminClient(bootstrap_servers=empty_broker.address)
        await admin.start()
        try:
            groups, topics = await admin.list_consumer_groups(), await admin.list_topics()
            # when
            async with LogView(empty_broker.address, [ORDERS, SUBSCRIPTIONS]) as view:
                found = await everything(view)
                partitions = view.partitions
            async with LogView(empty_broker.address, [SUBSCRIPTIONS]) as nothing:
                assert await everything(nothing) == []
            # then
            assert (values(found), partitions) == (["a"], (Partition(ORDERS, 0), Partition(ORDERS, 1)))
            assert await admin.list_consumer_groups() == groups
            assert set(await admin.list_topics()) == set(topics)
        finally:
            await admin.close()

    asyncio.run(scenario())
