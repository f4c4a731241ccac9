"""Positions, as operators see and set them while a projector runs or does not."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiokafka import AIOKafkaProducer

from services import position_commands
from shared.errors import UserError
from shared.log.ends import span
from shared.log.records import identity
from shared.log.topics import ensure_topics
from shared.store import operations
from shared.store.pool import connect
from tests.infrastructure.brokers import Broker
from tests.integration.projections.events import change, order, raw
from tests.integration.projections.operators import (
    CHANGES,
    Running,
    has,
    position,
    prepared,
    set_position,
    stands,
)
from tests.integration.projections.test_the_projector import eventually, publish, query, shows

pytestmark = [pytest.mark.database, pytest.mark.broker, pytest.mark.slow]


async def rows(dsn: str) -> list[list[tuple[object, ...]]]:
    queries = (
        "SELECT * FROM seats",
        "SELECT * FROM change",
        "SELECT * FROM event",
        "SELECT scope, scope_id, source, id, body::text FROM fact",
        "SELECT reason, status FROM store.dead_letter",
    )
    return [sorted(await query(dsn, one), key=str) for one in queries]


def test_a_position_that_is_set_back_is_read_again_and_nothing_counts_twice(
    database: str, empty_broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        async with Running(database, empty_broker):
            await publish(
                empty_broker, order("sub-1", 5), change("sub-1", 6), change("sub-1", 7, "2026-03-01"), raw(b"{")
            )
            await shows(database, {"sub-1": 7})
            await eventually(lambda: stands(database, 3))
            before = await rows(database)
            # Nothing comes, so the projector has to look by itself.
            await set_position(database, empty_broker, 1)
            await eventually(lambda: stands(database, 3))
            assert await rows(database) == before
        async with await connect(database) as connection:
            (act,) = await operations.newest(connection, 10)
        assert (act.who, act.what, act.target, act.reason) == (
            "Ada", "positions set", "seats_g1/subscriptions.events/0", "a test",
        )  # fmt: skip
        assert act.detail == {"before": 3, "after": 1, "last": "upstream change-sub-1-6-2026-02-01T10:00:00Z"}

    asyncio.run(scenario())
    said = capsys.readouterr().out
    assert "seats_g1 subscriptions.events/0 goes from 3 to 1" in said
    assert "2 offsets are read again, from 1 on" in said


def test_a_position_that_is_set_forward_leaves_out_what_lies_between(
    database: str, empty_broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        async with Running(database, empty_broker):
            await publish(empty_broker, order("sub-1", 5), change("sub-1", 6))
            await shows(database, {"sub-1": 6})
        await publish(empty_broker, change("sub-1", 7, "2026-03-01"), change("sub-1", 8, "2026-04-01"))
        await set_position(database, empty_broker, 3)
        assert await position(database) == [(3, 2, "upstream change-sub-1-8-2026-04-01")]
        async with Running(database, empty_broker):
            await publish(empty_broker, change("sub-1", 9, "2026-05-01"))
            await shows(database, {"sub-1": 9})
        assert await query(database, "SELECT quantity FROM change ORDER BY nth") == [(5,), (6,), (9,)]
        # And what was left out is there once it is set back.
        async with Running(database, empty_broker):
            await set_position(database, empty_broker, 1)
            await eventually(lambda: has(database, "SELECT quantity FROM change ORDER BY nth", [5, 6, 7, 8, 9]))

    asyncio.run(scenario())
    assert "2 offsets are not read, 1 to 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("offset", "number", "sentence"),
    [
        (9, None, "9 is not in the log: subscriptions.events/0 begins at 0, and the next record gets 2"),
        (1, 7, "seats has no generation 7: there are 1 (live)"),
    ],
)
def test_a_position_is_set_only_where_there_is_one(
    database: str, empty_broker: Broker, offset: int, number: int | None, sentence: str
) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        await publish(empty_broker, change("sub-1", 6), change("sub-1", 7, "2026-03-01"))
        with pytest.raises(UserError, match=sentence.replace("(", r"\(").replace(")", r"\)")):
            await set_position(database, empty_broker, offset, number=number)
        assert await position(database) == [(0, None, None)]

    asyncio.run(scenario())


def test_without_force_it_is_only_said(database: str, empty_broker: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        await publish(empty_broker, change("sub-1", 6), change("sub-1", 7, "2026-03-01"))
        with pytest.raises(UserError, match="Nothing was changed"):
            await set_position(database, empty_broker, 2, reason=None)
        assert await position(database) == [(0, None, None)]

    asyncio.run(scenario())
    assert "would go from 0 to 2\n2 offsets are not read, 0 to 1" in capsys.readouterr().out


def test_the_record_before_a_position_is_found_behind_aborted_ones_and_markers(
    database: str, empty_broker: Broker
) -> None:
    async def scenario() -> None:
        await ensure_topics(empty_broker.address, partitions=1)
        await publish(empty_broker, change("sub-1", 6))
        producer = AIOKafkaProducer(bootstrap_servers=empty_broker.address, transactional_id="upstream")
        await producer.start()
        await producer.begin_transaction()
        for _ in range(3):
            await producer.send_and_wait(CHANGES.topic, b"aborted", b"key")
        await producer.abort_transaction()
        await producer.stop()
        # One record, three aborted ones and their marker, which Apache Kafka writes after it answered the abort.
        async with asyncio.timeout(30):
            while (there := await span(empty_broker.address, CHANGES, 5)).end < 5:  # noqa: ASYNC110 - the broker tells nobody
                await asyncio.sleep(0.05)
        assert (there.begin, there.end) == (0, 5)
        assert there.before is not None
        assert identity(there.before) == "upstream change-sub-1-6-2026-02-01T10:00:00Z"
        assert (await span(empty_broker.address, CHANGES, 0)).before is None

    asyncio.run(scenario())


def test_positions_say_how_far_each_generation_is_and_what_it_read_last(
    database: str, empty_broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    def show(projection: str | None = None, topic: str | None = None, *, as_json: bool = True) -> str:
        capsys.readouterr()
        position_commands.show(
            lambda: database, lambda: empty_broker.address, projection=projection, topic=topic, as_json=as_json
        )
        return capsys.readouterr().out

    async def scenario() -> None:
        await prepared(database, empty_broker)
        async with Running(database, empty_broker):
            await publish(empty_broker, order("sub-1", 5), change("sub-1", 6))
            await shows(database, {"sub-1": 6})
        await publish(empty_broker, change("sub-1", 7, "2026-03-01"))

    asyncio.run(scenario())
    (row,) = json.loads(show("seats", CHANGES.topic))["items"]
    assert row == {
        "projection": "seats", "generation": 1, "status": "live", "topic": CHANGES.topic, "partition": 0, "next": 1,
        "end": 2, "lag": 1, "last_offset": 0, "last": "upstream change-sub-1-6-2026-02-01T10:00:00Z",
    }  # fmt: skip
    assert len(json.loads(show())["items"]) == 3
    # Of the catalogue there is nothing to see.
    assert [line.split()[3] for line in show(as_json=False).splitlines()[2:] if line] == [
        "orders.events", CHANGES.topic,
    ]  # fmt: skip
    for wrong, sentence in ((("nonsense", None), "give one of seats"), ((None, "x"), "reads a topic 'x'")):
        with pytest.raises(UserError, match=sentence):
            show(*wrong)
