"""The parts that everything else stands on do what the code relies on."""

import asyncio

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.structs import ConsumerRecord

from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases

MIB = 1024 * 1024
LARGE = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(33 * MIB)}


async def create(broker: Broker, name: str, settings: dict[str, str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 1, 1, topic_configs=settings)])
    finally:
        await admin.close()


async def send(broker: Broker, name: str, *values: bytes, timestamp_ms: int | None = None) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=broker.address, enable_idempotence=True, acks="all", max_request_size=64 * MIB
    )
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(name, value, timestamp_ms=timestamp_ms)
    finally:
        await producer.stop()


async def read(broker: Broker, name: str, count: int) -> list[ConsumerRecord]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker.address,
        isolation_level="read_committed",
        auto_offset_reset="none",
        enable_auto_commit=False,
        max_partition_fetch_bytes=40 * MIB,
    )
    await consumer.start()
    try:
        partition = TopicPartition(name, 0)
        consumer.assign([partition])
        consumer.seek(partition, 0)
        return [await asyncio.wait_for(consumer.getone(), 20) for _ in range(count)]
    finally:
        await consumer.stop()


@pytest.mark.broker
def test_given_log_append_time_the_broker_stamps_records_itself(empty_broker: Broker) -> None:
    async def scenario() -> ConsumerRecord:
        await create(empty_broker, "stamped", {"message.timestamp.type": "LogAppendTime"})
        await send(empty_broker, "stamped", b"value", timestamp_ms=1000)
        return (await read(empty_broker, "stamped", 1))[0]

    record = asyncio.run(scenario())
    assert record.timestamp_type == 1
    assert record.timestamp > 1000


@pytest.mark.broker
@pytest.mark.parametrize("mebibytes", [5, 32])
def test_given_room_in_the_topic_a_large_record_comes_back_whole(empty_broker: Broker, mebibytes: int) -> None:
    value = bytes(mebibytes * MIB)

    async def scenario() -> list[ConsumerRecord]:
        await create(empty_broker, "large", LARGE)
        await send(empty_broker, "large", value, b"next")
        return await read(empty_broker, "large", 2)

    records = asyncio.run(scenario())
    assert [record.value for record in records] == [value, b"next"]


@pytest.mark.broker
def test_a_record_of_40_mb_is_refused_and_the_next_one_goes_through(empty_broker: Broker) -> None:
    async def scenario() -> list[ConsumerRecord]:
        await create(empty_broker, "large", LARGE)
        with pytest.raises(MessageSizeTooLargeError):
            await send(empty_broker, "large", bytes(40 * MIB))
        await send(empty_broker, "large", b"next")
        return await read(empty_broker, "large", 1)

    assert asyncio.run(scenario())[0].value == b"next"


@pytest.mark.broker
def test_what_a_transaction_took_back_is_not_read_but_counts_in_the_position(empty_broker: Broker) -> None:
    async def scenario() -> list[tuple[int, bytes]]:
        await create(empty_broker, "transactions", {})
        producer = AIOKafkaProducer(bootstrap_servers=empty_broker.address, transactional_id="scenario")
        await producer.start()
        try:
            async with producer.transaction():
                await producer.send_and_wait("transactions", b"kept", partition=0)
            await producer.begin_transaction()
            await producer.send_and_wait("transactions", b"taken back", partition=0)
            await producer.abort_transaction()
            async with producer.transaction():
                await producer.send_and_wait("transactions", b"kept too", partition=0)
        finally:
            await producer.stop()
        return [(record.offset, record.value) for record in await read(empty_broker, "transactions", 2)]

    # Offsets 1, 2, 3 are the marker of the first, the record taken back and its marker.
    assert asyncio.run(scenario()) == [(0, b"kept"), (4, b"kept too")]


@pytest.mark.database
def test_each_test_has_a_database_of_its_own(database: str) -> None:
    with psycopg.connect(database) as connection:
        version = connection.execute("SHOW server_version_num").fetchone()
        connection.execute("CREATE TABLE mine (id int)")
    assert version is not None
    assert int(version[0]) >= 180000


@pytest.mark.database
def test_a_database_is_copied_from_a_template_that_is_migrated_once(database_server: Databases) -> None:
    migrated = []

    def migrate(dsn: str) -> None:
        migrated.append(dsn)
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE from_template (id int)")

    for _ in range(2):
        dsn = database_server.create(database_server.template("fixture_template", migrate))
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT count(*) FROM from_template").fetchone() == (0,)
        database_server.drop(dsn)
    assert len(migrated) == 1
