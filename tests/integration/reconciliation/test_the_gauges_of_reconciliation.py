"""What the worker of reconciliation tells while it is scraped: what stands, what failed, what waits."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from services.reconciliation.gauges import reconciliation_gauges
from services.reconciliation.hints import keep
from services.reconciliation.tasks import Task, ask
from services.reconciliation.vendors.connector import NotReached
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem
from tests.infrastructure.brokers import Broker
from tests.infrastructure.vendors import VendorInMemory
from tests.integration.reconciliation.reconciled import THEIRS, compared, in_system, swept


async def seen(running: BillingSystem) -> dict[tuple[str, ...], float]:
    """Each sample by the end of its name and the values of its labels."""
    (read,) = reconciliation_gauges(running.dsn).values()
    return {
        (family.name.removeprefix("seatledger_"), *sample.labels.values()): sample.value
        for family in await read()
        for sample in family.samples
    }


def test_before_anything_was_looked_at_there_is_nothing_to_tell(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        assert await seen(running) == {}

    in_system(database, empty_broker, told, ours=[])


def test_what_stands_what_failed_and_what_waits(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = VendorInMemory(held={"acc-1": THEIRS})
        await swept(running, vendor)
        await compared(running)
        assert await seen(running) | {("reconciliation_sweep_age_seconds", "microsoft"): 0.0} == {
            ("reconciliation_open_discrepancies", "microsoft", "MISSING_IN_BSS"): 1,
            ("reconciliation_open_discrepancies", "microsoft", "MISSING_IN_VENDOR"): 1,
            ("reconciliation_open_discrepancies", "microsoft", "QUANTITY_MISMATCH"): 1,
            ("reconciliation_open_discrepancies", "microsoft", "STATUS_MISMATCH"): 1,
            ("reconciliation_not_comparable", "microsoft"): 0,
            ("reconciliation_accounts_not_observed", "microsoft"): 0,
            ("reconciliation_sweep_age_seconds", "microsoft"): 0,
        }

        vendor.failing["acc-1"] = NotReached("Partner Center did not answer")
        await swept(running, vendor)
        await compared(running)
        at = datetime.now(UTC)
        async with await connect(running.dsn) as connection:
            await keep(connection, "microsoft", "acc-1", at, "subscription-updated")
            for state in ("waiting", "failed", "failed", "done"):
                task = Task(uuid4(), "provision", "panda", None, "cus-1", "S1", None, {}, None, "test", at, state)
                await ask(connection, task)

        found = await seen(running)
        assert found["reconciliation_not_comparable", "microsoft"] == 5
        assert found["reconciliation_accounts_not_observed", "microsoft"] == 1
        assert found["reconciliation_hints_waiting", "microsoft"] == 1
        assert (found["vendor_tasks", "panda", "waiting"], found["vendor_tasks", "panda", "failed"]) == (1, 2)
        assert found["reconciliation_sweep_age_seconds", "microsoft"] >= 0

    in_system(database, empty_broker, told)
