"""What operators do about what stands still, while a projector or the relay runs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services import position_commands
from shared.log.outgoing import Outgoing
from shared.log.relay import run_relay
from shared.projections.generations import ensure_generation
from shared.projections.status import status_report
from shared.stopped.names import OutboxName
from shared.stopped.retrying import retry_all
from shared.store import dead_letters
from shared.store.dead_letters import Place
from shared.store.outbox import PostgresOutbox, enqueue, kept_back
from shared.store.pool import connect, read_from
from tests.infrastructure.brokers import Broker
from tests.integration.projections.events import change, order, raw
from tests.integration.projections.mended import knows_version_2, mended
from tests.integration.projections.operators import (
    CHANGES,
    SUB_1,
    Running,
    has,
    prepared,
    retried,
    set_position,
    stands,
)
from tests.integration.projections.seats import SPEC
from tests.integration.projections.test_the_projector import eventually, publish, query, shows

pytestmark = [pytest.mark.database, pytest.mark.broker, pytest.mark.slow]


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
            (waits,) = await retry_all(connection, [SPEC], [SUB_1], by=None, wait_s=0.2)
        assert waits.came == "waits"
        assert "the projector of seats_g1 has not folded it yet" in str(waits.why)

    asyncio.run(scenario())


def test_what_the_relay_kept_back_is_sent_or_kept_back_again(database: str, empty_broker: Broker) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        stop = asyncio.Event()
        async with await connect(database) as connection, await connect(database) as relaying:
            for stream, size in (("fits", 10), ("too large", 2_000_000)):
                async with connection.transaction():
                    await enqueue(connection, [(stream, Outgoing(CHANGES.topic, b"k", bytes(size)))])
                    await PostgresOutbox(connection).park(stream, "it was too large")
            relay = asyncio.create_task(run_relay(PostgresOutbox(relaying), empty_broker.address, stop))
            fits, large = await retried(database, SPEC, OutboxName("fits"), OutboxName("too large"))
            stop.set()
            await relay
            assert (fits.came, fits.why) == ("flows", None)
            assert large.came == "parked"
            assert "again: the record has 2,000,001 bytes" in str(large.why)
            assert [one.stream_id for one in await kept_back(connection)] == ["too large"]
            report = await status_report(database, empty_broker.address)
            assert [(one.projection, one.name, one.generation) for one in report.parked] == [
                ("outbox", "outbox/too large", None)
            ]

    asyncio.run(scenario())


def test_status_tells_the_dead_from_the_dropped_and_names_what_is_parked(database: str, empty_broker: Broker) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        async with Running(database, empty_broker):
            await publish(empty_broker, order("sub-1", 5, "explodes"), raw(b"{"), raw(b"["))
            await eventually(lambda: has(database, "SELECT count(*) FROM store.dead_letter", [2]))
            await eventually(lambda: has(database, "SELECT count(*) FROM parked", [1]))
        async with await connect(database) as connection, connection.transaction():
            await dead_letters.settle(connection, Place(*CHANGES, 0), "dropped")
        report = await status_report(database, empty_broker.address)
        assert report.dead_letters == 1
        assert report.dead_letters_by_status == {"dead": 1, "dropped": 1, "taken_in": 0}
        assert [(one.projection, one.stream, one.name, one.generation) for one in report.parked] == [
            ("seats", "subscription sub-1", str(SUB_1), 1)
        ]

    asyncio.run(scenario())


def test_status_counts_what_stands_still_once_and_finds_no_generation_of_a_moment_behind(
    database: str, empty_broker: Broker
) -> None:
    async def scenario() -> None:
        # Given a live generation, one that is kept, and one of a moment, in all of which the same streams stand still
        await prepared(database, empty_broker)
        async with await connect(database) as connection:
            for version, status in ((2, "kept"), (3, "as_of")):
                await ensure_generation(connection, replace(SPEC, version=version), 1, datetime.now(UTC))
                await connection.execute(
                    "UPDATE store.generation SET status = %s WHERE version = %s", [status, version]
                )
            for schema in ("seats_g1", "seats_g2", "seats_g3"):
                await read_from(connection, schema)
                await connection.execute("INSERT INTO parked VALUES ('subscription', 'sub-1', 'it fails')")
                await connection.execute("INSERT INTO pending VALUES ('subscription', 'sub-2', now(), 1)")
                await connection.execute("INSERT INTO recompute_queue (scope, scope_id) VALUES ('product', 'p')")
        # When more comes than any of them has read
        await publish(empty_broker, order("sub-3", 5))
        report = await status_report(database, empty_broker.address)
        # Then what stands still is what readers see, and behind are those that are projected
        assert [(one.name, one.generation) for one in report.parked] == [(str(SUB_1), 1)]
        assert [(one.projection, one.subscription) for one in report.pending] == [("seats", "sub-2")]
        assert report.recompute_queue == 1
        behind = {(one.generation, one.status) for one in report.projections if one.lag_events}
        assert behind == {(1, "live"), (2, "kept")}
        # And of the one of a moment it is told where it stands, and no lag
        rows = await asyncio.to_thread(position_commands.standing, lambda: database, lambda: empty_broker.address)
        lags = {(row.generation, row.lag) for row in rows if row.topic == "orders.events"}
        assert lags == {(1, 1), (2, 1), (3, None)}

    asyncio.run(scenario())
