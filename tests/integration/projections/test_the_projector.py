"""The live projector on a real broker and database, and what it does when one of them goes away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from shared.log.reader import ForeignLog
from shared.log.records import Record
from shared.log.topics import ensure_topics
from shared.log.writer import LogWriter, Outgoing
from shared.projections.generations import projected
from shared.projections.projector import Limits, Projector
from shared.projections.status import status_report
from shared.store.pool import connect
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import allow_connections
from tests.infrastructure.topics import delete_all_topics
from tests.integration.projections.events import Said, change, order, price, raw
from tests.integration.projections.generation import create
from tests.integration.projections.seats import SPEC

pytestmark = [pytest.mark.database, pytest.mark.broker]

_LIMITS = Limits(tick_seconds=None)


async def publish(broker: Broker, *said: Said | Record) -> None:
    records = [one.record() if isinstance(one, Said) else one for one in said]
    async with LogWriter(broker.address) as writer:
        await writer.write([Outgoing(r.topic, r.key, r.value, r.headers) for r in records])


async def query(dsn: str, statement: str) -> Sequence[tuple[Any, ...]]:
    connection = await connect(dsn, "seats_g1")
    try:
        return await (await connection.execute(statement.encode())).fetchall()
    finally:
        await connection.close()


async def quantities(dsn: str) -> dict[str, int]:
    return dict(await query(dsn, "SELECT subscription, quantity FROM seats"))


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < until, "did not happen in time"
        await asyncio.sleep(0.1)


async def shows(dsn: str, expected: dict[str, int], seconds: float = 20.0) -> None:
    async def holds() -> bool:
        return await quantities(dsn) == expected

    await eventually(holds, seconds)


@asynccontextmanager
async def projecting(dsn: str, broker: Broker, limits: Limits = _LIMITS) -> AsyncIterator[asyncio.Task[None]]:
    connection = await connect(dsn)
    generation = (await projected(connection, SPEC))[0]
    await connection.close()
    stop = asyncio.Event()
    task = asyncio.create_task(Projector(SPEC, generation, dsn, broker.address, limits).run(stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.gather(task, return_exceptions=True)


async def prepared(dsn: str, broker: Broker) -> None:
    await create(dsn)
    await ensure_topics(broker.address, partitions=2)


def test_events_become_rows_and_what_cannot_be_read_stops_nothing(database: str, empty_broker: Broker) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        async with projecting(database, empty_broker):
            await publish(empty_broker, order("sub-1", 5), raw(b"{"), change("sub-1", 8), change("sub-9", 1))
            await shows(database, {"sub-1": 8})
            await publish(empty_broker, price("office", "11.00"))
            await eventually(
                lambda: _is(database, "SELECT price::text FROM seats", [("11.00",)]),
            )
        report = await status_report(database, empty_broker.address)
        assert sum(one.lag_events for one in report.projections) == 0
        assert {one.name for one in report.projections} == {"seats"}
        assert report.dead_letters == 1
        assert report.outbox == 1
        assert report.recompute_queue == 0
        assert [(one.subscription, one.facts) for one in report.pending] == [("sub-9", 1)]

    asyncio.run(scenario())


async def _is(dsn: str, statement: str, expected: list[tuple[Any, ...]]) -> bool:
    return await query(dsn, statement) == expected


def test_status_says_how_far_behind_a_projection_is(database: str, empty_broker: Broker) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        await publish(empty_broker, order("sub-1", 5), order("sub-2", 5))
        report = await status_report(database, empty_broker.address)
        behind = [one for one in report.projections if one.lag_events]
        assert [(one.topic, one.next, one.end, one.lag_events) for one in behind] == [("orders.events", 0, 2, 2)]
        assert 0 <= behind[0].lag_seconds < 60

    asyncio.run(scenario())


def test_a_worker_that_was_stopped_goes_on_where_the_database_stands(database: str, empty_broker: Broker) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        async with projecting(database, empty_broker):
            await publish(empty_broker, order("sub-1", 5))
            await shows(database, {"sub-1": 5})
        await publish(empty_broker, change("sub-1", 8))
        async with projecting(database, empty_broker):
            await shows(database, {"sub-1": 8})
        assert await query(database, "SELECT count(*) FROM event") == [(2,)]

    asyncio.run(scenario())


def test_two_workers_share_the_partitions_and_one_takes_over_from_the_other(
    database: str, empty_broker: Broker
) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        async with projecting(database, empty_broker):
            await publish(empty_broker, order("sub-1", 1))
            await shows(database, {"sub-1": 1})
            async with projecting(database, empty_broker):
                for n in range(2, 30):
                    await publish(empty_broker, change("sub-1", n, f"2026-02-{n - 1:02}"), order(f"sub-{n}", n))
                await shows(database, {"sub-1": 29} | {f"sub-{n}": n for n in range(2, 30)}, 40)
            await publish(empty_broker, change("sub-1", 99, "2026-03-01"))
            await shows(database, {"sub-1": 99} | {f"sub-{n}": n for n in range(2, 30)}, 60)
        assert await query(database, "SELECT count(*) FROM event") == [(58,)]

    asyncio.run(scenario())


def test_the_database_goes_away_and_comes_back_and_nothing_is_lost(database: str, empty_broker: Broker) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        async with projecting(database, empty_broker) as task:
            await publish(empty_broker, order("sub-1", 5))
            await shows(database, {"sub-1": 5})
            allow_connections(database, False)
            await publish(empty_broker, change("sub-1", 8))
            await asyncio.sleep(2)
            assert not task.done()
            allow_connections(database, True)
            await shows(database, {"sub-1": 8})

    asyncio.run(scenario())


def test_a_log_that_was_made_anew_stops_the_projector_with_a_sentence(database: str, empty_broker: Broker) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        async with projecting(database, empty_broker):
            await publish(empty_broker, order("sub-1", 5))
            await shows(database, {"sub-1": 5})
        await asyncio.to_thread(delete_all_topics, empty_broker.address)
        await ensure_topics(empty_broker.address, partitions=2)
        async with projecting(database, empty_broker) as task:
            with pytest.raises(ForeignLog, match="the log ends at 0: log and database do not belong together"):
                await asyncio.wait_for(asyncio.shield(task), 20)
        await publish(empty_broker, order("sub-other", 5), order("sub-1", 5))
        async with projecting(database, empty_broker) as task:
            with pytest.raises(ForeignLog, match="holds 'upstream order-sub-other' and the database has read"):
                await asyncio.wait_for(asyncio.shield(task), 20)

    asyncio.run(scenario())


def test_aborted_records_and_markers_take_offsets_and_are_passed(database: str, empty_broker: Broker) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        producer = AIOKafkaProducer(bootstrap_servers=empty_broker.address, transactional_id="upstream")
        await producer.start()

        async def send(said: Said) -> None:
            record = said.record()
            await producer.send_and_wait(record.topic, record.value, record.key, headers=list(record.headers))

        async with projecting(database, empty_broker):
            async with producer.transaction():
                await send(order("sub-1", 5))
            await producer.begin_transaction()
            await send(order("sub-2", 5))
            await producer.abort_transaction()
            await producer.stop()
            await shows(database, {"sub-1": 5})
            # The record, its marker, the aborted record and its marker: all four are behind the position.
            await eventually(lambda: _is(database, "SELECT next FROM position WHERE next > 0", [(4,)]))
        await publish(empty_broker, change("sub-1", 8))
        async with projecting(database, empty_broker):
            await shows(database, {"sub-1": 8})

    asyncio.run(scenario())


def test_a_record_that_the_database_refuses_is_buried_and_its_neighbours_are_taken_in(
    database: str, empty_broker: Broker
) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        await publish(empty_broker, order("sub-1", 1), order("sub-2", 2, "poison"), order("sub-3", 3))
        async with projecting(database, empty_broker):
            await shows(database, {"sub-1": 1, "sub-3": 3})
            await publish(empty_broker, change("sub-3", 4))
            await shows(database, {"sub-1": 1, "sub-3": 4})
        ((reason,),) = await query(database, "SELECT reason FROM store.dead_letter")
        assert reason.startswith("the database refuses what it says: DataError")

    asyncio.run(scenario())


def test_too_many_parked_subscriptions_stop_the_projector(database: str, empty_broker: Broker) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        await publish(empty_broker, *(order(f"sub-{n}", 1, "explodes") for n in range(3)))
        async with projecting(database, empty_broker, Limits(parked_limit=2, tick_seconds=None)) as task:
            with pytest.raises(Exception, match="3 streams are parked, more than 2"):
                await asyncio.wait_for(asyncio.shield(task), 20)

    asyncio.run(scenario())
