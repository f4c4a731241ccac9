"""A database restored from a backup, or lost altogether: nothing is decided, billed or numbered twice."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from services.prepare import prepare
from shared.errors import UserError
from shared.store.config import Config
from shared.store.ledger import RUN_LOCK
from shared.store.pool import connect
from tests.infrastructure.billing_system import EVERY_PROJECTION, BillingSystem, billing_system
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.integration.recovery.disaster import (
    AFTER,
    CREDITED,
    Office,
    after_the_backup,
    backed_up,
    before_the_backup,
    everything,
    restored,
    seats,
    today,
)

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.slow]
_STREAM = "SELECT sequence, type FROM store.event WHERE stream_id = 'subscription-ord-9-1' ORDER BY sequence"
_WAITS = "SELECT stream_id FROM store.outbox"
_DEAD = "SELECT reason FROM store.dead_letter"


async def _lives(database: str, broker: Broker, folder: Path) -> tuple[Path, dict[str, list[str]]]:
    """A system lives; its backup in the middle, and all that there was at the end."""
    office = Office(database, broker.address)
    async with billing_system(database, broker.address, specs=EVERY_PROJECTION) as system:
        await before_the_backup(system, office)
    # The relay stands still: what is in the backup's outbox is in the log by the time of the disaster.
    await office.asks("customers register northwind --reseller shop")
    dump = backed_up(database, folder)
    async with billing_system(database, broker.address, specs=EVERY_PROJECTION) as system:
        await after_the_backup(system, office)
        found = await everything(system)
    kinds = {line.split("', ")[0] for line in found["documents"]}
    assert {kind[2:5] for kind in kinds} == {"INV", "CN-"}, "there are invoices and credit notes"
    assert all(found[name] for name in ("events", "lines", "tax", "open", "order_items", "installment_plans"))
    return dump, found


async def _goes_on(system: BillingSystem, office: Office) -> None:
    """What is new is decided and billed after what there was, and nothing else is."""
    assert (await system.run(today(), early=True)).documents == []
    with pytest.raises(UserError, match="is closed"):
        await system.run(AFTER)
    before = await system.query(_STREAM)
    numbers = dict(await system.query("SELECT series || year, last FROM invoicing.document_counter"))
    # when
    await office.asks("subscriptions quantity ord-9-1 --add 1")
    await system.settled()
    issued = (await system.run(today() + timedelta(days=1), early=True)).documents
    await system.settled()
    # then
    assert await system.query(_STREAM) == [*before, (before[-1][0] + 1, "LicensesChanged")]
    series = f"INV-{today() + timedelta(days=1):%Y}"
    expected = [f"{series}-{numbers[series.replace('-', '')] + place:06d}" for place in range(1, len(issued) + 1)]
    assert [document["number"] for document in issued] == expected
    assert {line["subscription"] for document in issued for line in document["lines"]} == {"ord-9-1"}  # type: ignore[attr-defined]  # JSON of a document
    assert await system.query(_DEAD) == []


def test_a_restored_backup_is_refused_recovered_and_goes_on(
    empty_broker: Broker, database: str, database_server: Databases, tmp_path: Path
) -> None:
    async def scenario() -> None:
        # given: a backup, commands and documents after it, and then only the backup is left
        dump, before = await _lives(database, empty_broker, tmp_path)
        again = database_server.create()
        restored(dump, again)
        config = Config(database=again, broker=empty_broker.address, partitions=3)
        office = Office(again, empty_broker.address)
        async with await connect(again) as connection:
            assert await (await connection.execute(_WAITS)).fetchall() == [("customer-northwind",)]
        with pytest.raises(UserError, match=r"is in the log and not in the database.*run `seatledger recover`"):
            await prepare(config)
        # when
        dry = json.loads(await asyncio.to_thread(office.now, "recover --dry-run --json"))
        first = json.loads(await asyncio.to_thread(office.now, "recover --json"))
        second = await asyncio.to_thread(office.now, "recover")
        # then
        assert dry == {**first, "dry_run": True}
        assert {one["date"] for one in first["documents"]} == {str(CREDITED), str(AFTER), str(today())}
        assert first["numbers_not_there"] == []
        assert second == "The database has every event of ours that the log has: nothing to recover\n"
        async with billing_system(again, empty_broker.address, specs=EVERY_PROJECTION) as system:
            assert await everything(system) == before
            operations = await system.query("SELECT who, what FROM store.operation WHERE what = 'recover'")
            assert operations == [("ada", "recover")]
            await _goes_on(system, office)
        database_server.drop(again)

    asyncio.run(scenario())


def test_a_database_that_is_lost_comes_back_from_the_log_alone(
    empty_broker: Broker, database: str, database_server: Databases, tmp_path: Path
) -> None:
    async def scenario() -> None:
        # given: an empty database beside a log with a life in it
        _, before = await _lives(database, empty_broker, tmp_path)
        empty = database_server.create()
        office = Office(empty, empty_broker.address)
        with pytest.raises(UserError, match="prepare it with"):
            await asyncio.to_thread(office.now, "recover")
        config = Config(database=empty, broker=empty_broker.address, partitions=3)
        with pytest.raises(UserError, match="is in the log and not in the database"):
            await prepare(config)
        # when: the start takes in what is missing
        await prepare(config.model_copy(update={"recover": True}))
        # then
        async with billing_system(empty, empty_broker.address, specs=EVERY_PROJECTION) as system:
            assert await everything(system) == before
            await _goes_on(system, office)
        database_server.drop(empty)

    asyncio.run(scenario())


def test_who_decides_before_it_is_recovered_is_told_to_begin_anew(
    empty_broker: Broker, database: str, database_server: Databases, tmp_path: Path
) -> None:
    async def scenario() -> None:
        # given: a restored database that a command was carried out on
        dump, _ = await _lives(database, empty_broker, tmp_path)
        again = database_server.create()
        restored(dump, again)
        office = Office(again, empty_broker.address)
        await office.asks("subscriptions quantity ord-9-1 --add 7")
        # when, then: two events of one place contradict each other, and neither is taken
        with pytest.raises(UserError, match=r"LicensesChanged ord-9-1 in the log .* is another one than"):
            await asyncio.to_thread(office.now, "recover")
        async with await connect(again) as connection:
            assert (await (await connection.execute(_STREAM)).fetchall()) == [(1, "LicensesChanged")]
            # and: while an invoice run goes on nothing is recovered
            await connection.execute("SELECT pg_advisory_lock(%s)", [RUN_LOCK])
            with pytest.raises(UserError, match="an invoice run goes on"):
                await asyncio.to_thread(office.now, "recover")
        database_server.drop(again)

    asyncio.run(scenario())


def test_a_run_on_a_database_that_was_restored_under_it_issues_nothing(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address, specs=EVERY_PROJECTION) as system:
            # given: the last run's event is not in the database any more
            await before_the_backup(system, Office(database, empty_broker.address))
            await system.emit([seats("more", "2019-03-16", 12)])
            await system.run(CREDITED)
            await system.settled()
            last = "DELETE FROM store.event WHERE id = (SELECT id FROM store.event WHERE type = 'InvoiceIssued' " \
                "ORDER BY recorded_at DESC LIMIT 1) RETURNING subject"  # fmt: skip
            ((number,),) = await system.query(last)
            # when, then
            with pytest.raises(UserError, match=f"InvoiceIssued {number} .* is in the log and not in the database"):
                await system.run(AFTER)
            assert await system.query("SELECT FROM invoicing.billing_run WHERE day = %s", AFTER) == []

    asyncio.run(scenario())
