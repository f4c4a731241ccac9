"""Our own events, their outbox, and what consumers have to do about events: rows of one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from psycopg import AsyncConnection

from shared.events.content import id_of_position
from shared.events.envelope import CloudEvent
from shared.store.event_table import Conflict, append, last_sequence, read_stream
from shared.store.migrations import STORE_MIGRATIONS, migrate
from shared.store.outbox import PostgresOutbox, depth, unpark
from shared.store.pool import connect
from shared.store.reactions import Reaction, ask, drain

pytestmark = pytest.mark.database


@asynccontextmanager
async def store(dsn: str) -> AsyncIterator[AsyncConnection]:
    connection = await connect(dsn)
    try:
        await migrate(connection, {"store": STORE_MIGRATIONS})
        yield connection
    finally:
        await connection.close()


def issued(number: str) -> CloudEvent:
    return CloudEvent(
        id="",
        source="seatledger/invoicing",
        type="InvoiceIssued",
        time=datetime(2026, 2, 1, tzinfo=UTC),
        data=b'{"number": "%s"}' % number.encode(),
        subject=number,
        partitionkey="res-1",
    )


def test_events_get_the_id_and_the_sequence_of_their_place_and_wait_in_the_outbox(database: str) -> None:
    async def scenario() -> None:
        async with store(database) as connection:
            await append(connection, "run-1", 0, [issued("1"), issued("2")])
            await append(connection, "run-1", 2, [issued("3")])
            events = await read_stream(connection, "run-1")
            assert [(e.sequence, e.id, e.data) for e in events] == [
                (n, id_of_position("run-1", n), f'{{"number": "{n}"}}') for n in (1, 2, 3)
            ]
            rows = await PostgresOutbox(connection).waiting(10)
            assert [(row.record.topic, row.record.key, row.record.value) for row in rows] == [
                ("invoices.events", b"res-1", b'{"number": "%d"}' % n) for n in (1, 2, 3)
            ]
            assert dict(rows[0].record.headers)["ce_sequence"] == b"1"

    asyncio.run(scenario())


def test_of_two_writers_one_wins_and_the_other_is_told_so(database: str) -> None:
    async def write(number: str) -> bool:
        connection = await connect(database)
        try:
            await append(connection, "run-1", 0, [issued(number)])
        except Conflict:
            return False
        finally:
            await connection.close()
        return True

    async def scenario() -> None:
        async with store(database) as connection:
            assert sorted(await asyncio.gather(write("1"), write("2"))) == [False, True]
            assert await last_sequence(connection, "run-1") == 1
            assert await depth(connection) == 1

    asyncio.run(scenario())


def test_a_transaction_that_is_taken_back_sends_nothing(database: str) -> None:
    async def scenario() -> None:
        async with store(database) as connection:
            async with connection.transaction(force_rollback=True):
                await append(connection, "run-1", 0, [issued("1")])
            assert await depth(connection) == 0
            assert await read_stream(connection, "run-1") == []

    asyncio.run(scenario())


def test_one_relay_at_a_time_holds_the_outbox_and_parked_streams_wait(database: str) -> None:
    async def scenario() -> None:
        async with store(database) as one, store(database) as two:
            await append(one, "a", 0, [issued("1")])
            await append(one, "b", 0, [issued("2")])
            outbox, other = PostgresOutbox(one), PostgresOutbox(two)
            async with outbox.hold() as mine, other.hold() as also_mine:
                assert (mine, also_mine) == (True, False)
                await outbox.park("a", "too large")
                assert [row.stream_id for row in await outbox.waiting(10)] == ["b"]
                await unpark(one, "a")
                assert [row.stream_id for row in await outbox.waiting(10)] == ["a", "b"]
            async with other.hold() as mine_now:
                assert mine_now

    asyncio.run(scenario())


def reaction(event_id: str) -> Reaction:
    return Reaction("mailer", "upstream", event_id, "OrderExecuted", "ord-1", "{}")


def test_a_reaction_is_asked_for_once_and_done_once(database: str) -> None:
    done: list[str] = []

    async def handle(connection: AsyncConnection, one: Reaction) -> None:
        done.append(one.event_id)

    async def scenario() -> None:
        async with store(database) as connection:
            await ask(connection, [reaction("1"), reaction("2"), reaction("1")])
            assert await drain(connection, "mailer", handle, 10) == 2
            await ask(connection, [reaction("1")])
            assert await drain(connection, "mailer", handle, 10) == 0
            assert await drain(connection, "somebody else", handle, 10) == 0

    asyncio.run(scenario())
    assert sorted(done) == ["1", "2"]


def test_a_handler_that_fails_leaves_its_reason_and_nothing_else_and_is_tried_again(database: str) -> None:
    async def fail(connection: AsyncConnection, one: Reaction) -> None:
        await connection.execute("CREATE TABLE left_behind ()")
        raise ValueError("the mail server is away")

    async def succeed(connection: AsyncConnection, one: Reaction) -> None:
        return None

    async def scenario() -> None:
        async with store(database) as connection:
            await ask(connection, [reaction("1")])
            assert await drain(connection, "mailer", fail, 10) == 0
            row = await (await connection.execute("SELECT error, attempts FROM store.reaction")).fetchone()
            assert row == ("ValueError: the mail server is away", 1)
            left = await (await connection.execute("SELECT to_regclass('left_behind')")).fetchone()
            assert left == (None,)
            await connection.execute("UPDATE store.reaction SET created_at = created_at - interval '1 minute'")
            assert await drain(connection, "mailer", succeed, 10) == 1

    asyncio.run(scenario())
