"""Projector and Faust worker of a service as they are started in earnest: on a broker, on a database, by signals."""

from __future__ import annotations

import asyncio
import signal
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.orders.cli import emit
from services.orders.projection import SPEC
from shared.log.ends import end_offsets
from shared.log.records import Partition, Record
from shared.store.config import Config
from shared.store.dead_letters import DeadLetter, bury
from shared.store.pool import connect
from tests.infrastructure.brokers import Broker
from tests.integration.services.running import (
    CHANGE,
    ORDER,
    Service,
    eventually,
    query,
    rows_of,
    running,
    write_events,
)

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.slow]

ORDERS_VIEWS = ("orders", "order_items", "customers", "resellers", "products", "list_prices", "settings")


def test_the_projector_of_orders_projects_what_is_emitted_and_stops_on_sigterm(config: Config, tmp_path: Path) -> None:
    emit(write_events(tmp_path, ORDER), broker=lambda: config.broker)
    with running("services.orders.projector", config) as projector:
        eventually(lambda: query(config.database, "SELECT FROM read.orders"), "the order is projected")
        assert projector.stop() == 0
    rows = rows_of(config.database, ORDERS_VIEWS)
    ((*order, _version),) = rows["orders"]
    assert order == ["ord-1", "cus-1", "res-1", "EUR", "executed", None, "2026-01-10T08:00:00Z"]
    assert [item[1:6] for item in rows["order_items"]] == [
        (f"sub-{number}", None, "office", None, number) for number in (1, 2, 3)
    ]
    assert [customer[:4] for customer in rows["customers"]] == [("cus-1", "Contoso", "res-1", "Europe/Athens")]
    assert [reseller[:2] for reseller in rows["resellers"]] == [("res-1", "Aegean Cloud")]


def test_the_same_file_emitted_twice_changes_no_row(config: Config, tmp_path: Path) -> None:
    file = write_events(tmp_path, ORDER, CHANGE)
    emit(file, broker=lambda: config.broker)
    positions = "SELECT coalesce(sum(next), 0)::int FROM subscriptions_g1.position"
    with running("services.subscriptions.projector", config):
        eventually(lambda: query(config.database, positions) == [(2,)], "both events are read")
        once = rows_of(config.database, ("subscriptions", "rejected_events"))
        emit(file, broker=lambda: config.broker)
        eventually(lambda: query(config.database, positions) == [(4,)], "both are read again")
        assert rows_of(config.database, ("subscriptions", "rejected_events")) == once
    assert [(row[0], row[2]) for row in once["subscriptions"]] == [("sub-1", 8), ("sub-2", 2), ("sub-3", 3)]
    assert query(config.database, "SELECT reason FROM store.dead_letter") == []


def test_a_projector_without_its_generation_says_what_to_run(database: str, broker: Broker, tmp_path: Path) -> None:
    asyncio.run(_store_only(database))
    projector = Service("services.orders.projector", Config(database=database, broker=broker.address, home=tmp_path))
    assert projector.process.wait(60) == 1
    said = projector.log.read_text().splitlines()
    assert said == [f"projection orders has no generation of version {SPEC.version}: run `python -m services.prepare`"]


@pytest.mark.slow
def test_the_worker_moves_the_clock_relays_the_outbox_and_stops_on_sigterm(config: Config) -> None:
    asyncio.run(_bury_one(config.database))
    began = datetime.now(UTC)
    with running("services.orders.worker", config) as worker:
        eventually(
            lambda: query(config.database, "SELECT FROM orders_g1.clock WHERE at > %s", began), "the clock moves"
        )
        first = query(config.database, "SELECT at FROM orders_g1.clock")
        eventually(lambda: query(config.database, "SELECT at FROM orders_g1.clock") > first, "it moves on")
        eventually(lambda: not query(config.database, "SELECT FROM store.outbox"), "the outbox is relayed")
        assert worker.stop() == 0
    dead_letters = Partition("dead-letters", 0)
    assert asyncio.run(end_offsets(config.broker, [dead_letters])) == {dead_letters: 1}


def test_a_worker_stops_on_ctrl_c_too(config: Config) -> None:
    with running("services.invoicing.worker", config, SEATLEDGER_DAILY_RUNS="true") as worker:
        assert worker.stop(signal.SIGINT) == 0


def test_a_worker_that_is_started_before_the_broker_answers_exits_and_succeeds_when_started_again(
    config: Config,
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        nowhere = config.model_copy(update={"broker": f"127.0.0.1:{nobody.getsockname()[1]}"})
        too_early = Service("services.orders.worker", nowhere)
        assert too_early.process.wait(60) == 1
    with running("services.orders.worker", config) as worker:
        assert worker.stop() == 0


async def _store_only(dsn: str) -> None:
    from shared.store.migrations import STORE_MIGRATIONS, migrate

    async with await connect(dsn) as connection:
        await migrate(connection, {"store": STORE_MIGRATIONS})


async def _bury_one(dsn: str) -> None:
    record = Record("orders.events", 0, 0, 1_767_225_600_000, b"cus-1", b"not json", ())
    async with await connect(dsn) as connection, connection.transaction():
        await bury(connection, [DeadLetter(record, "is not JSON")], "test")


def test_a_projector_that_is_alone_goes_on_after_a_kill(config: Config, tmp_path: Path) -> None:
    """On a broker that keeps the killed member in its group a later one would wait for it for ever."""
    emit(write_events(tmp_path, ORDER), broker=lambda: config.broker)
    with running("services.subscriptions.projector", config, SEATLEDGER_OWN_GROUPS="true") as killed:
        eventually(lambda: query(config.database, "SELECT FROM read.subscriptions"), "the order is projected")
        killed.process.kill()
        killed.process.wait(30)
    emit(write_events(tmp_path, CHANGE), broker=lambda: config.broker)
    with running("services.subscriptions.projector", config, SEATLEDGER_OWN_GROUPS="true") as again:
        changed = "SELECT FROM read.subscriptions WHERE subscription = 'sub-1' AND quantity = 8"
        eventually(lambda: query(config.database, changed), "the change is projected")
        assert again.stop() == 0
