"""What operators do while a projector runs: set its positions, retry what stands still, do without a record."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaProducer

from services import position_commands
from services.dead_letter_retry import Outcome, retry_all
from services.stopped_names import Name
from shared.errors import UserError
from shared.log.ends import span
from shared.log.records import Partition, identity
from shared.log.topics import ensure_topics
from shared.projections.generations import projected
from shared.projections.projector import Limits, Projector
from shared.projections.spec import ProjectionSpec
from shared.projections.stopped import StreamName
from shared.store import dead_letters, operations
from shared.store.dead_letters import Place
from shared.store.pool import connect
from tests.infrastructure.brokers import Broker
from tests.integration.projections.events import change, order, raw
from tests.integration.projections.generation import create
from tests.integration.projections.mended import knows_version_2, mended
from tests.integration.projections.seats import SPEC
from tests.integration.projections.test_the_projector import eventually, publish, query, shows

pytestmark = [pytest.mark.database, pytest.mark.broker]

CHANGES = Partition("subscriptions.events", 0)
SUB_1 = StreamName("seats", "subscription", "sub-1")


class Running:
    """A projector with this spec, for the time of the block."""

    def __init__(self, dsn: str, broker: Broker, spec: ProjectionSpec = SPEC) -> None:
        self._dsn, self._broker, self._spec = dsn, broker, spec
        self._stop = asyncio.Event()

    async def __aenter__(self) -> asyncio.Task[None]:
        async with await connect(self._dsn) as connection:
            generation = (await projected(connection, self._spec))[0]
        projector = Projector(self._spec, generation, self._dsn, self._broker.address, Limits(tick_seconds=None))
        self._task = asyncio.create_task(projector.run(self._stop))
        return self._task

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._task


async def prepared(dsn: str, broker: Broker) -> None:
    await create(dsn, partitions=1)
    await ensure_topics(broker.address, partitions=1)


async def set_position(
    dsn: str, broker: Broker, offset: int, reason: str | None = "a test", number: int | None = None
) -> None:
    await asyncio.to_thread(
        position_commands.set_position, lambda: dsn, lambda: broker.address, "seats", CHANGES, offset,
        number=number, reason=reason, by="Ada", as_json=False,
    )  # fmt: skip


async def position(dsn: str) -> list[tuple[object, ...]]:
    return list(
        await query(dsn, "SELECT next, last_offset, last_identity FROM position WHERE topic = 'subscriptions.events'")
    )


async def retried(dsn: str, spec: ProjectionSpec, *names: Name) -> Sequence[Outcome]:
    async with await connect(dsn) as connection:
        return await retry_all(connection, [spec], names, by="Ada", wait_s=20.0, silent=True)


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


async def stands(dsn: str, offset: int) -> bool:
    return (await position(dsn))[0][0] == offset


async def rows(dsn: str) -> list[list[tuple[object, ...]]]:
    queries = (
        "SELECT * FROM seats",
        "SELECT * FROM change",
        "SELECT * FROM event",
        "SELECT scope, scope_id, source, id, body::text FROM fact",
        "SELECT reason, status FROM store.dead_letter",
    )
    return [sorted(await query(dsn, one), key=str) for one in queries]


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


async def has(dsn: str, statement: str, expected: list[int]) -> bool:
    return [row[0] for row in await query(dsn, statement)] == expected


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
        # One record, three aborted ones and their marker.
        there = await span(empty_broker.address, CHANGES, 5)
        assert (there.begin, there.end) == (0, 5)
        assert there.before is not None
        assert identity(there.before) == "upstream change-sub-1-6-2026-02-01T10:00:00Z"
        assert (await span(empty_broker.address, CHANGES, 0)).before is None

    asyncio.run(scenario())


def test_a_poison_stream_flows_again_when_the_release_that_mends_it_runs(database: str, empty_broker: Broker) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        await publish(empty_broker, order("sub-1", 5, "explodes"), order("sub-2", 5), change("sub-1", 8))
        async with Running(database, empty_broker):
            await shows(database, {"sub-2": 5})
            await eventually(lambda: has(database, "SELECT count(*) FROM parked", [1]))
            (again,) = await retried(database, SPEC, SUB_1)
            assert (again.came, again.why) == ("parked", "again: ValueError: a handler that fails")
        async with Running(database, empty_broker, mended()):
            (flows,) = await retried(database, mended(), SUB_1)
            assert (flows.came, flows.why) == ("flows", None)
            await shows(database, {"sub-1": 8, "sub-2": 5})

    asyncio.run(scenario())


def test_an_event_of_a_newer_version_comes_in_with_its_stream_when_the_release_knows_it(
    database: str, empty_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        newer = replace(change("sub-1", 8), version=2)
        await publish(empty_broker, order("sub-1", 5), newer, change("sub-1", 9, "2026-03-01"))
        async with Running(database, empty_broker):
            await eventually(lambda: has(database, "SELECT count(*) FROM parked", [1]))
            await eventually(lambda: stands(database, 2))
            knows_version_2(monkeypatch)
            record, stream = await retried(database, SPEC, SUB_1, Place(*CHANGES, 0))
            assert (record.name, record.came) == (Place(*CHANGES, 0), "taken_in")
            assert (stream.name, stream.came) == (SUB_1, "flows")
            assert await query(database, "SELECT quantity FROM change ORDER BY nth") == [(5,), (8,), (9,)]

    asyncio.run(scenario())


def test_what_was_dropped_is_not_read_again_by_a_release_that_could(
    database: str, empty_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        await publish(empty_broker, order("sub-1", 5), replace(change("sub-1", 8), version=2))
        async with Running(database, empty_broker):
            await eventually(lambda: has(database, "SELECT count(*) FROM parked", [1]))
        async with await connect(database) as connection, connection.transaction():
            await dead_letters.settle(connection, Place(*CHANGES, 0), "dropped")
        await set_position(database, empty_broker, 0)
        knows_version_2(monkeypatch)
        async with Running(database, empty_broker):
            await eventually(lambda: stands(database, 1))
            (stream,) = await retried(database, SPEC, SUB_1)
            assert stream.came == "flows"
            await shows(database, {"sub-1": 5})
        assert await query(database, "SELECT count(*) FROM event") == [(1,)]

    asyncio.run(scenario())


def test_nobody_folds_where_no_projector_runs_and_that_is_said(database: str, empty_broker: Broker) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        await publish(empty_broker, order("sub-1", 5, "explodes"))
        async with Running(database, empty_broker):
            await eventually(lambda: has(database, "SELECT count(*) FROM parked", [1]))
        async with await connect(database) as connection:
            (waits,) = await retry_all(connection, [SPEC], [SUB_1], by=None, wait_s=0.2, silent=True)
        assert waits.came == "waits"
        assert "the projector of seats_g1 has not folded it yet" in str(waits.why)

    asyncio.run(scenario())
