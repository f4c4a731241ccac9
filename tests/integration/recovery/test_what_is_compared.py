"""The log is looked through once, what only claims to be ours is left alone, numbers without a document are named."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from services.invoicing.ledger_store import keep_numbers, numbers_not_there
from services.prepare import prepare
from services.recovering import recover
from shared.errors import UserError
from shared.events.content import id_of_position
from shared.events.envelope import CloudEvent
from shared.log.writer import LogWriter, Outgoing
from shared.recovery.comparing import refuse_lost_events
from shared.store.config import Config
from shared.store.event_table import append
from shared.store.pool import connect
from tests.infrastructure.billing_system import Event, record_of
from tests.infrastructure.brokers import Broker

pytestmark = [pytest.mark.broker, pytest.mark.database]
_OUTBOX = "SELECT topic, key, value, headers FROM store.outbox ORDER BY id"
_PASSED = "SELECT sum(next)::int FROM store.compared"


def registered(name: str) -> CloudEvent:
    return CloudEvent("", "urn:seatledger:orders", "CustomerRegistered", datetime(2026, 1, 1, tzinfo=UTC),
                      b'{"id":"%s"}' % name.encode(), name, partitionkey=name)  # fmt: skip


async def prepared(database: str, broker: Broker) -> None:
    await prepare(Config(database=database, broker=broker.address, partitions=2))


async def in_the_log(database: str, broker: Broker, *names: str, version: int = 1) -> None:
    """Customers that are registered, and have got to the log."""
    async with await connect(database) as connection:
        records = []
        for name in names:
            await append(connection, f"customer-{name}", 0, [registered(name)._replace(version=version)])
            rows = await (await connection.execute(_OUTBOX)).fetchall()
            records += [Outgoing(t, k, v, [(n, bytes.fromhex(c)) for n, c in headers]) for t, k, v, headers in rows]
            await connection.execute("DELETE FROM store.outbox")
    async with LogWriter(broker.address) as writer:
        await writer.write(records)


async def compared(database: str, broker: Broker) -> int:
    """Compare; how many records have been looked through by now."""

    def waiting(what: str) -> None:
        raise AssertionError(f"nobody waits for so little: {what}")

    async with await connect(database) as connection:
        await refuse_lost_events(connection, broker.address, waiting)
        row = await (await connection.execute(_PASSED)).fetchone()
        assert row is not None
        return row[0] or 0


async def forgotten(database: str, *names: str) -> None:
    async with await connect(database) as connection:
        await connection.execute("DELETE FROM store.event WHERE subject = ANY(%s)", [list(names)])


def test_what_was_compared_is_not_compared_again(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        # given
        await in_the_log(database, empty_broker, "a", "b", "c")
        assert await compared(database, empty_broker) == 3
        # when: an event goes that was seen in both
        await forgotten(database, "a")
        await in_the_log(database, empty_broker, "d")
        # then
        assert await compared(database, empty_broker) == 4
        # and what is new is seen
        await in_the_log(database, empty_broker, "e", "f")
        await forgotten(database, "e")
        with pytest.raises(UserError, match=r"CustomerRegistered e \(.*, orders.events/./.\) is in the log and not"):
            await compared(database, empty_broker)
        # and whoever recovers looks at all of it
        recovered = await recover(database, empty_broker.address, dry_run=False, by=None, told=lambda progress: None)
        assert recovered.events == {"CustomerRegistered": 2}
        assert await compared(database, empty_broker) == 6

    asyncio.run(scenario())


def test_what_others_write_under_our_name_is_left_alone(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        # given: ids that no stream of ours gives, one of them no text
        forged: Event = {"id": "mine", "source": "urn:seatledger:orders", "type": "CustomerRegistered",
                         "time": "2026-01-01T00:00:00Z", "data": {"id": "x"}}  # fmt: skip
        record = record_of(forged)
        strange = [(name, b"\x00\xff" if name == "ce_id" else content) for name, content in record.headers]
        broken = Outgoing(record.topic, record.key, b"{", strange)
        likely = [(name, id_of_position("customer-y", 1).encode() if name == "ce_id" else content)
                  for name, content in record.headers]  # fmt: skip
        async with LogWriter(empty_broker.address) as writer:
            await writer.write([record, broken, Outgoing(record.topic, record.key, record.value, likely)])
        # when, then
        assert await compared(database, empty_broker) == 3
        recovered = await recover(database, empty_broker.address, dry_run=False, by=None, told=lambda progress: None)
        assert not recovered.events

    asyncio.run(scenario())


def test_numbers_that_no_document_has_are_named(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        async with await connect(database) as connection:
            # given
            await keep_numbers(connection, ["INV-2026-000001", "INV-2026-000003", "CN-2026-000001"])
            await keep_numbers(connection, ["INV-2026-000002"])
            for number in ("INV-2026-000001", "INV-2026-000003"):
                await append(connection, f"document-{number}", 0, [registered(number)])
            # when, then
            assert await numbers_not_there(connection) == ["CN-2026-000001", "INV-2026-000002"]
            with pytest.raises(ValueError, match="'X-1' is no number of a document"):
                await keep_numbers(connection, ["X-1"])

    asyncio.run(scenario())


def test_an_event_of_a_newer_release_is_not_recovered_by_an_older_one(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        await prepared(database, empty_broker)
        # given
        await in_the_log(database, empty_broker, "x", version=9)
        await forgotten(database, "x")
        # when, then
        with pytest.raises(UserError, match=r"CustomerRegistered x .* is in the log and not in the database"):
            await compared(database, empty_broker)
        with pytest.raises(UserError, match=r"orders\.events/./0: CustomerRegistered x was written by a newer release"):
            await recover(database, empty_broker.address, dry_run=True, by=None, told=lambda progress: None)

    asyncio.run(scenario())
