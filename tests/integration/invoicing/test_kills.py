"""Workers killed at any moment and started again: the same rows and documents, nothing twice, nothing lost."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.invoicing.cli import simulation_shape
from services.invoicing.simulation import simulate
from services.prepare import prepare
from shared.store.config import Config
from tests.infrastructure.billing_system import BillingSystem, Event
from tests.infrastructure.brokers import Broker
from tests.integration.invoicing.documents import facts_in, in_order, table

pytestmark = [pytest.mark.kill, pytest.mark.slow]

SUBSCRIPTIONS = 150
PLAN = {"term": "P1Y", "billing_frequency": "P1M"}
RUN = date(2025, 8, 1)


def stream(seed: int) -> list[Event]:
    """Orders and four changes of seats each, in an order that has nothing to do with time."""
    chance = random.Random(seed)
    events: list[Event] = []
    for number in range(SUBSCRIPTIONS):
        customer = f"cus-{number % 20}"
        events.append(
            {"id": f"o{number}", "source": "urn:test", "type": "OrderExecuted", "time": "2025-03-10T08:00:00Z",
             "data": {"order_id": f"ord-{number}", "currency": "EUR",
                      "reseller": {"id": f"res-{number % 5}", "tax_rate": "0.24"}, "customer": {"id": customer},
                      "items": [{"subscription_id": f"sub-{number}", "product": {"id": "p"}, "quantity": 5,
                                 "unit_price": "120.00", **(PLAN if number % 3 == 0 else {})}]}}
        )  # fmt: skip
        for change in range(4):
            day = chance.randint(11, 28)
            events.append(
                {"id": f"c{number}-{change}", "source": "urn:test", "type": "LicensesChanged",
                 "time": f"2025-0{chance.randint(4, 7)}-{day}T08:00:00Z",
                 "data": {"subscription_id": f"sub-{number}", "customer_id": customer,
                          "quantity": chance.randint(1, 20)}}
            )  # fmt: skip
    chance.shuffle(events)
    return events


@contextmanager
def process(module: str, system: BillingSystem, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """One process of a service on this test's broker and database; killed at the end if it still runs."""
    environment = os.environ | {"SEATLEDGER_DATABASE": system.dsn, "SEATLEDGER_BROKER": system.broker}
    environment["SEATLEDGER_BATCH"] = "40"
    running = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield running
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()


async def killed_again_and_again(module: str, system: BillingSystem, chance: random.Random, times: int) -> None:
    """Start a process and kill it after a random while, several times."""
    for _ in range(times):
        with process(module, system):
            await asyncio.sleep(chance.uniform(1.2, 3.0))


COLUMNS = {
    "subscriptions": "subscription, status, quantity, unit_price, billing_plan, term_start, term_end, protected_until",
    "installment_plans": "subscription, billing_plan, installments, invoiced, excluded, remaining, next_invoice_date, "
    "next_invoice_amount, next_invoice_gross, extra_charge_rate",
}


async def rows(system: BillingSystem, view: str) -> list[tuple[str, ...]]:
    return table(await system.query(f"SELECT {COLUMNS[view]} FROM read.{view}"))


def expected(events: list[Event]) -> dict[str, Any]:
    """What `simulate` says: documents of the run, rows as of today, which is where the worker has moved the clock."""
    return simulation_shape(simulate(facts_in(events), datetime.now(UTC).date(), [RUN]))


@pytest.mark.parametrize("seed", [1, 2])
def test_workers_killed_while_events_flow_leave_the_rows_of_a_quiet_run(
    empty_broker: Broker, database: str, seed: int
) -> None:
    if not empty_broker.keeps_acknowledged_records:
        pytest.skip("a kill test needs a broker that keeps what it acknowledged: make test-kafka")
    events, chance = stream(seed), random.Random(seed)

    async def scenario() -> None:
        await prepare(Config(database=database, broker=empty_broker.address, partitions=4))
        system = BillingSystem(database, empty_broker.address)
        kills = [
            asyncio.create_task(killed_again_and_again(f"services.{service}.projector", system, chance, 3))
            for service in ("subscriptions", "invoicing", "invoicing")
        ]
        for start in range(0, len(events), 50):
            await system.emit(events[start : start + 50])
            await asyncio.sleep(0.2)
        await asyncio.gather(*kills)
        with (
            process("services.subscriptions.projector", system),
            process("services.invoicing.projector", system),
            process("services.invoicing.worker", system),
        ):
            await system.settled(120)
            report = await system.run(RUN)
            await system.settled(120)

            wanted = expected(events)
            assert in_order(report.documents) == in_order(wanted["documents"])
            assert await system.query("SELECT count(*) FROM store.dead_letter") == [(0,)]
            assert await rows(system, "subscriptions") == table(wanted["subscriptions"])
            assert await rows(system, "installment_plans") == table(wanted["installment_plans"])
            lines = await system.query("SELECT count(*), count(DISTINCT line) FROM read.document_lines")
            assert lines == [(report.lines, report.lines)]

    asyncio.run(scenario())


def test_an_invoice_run_killed_at_any_moment_is_run_again_and_bills_everything_once(
    empty_broker: Broker, database: str
) -> None:
    if not empty_broker.keeps_acknowledged_records:
        pytest.skip("a kill test needs a broker that keeps what it acknowledged: make test-kafka")
    events, chance = stream(3), random.Random(3)

    async def scenario() -> None:
        await prepare(Config(database=database, broker=empty_broker.address, partitions=4))
        system = BillingSystem(database, empty_broker.address)
        with (
            process("services.subscriptions.projector", system),
            process("services.invoicing.projector", system),
            process("services.invoicing.worker", system),
        ):
            await system.emit(events)
            await system.settled(120)
            for _ in range(6):
                with process("services.cli", system, "invoice-run", "--date", RUN.isoformat()):
                    await asyncio.sleep(chance.uniform(0.6, 1.6))
            await system.run(RUN)
            await system.settled(120)

            issued = await system.query("SELECT recipient, net::text, gross::text FROM read.documents")
            wanted = [(d["recipient"], d["net"], d["gross"]) for d in expected(events)["documents"]]
            assert sorted(issued) == sorted(wanted)
            numbers = await system.query("SELECT number FROM read.documents ORDER BY number")
            assert [n for (n,) in numbers] == [f"INV-2025-{i:06d}" for i in range(1, len(wanted) + 1)]

    asyncio.run(scenario())
