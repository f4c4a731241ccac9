"""How far an invoice run is, as the worker reads it while another process makes the run."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest

from services.invoicing.run_gauges import run_gauges
from shared.projections.rebuild.switch import run_lock
from shared.store.pool import connect
from tests.infrastructure.billing_system import Event, billing_system
from tests.infrastructure.brokers import Broker
from tests.infrastructure.monitored import sums

pytestmark = [pytest.mark.database, pytest.mark.broker]

DAY = date(2025, 4, 1)
AT = datetime(2025, 4, 1, tzinfo=UTC).timestamp()
_PARK = "INSERT INTO invoicing_g1.parked (scope, scope_id, reason) VALUES ('subscription', 'sub-2', 'a fault')"


class Died(Exception):
    """Stands for whatever ends a run between two chunks."""


def order_of(reseller: int) -> Event:
    return {
        "id": f"o{reseller}", "source": "urn:test", "type": "OrderExecuted", "time": "2025-03-10T08:00:00Z",
        "data": {"order_id": f"ord-{reseller}", "currency": "EUR", "reseller": {"id": f"res-{reseller}"},
                 "customer": {"id": f"cus-{reseller}"},
                 "items": [{"subscription_id": f"sub-{reseller}", "product": {"id": "p"}, "quantity": 5,
                            "unit_price": "10.00"}]},
    }  # fmt: skip


def seen(dsn: str) -> dict[str, float]:
    """The gauges by the end of their names, read from a thread as a scrape is."""

    async def read() -> dict[str, float]:
        found = sums(list(await run_gauges(dsn)["invoice_run"]()))
        return {name.removeprefix("seatledger_invoice_run_"): value for name, value in found.items()}

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(read())).result()


def test_before_the_first_run_nothing_goes_on_and_there_is_no_day(empty_broker: Broker, database: str) -> None:
    async def scenario() -> dict[str, float]:
        async with billing_system(database, empty_broker.address):
            return seen(database)

    assert asyncio.run(scenario()) == {"running": 0, "unbillable_payers": 0}


def test_who_else_keeps_runs_away_is_no_run(empty_broker: Broker, database: str) -> None:
    async def scenario() -> dict[str, float]:
        async with billing_system(database, empty_broker.address), await connect(database) as switching:
            await run_lock(switching, lambda what: None)
            return seen(database)

    assert asyncio.run(scenario())["running"] == 0


def test_payers_are_counted_down_while_a_run_goes_on(empty_broker: Broker, database: str) -> None:
    meanwhile: list[dict[str, float]] = []

    async def scenario() -> dict[str, float]:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit([order_of(number) for number in (1, 2, 3)])
            await system.settled()
            await system.run(DAY, lines_a_chunk=1, step=lambda lines: meanwhile.append(seen(database)))
            return seen(database)

    after = asyncio.run(scenario())

    assert [(one["running"], one["lines"] > 0, one["payers_left"]) for one in meanwhile] == [
        (1, True, 2), (1, True, 1), (1, True, 0),
    ]  # fmt: skip
    assert {one["day_timestamp_seconds"] for one in meanwhile} == {AT}
    assert "completed_day_timestamp_seconds" not in meanwhile[0]
    assert (after["running"], after["documents"], after["payers_left"]) == (0, 3, 0)
    assert after["completed_day_timestamp_seconds"] == AT


def test_a_run_that_died_leaves_payers_and_does_not_go_on(empty_broker: Broker, database: str) -> None:
    def die(_: int) -> None:
        raise Died

    async def scenario() -> tuple[dict[str, float], dict[str, float]]:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit([order_of(number) for number in (1, 2, 3)])
            await system.settled()
            with pytest.raises(Died):
                await system.run(DAY, lines_a_chunk=1, step=die)
            died = seen(database)
            # Its own document is in the log before the next run looks.
            await system.settled()
            await system.run(DAY)
            return died, seen(database)

    died, after = asyncio.run(scenario())

    assert (died["running"], died["payers_left"], died["documents"]) == (0, 2, 1)
    assert (after["payers_left"], after["documents"]) == (0, 3)


def test_payers_that_cannot_be_billed_are_told(empty_broker: Broker, database: str) -> None:
    async def scenario() -> dict[str, float]:
        async with billing_system(database, empty_broker.address) as system:
            await system.emit([order_of(number) for number in (1, 2)])
            await system.settled()
            async with await connect(database) as connection:
                await connection.execute(_PARK)
            await system.run(DAY)
            return seen(database)

    found = asyncio.run(scenario())

    assert (found["unbillable_payers"], found["documents"], found["payers_left"]) == (1, 1, 0)
