"""Projectors and workers: what they count, and whether they may be given work while what they need is away."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.processes import free_port
from services.orders.cli import emit
from services.prepare import prepare
from shared.store.config import Config
from tests.infrastructure.brokers import OwnBroker
from tests.infrastructure.databases import allow_connections
from tests.infrastructure.monitored import get, reasons, scrape, sums
from tests.integration.services.running import CHANGE, ORDER, eventually, running, write_events

pytestmark = [pytest.mark.broker, pytest.mark.database]

DATABASE, BROKER = "the database does not answer", "the broker does not answer"


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[OwnBroker]:
    broker = OwnBroker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def installed(own_broker: OwnBroker, database: str, tmp_path: Path) -> Config:
    """Prepared on a broker that the test may stop."""
    made = Config(database=database, broker=own_broker.address, home=tmp_path, partitions=2, tick_seconds=0.5)
    asyncio.run(prepare(made))
    return made


@pytest.fixture
def projector(installed: Config) -> Iterator[int]:
    """The port of a projector of subscriptions that reads the log."""
    port = free_port()
    environment = {"SEATLEDGER_METRICS_PORT": str(port), "SEATLEDGER_OWN_GROUPS": "true"}
    with running("services.subscriptions.projector", installed, **environment):
        eventually(lambda: not reasons(port), "the projector has its partitions")
        yield port


def test_a_projector_counts_events_by_type_and_those_that_come_twice(
    installed: Config, projector: int, tmp_path: Path
) -> None:
    file = write_events(tmp_path, ORDER, CHANGE)
    emit(file, broker=lambda: installed.broker)
    emit(file, broker=lambda: installed.broker)

    def counted() -> dict[str, float]:
        return sums(scrape(projector), projection="subscriptions", generation="1")

    eventually(lambda: counted().get("seatledger_projector_events_total") == 4, "four events are counted")
    found = counted()
    assert found["seatledger_projector_duplicates_total"] == 2
    assert found["seatledger_projector_facts_total"] > 0
    assert found["seatledger_projector_batch_seconds_count"] >= 1
    by_type = [sums(scrape(projector), type=kind)["seatledger_projector_events_total"] for kind in
               ("OrderExecuted", "LicensesChanged")]  # fmt: skip
    assert by_type == [2, 2]


def test_a_projector_without_its_database_is_not_ready_and_lives(installed: Config, projector: int) -> None:
    allow_connections(installed.database, False)
    eventually(
        lambda: reasons(projector) == {"database": DATABASE, "reading subscriptions_g1": DATABASE}, "it is not ready"
    )
    lives = get(projector, "/healthz").status
    interrupted = sums(scrape(projector), reason="database_away")
    allow_connections(installed.database, True)

    assert lives == 200
    assert interrupted["seatledger_projector_interruptions_total"] >= 1
    eventually(lambda: not reasons(projector), "it is ready again")


def test_a_projector_without_its_broker_is_not_ready_and_lives(
    own_broker: OwnBroker, installed: Config, projector: int, tmp_path: Path
) -> None:
    own_broker.stop()
    eventually(lambda: reasons(projector).get("broker") == BROKER, "it is not ready")
    lives = get(projector, "/healthz").status
    own_broker.start()

    assert lives == 200
    eventually(lambda: not reasons(projector), "it is ready again")
    emit(write_events(tmp_path, ORDER), broker=lambda: installed.broker)
    eventually(lambda: "seatledger_projector_events_total" in sums(scrape(projector)), "it projects again")


@pytest.mark.slow
def test_a_worker_tells_the_gauges_of_its_projection_and_goes_on_without_the_database(installed: Config) -> None:
    port = free_port()
    with running("services.invoicing.worker", installed, SEATLEDGER_METRICS_PORT=str(port)):
        eventually(lambda: not reasons(port), "the worker is ready")
        before = sums(scrape(port))
        allow_connections(installed.database, False)
        eventually(lambda: reasons(port) == {"database": DATABASE}, "it is not ready")
        lives = get(port, "/healthz").status
        eventually(lambda: sums(scrape(port))["seatledger_collect_errors_total"] > 0, "what is missing is counted")
        meanwhile = sums(scrape(port))
        allow_connections(installed.database, True)
        eventually(lambda: not reasons(port), "it is ready again")
        eventually(lambda: "seatledger_generation_state" in sums(scrape(port)), "everything is told again")

    assert lives == 200
    assert (before["seatledger_generation_state"], before["seatledger_collect_errors_total"]) == (1, 0)
    assert before["seatledger_invoice_run_running"] == 0
    # What the process itself knows is told all the time; what is not known now is left out.
    assert "seatledger_relay_sent_total" in meanwhile
    assert "seatledger_generation_state" not in meanwhile
