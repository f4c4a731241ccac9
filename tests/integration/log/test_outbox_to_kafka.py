"""From the outbox in PostgreSQL to the broker, and the reader's account of positions."""

from __future__ import annotations

import asyncio

import pytest

from shared.log.reader import LogReader, Reassigned
from shared.log.records import Partition, Standing
from shared.log.relay import run_relay
from shared.log.topics import ensure_topics
from shared.log.writer import LogWriter, Outgoing, Refused
from shared.store.migrations import STORE_MIGRATIONS, migrate
from shared.store.outbox import PostgresOutbox, depth, enqueue
from shared.store.pool import connect
from tests.infrastructure.brokers import Broker

pytestmark = [pytest.mark.database, pytest.mark.broker]

_KIB = 1024


async def read_values(broker: Broker, topic: str, count: int) -> list[tuple[bytes | None, int]]:
    """Values and lengths of the first records of a topic with one partition."""
    found: list[tuple[bytes | None, int]] = []
    async with LogReader(broker.address, [topic], f"reads {topic}") as reader:
        while len(found) < count:
            try:
                polled = await asyncio.wait_for(reader.poll(100, 0.2), 20)
            except Reassigned:
                await reader.go_to({partition: Standing(0) for partition in reader.assignment})
                continue
            for records in polled.records.values():
                found += [(record.key, len(record.value or b"")) for record in records]
    return found


def test_rows_go_out_in_order_and_a_record_too_large_holds_up_its_own_stream_only(
    database: str, empty_broker: Broker
) -> None:
    async def scenario() -> None:
        connection = await connect(database)
        relaying = await connect(database)
        try:
            await migrate(connection, {"store": STORE_MIGRATIONS})
            await ensure_topics(empty_broker.address, partitions=1)
            rows = [
                (stream, Outgoing("orders.events", stream.encode(), bytes(size), [("n", str(n).encode())]))
                for n, (stream, size) in enumerate([("a", 1), ("b", 2000 * _KIB), ("a", 2), ("b", 3), ("c", 4)])
            ]
            async with connection.transaction():
                await enqueue(connection, rows)
            stop = asyncio.Event()
            relay = asyncio.create_task(run_relay(PostgresOutbox(relaying), empty_broker.address, stop))
            while await depth(connection) > 2:  # noqa: ASYNC110  (a table sets no event)
                await asyncio.sleep(0.05)
            stop.set()
            await relay
            assert await read_values(empty_broker, "orders.events", 3) == [(b"a", 1), (b"a", 2), (b"c", 4)]
            parked = await (await connection.execute("SELECT stream_id, reason FROM store.outbox_parked")).fetchall()
            assert parked == [
                ("b", "the record has 2,048,003 bytes and orders.events takes 1,048,576; make it smaller")
            ]
        finally:
            await relaying.close()
            await connection.close()

    asyncio.run(scenario())


def test_an_invoice_of_20_000_lines_goes_through_and_40_mb_are_refused_with_a_sentence(empty_broker: Broker) -> None:
    async def scenario() -> None:
        await ensure_topics(empty_broker.address, partitions=1)
        async with LogWriter(empty_broker.address) as writer:
            await writer.write([Outgoing("invoices.events", b"res-1", bytes(3600 * _KIB))])
            with pytest.raises(Refused, match=r"has 41,943,045 bytes and invoices.events takes 33,554,432"):
                await writer.write([Outgoing("invoices.events", b"res-1", bytes(40 * _KIB * _KIB))])
            await writer.write([Outgoing("invoices.events", b"res-1", b"next")])
        assert await read_values(empty_broker, "invoices.events", 2) == [(b"res-1", 3600 * _KIB), (b"res-1", 4)]

    asyncio.run(scenario())


def test_topics_are_created_once_and_left_alone_afterwards(empty_broker: Broker) -> None:
    async def scenario() -> None:
        created = await ensure_topics(empty_broker.address, partitions=3)
        assert len(created) == 6
        assert await ensure_topics(empty_broker.address, partitions=5) == []
        async with LogReader(empty_broker.address, ["orders.events"], "counts") as reader:
            with pytest.raises(Reassigned):
                await reader.poll(1, 0.1)
            assert reader.assignment == tuple(Partition("orders.events", n) for n in range(3))

    asyncio.run(scenario())
