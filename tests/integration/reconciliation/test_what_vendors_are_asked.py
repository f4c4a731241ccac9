"""What a vendor is to do: seats that are pushed, licences of an executed order; once, tried again, and told of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.orders.projection import SPEC as ORDERS
from services.reconciliation import timers
from services.reconciliation.asking import CONSUMER
from services.reconciliation.carrying_out import asked_of
from services.reconciliation.commands.bodies import PushQuantity
from services.reconciliation.comparing import compare_now
from services.reconciliation.delay import Policy
from services.reconciliation.projection import SPEC as RECONCILIATION
from services.reconciliation.reacting import react, to_provision, told
from services.reconciliation.tasks import GIVES_UP_AFTER, Task, ask, carry_out, tasks, try_again
from services.reconciliation.vendors.connector import Answer, NotReached, Refused
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.store.config import Config
from shared.store.pool import connect
from shared.store.reactions import drain
from tests.infrastructure.billing_system import BillingSystem, Event
from tests.infrastructure.brokers import Broker
from tests.infrastructure.vendors import VendorInMemory
from tests.integration.reconciliation.reconciled import THEIRS, act, compared, in_system, snapshot, swept

EVERY = (ORDERS, SUBSCRIPTIONS, RECONCILIATION)
_SUBSCRIPTION = "SELECT status, vendor_subscription FROM read.subscriptions WHERE subscription = %s"


def panda(number: int, at: datetime | None = None, family: str | None = "ad360", **item: object) -> Event:
    """An order of Panda licences, of this moment or another."""
    product = {"id": "panda-ad360", "vendor": "Panda"} | ({} if family is None else {"family": family})
    of = {"subscription_id": f"P{number}", "product": product, "quantity": 10, "unit_price": "4.90", **item}
    customer = {"id": "cus-1", "name": "Contoso"}
    data = {"order_id": f"p-{number}", "currency": "EUR", "customer": customer, "items": [of]}
    time = (at or datetime.now(UTC)).isoformat()
    return {"id": f"p{number}", "source": "urn:test", "type": "OrderExecuted", "time": time, "data": data}


def family(name: str) -> Event:
    data = {"id": "panda-ad360", "vendor": "panda", "family": name, "prices": []}
    return {
        "id": "f", "source": "urn:test", "type": "ProductDefined", "time": "2025-01-01T00:00:00Z", "data": data
    }  # fmt: skip


async def worked(running: BillingSystem, vendor: VendorInMemory, now: datetime | None = None) -> list[Task]:
    """The worker's turn: reactions become tasks, and tasks that wait are carried out; how they stand then."""
    await running.settled()
    async with await connect(running.dsn) as connection:
        await drain(connection, CONSUMER, react, 100)
        while await carry_out(connection, {vendor.vendor: asked_of(vendor)}, told, now=now) is not None:
            pass
    await running.settled()
    async with await connect(running.dsn) as connection:
        return await tasks(connection)


async def pushed(running: BillingSystem) -> VendorInMemory:
    """EX-18, and our ten seats of S2 to be pushed to the vendor that has twelve."""
    vendor = VendorInMemory(held={"acc-1": list(THEIRS)})
    await swept(running, vendor)
    await compared(running)
    quoted = await snapshot(running, "S2")
    await act(running, "S2", PushQuantity(action="PUSH_QUANTITY_TO_VENDOR", snapshot=quoted))
    return vendor


def test_our_quantity_is_pushed_to_the_vendor(database: str, empty_broker: Broker) -> None:
    async def then(running: BillingSystem) -> None:
        vendor = await pushed(running)

        (task,) = await worked(running, vendor)
        before = await compared(running)
        later = datetime.now(UTC) + timedelta(hours=2)
        await swept(running, vendor, later)
        after = await compared(running)

        assert (task.state, task.wanted["answer"]) == ("done", "done")
        assert vendor.held["acc-1"][1].quantity == 10
        # The last look was before the push: it says nothing of S2 until the next one.
        assert (before.verdicts["NOT_COMPARABLE"], before.found) == (1, 0)
        assert (after.verdicts["OK"], after.found) == (2, 0)

    in_system(database, empty_broker, then)


def test_what_the_vendor_refuses_is_a_difference_again_with_its_reason(database: str, empty_broker: Broker) -> None:
    async def then(running: BillingSystem) -> None:
        vendor = await pushed(running)
        vendor.failing["acc-1"] = Refused("800090: the quantity cannot be decreased any more")

        (task,) = await worked(running, vendor)

        assert (task.state, task.attempts) == ("failed", 1)
        shown = "SELECT state, reason FROM read.discrepancies WHERE subscription = 'S2' ORDER BY number"
        assert await running.query(shown) == [
            ("over", None), ("open", "800090: the quantity cannot be decreased any more")
        ]  # fmt: skip
        # Nothing is on its way to the vendor: it can be compared and mended at once, and is not told again.
        outcome = await compared(running)
        assert (outcome.verdicts["QUANTITY_MISMATCH"], outcome.found) == (1, 0)

    in_system(database, empty_broker, then)


def test_what_nobody_foresaw_fails_its_own_task_and_holds_up_no_other(database: str, empty_broker: Broker) -> None:
    class Odd(VendorInMemory):
        async def change_quantity(
            self, account_id: str, vendor_subscription_id: str, to: int, request_id: str
        ) -> Answer:
            raise ValueError("an answer that nobody has seen yet")

    async def then(running: BillingSystem) -> None:
        vendor = await pushed(running)

        (task,) = await worked(running, Odd(held=vendor.held))

        assert task.state == "failed"
        assert task.error == "not foreseen, see the log: ValueError('an answer that nobody has seen yet')"
        shown = "SELECT state FROM read.discrepancies WHERE subscription = 'S2' ORDER BY number"
        assert await running.query(shown) == [("over",), ("open",)]

    in_system(database, empty_broker, then)


def test_a_vendor_is_connected_to_only_where_something_is_to_be_asked_of_it(
    database: str, empty_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected_to: list[str] = []

    async def then(running: BillingSystem) -> None:
        vendor = VendorInMemory(held={"acc-1": list(THEIRS)})

        @asynccontextmanager
        async def connected(name: str) -> AsyncIterator[VendorInMemory]:
            connected_to.append(name)
            yield vendor

        monkeypatch.setattr(timers, "connected", connected)
        monkeypatch.setattr(timers, "configured_vendors", lambda: ["microsoft", "panda"])
        worker = timers.VendorTasks(Config(database=running.dsn, broker=running.broker))
        assert await worker.carry_out(asyncio.Event()) == 0
        assert connected_to == []

        await swept(running, vendor)
        await compared(running)
        quoted = await snapshot(running, "S2")
        await act(running, "S2", PushQuantity(action="PUSH_QUANTITY_TO_VENDOR", snapshot=quoted))
        assert await worker.carry_out(asyncio.Event()) == 1
        assert connected_to == ["microsoft"]

    in_system(database, empty_broker, then)


def test_a_vendor_that_is_away_is_asked_again_and_given_up_after_two_hours(database: str, empty_broker: Broker) -> None:
    async def then(running: BillingSystem) -> None:
        vendor = await pushed(running)
        vendor.failing["acc-1"] = NotReached("the vendor does not answer")
        begun = datetime.now(UTC)

        (first,) = await worked(running, vendor)
        (soon,) = await worked(running, vendor)
        (second,) = await worked(running, vendor, begun + timedelta(seconds=30))
        (last,) = await worked(running, vendor, begun + GIVES_UP_AFTER + timedelta(minutes=11))

        assert [(one.state, one.attempts) for one in (first, soon, second, last)] == [
            ("waiting", 1), ("waiting", 1), ("waiting", 2), ("failed", 3)
        ]  # fmt: skip
        assert last.error == "the vendor does not answer"

    in_system(database, empty_broker, then)


def test_an_executed_order_is_provisioned_once(database: str, empty_broker: Broker) -> None:
    async def then(running: BillingSystem) -> None:
        vendor = VendorInMemory("panda")
        order = panda(1)
        await running.emit([order, order])
        (task,) = await worked(running, vendor)
        await running.emit([order])
        await worked(running, vendor)

        assert (task.state, task.account, task.customer) == ("done", None, "cus-1")
        assert [(one.product_key, one.quantity) for one in vendor.held["cus-1"]] == [("panda-ad360", 10)]
        assert await running.query(_SUBSCRIPTION, "P1") == [("active", f"of {task.task}")]

    in_system(database, empty_broker, then, ours=[], specs=EVERY)


def test_a_worker_that_died_before_it_said_so_assigns_nothing_twice(database: str, empty_broker: Broker) -> None:
    async def then(running: BillingSystem) -> None:
        vendor = VendorInMemory("panda")
        await running.emit([panda(1)])
        await running.settled()

        async def dies(connection: object, task: Task, at: datetime) -> None:
            raise KeyboardInterrupt

        async with await connect(running.dsn) as connection:
            await drain(connection, CONSUMER, react, 100)
            with pytest.raises(KeyboardInterrupt):
                await carry_out(connection, {"panda": asked_of(vendor)}, dies)
        (task,) = await worked(running, vendor)

        assert task.state == "done"
        assert len(vendor.held["cus-1"]) == 1

    in_system(database, empty_broker, then, ours=[], specs=EVERY)


def test_what_fails_shows_and_can_be_tried_again_as_the_same_request(database: str, empty_broker: Broker) -> None:
    async def then(running: BillingSystem) -> None:
        vendor = VendorInMemory("panda", refuses_to_provision=Refused("no licences are left in the pool"))
        await running.emit([panda(1)])
        (failed,) = await worked(running, vendor)
        assert (failed.state, failed.error) == ("failed", "no licences are left in the pool")
        assert await running.query(_SUBSCRIPTION, "P1") == [("failed", None)]

        vendor.refuses_to_provision = None
        async with await connect(running.dsn) as connection:
            assert await try_again(connection, failed.task)
            assert not await try_again(connection, UUID(int=0))
        (done,) = await worked(running, vendor)

        assert (done.state, done.task) == ("done", failed.task)
        assert await running.query(_SUBSCRIPTION, "P1") == [("active", f"of {done.task}")]

    in_system(database, empty_broker, then, ours=[], specs=EVERY)


def test_a_second_product_of_a_family_is_refused(database: str, empty_broker: Broker) -> None:
    async def then(running: BillingSystem) -> None:
        vendor = VendorInMemory("panda")
        await running.emit([family("ad360"), panda(1)])
        await worked(running, vendor)
        await running.emit([panda(2)])

        second = next(one for one in await worked(running, vendor) if one.subscription == "P2")

        assert second.state == "failed"
        assert second.error is not None
        assert "cus-1 has P1 of the family ad360 already" in second.error

    in_system(database, empty_broker, then, ours=[], specs=EVERY)


def test_an_old_order_that_is_seen_for_the_first_time_waits_for_a_person(database: str, empty_broker: Broker) -> None:
    async def then(running: BillingSystem) -> None:
        vendor = VendorInMemory("panda")
        await running.emit([panda(1, at=datetime.now(UTC) - timedelta(days=90))])
        assert await worked(running, vendor) == []

        async with await connect(running.dsn) as connection:
            asked = await to_provision(connection, "P1", "a person")
            assert asked is not None
            await ask(connection, asked)
        (task,) = await worked(running, vendor)

        assert (task.state, task.by) == ("done", "a person")
        assert await running.query(_SUBSCRIPTION, "P1") == [("active", f"of {task.task}")]
        async with await connect(running.dsn) as connection:
            assert await to_provision(connection, "P1", "a person") is None

    in_system(database, empty_broker, then, ours=[], specs=EVERY)


def test_seats_of_long_ago_are_not_pushed_by_a_database_that_reads_the_log_anew(
    database: str, empty_broker: Broker
) -> None:
    def decided(at: datetime) -> Event:
        data = {"vendor": "microsoft", "account_id": "acc-1", "subscription_id": "S2", "vendor_subscription_id": "v2",
                "verdict": "QUANTITY_MISMATCH", "ours": {"quantity": 10}, "theirs": {"quantity": 12},
                "snapshot_id": "a-look", "resolution": "PUSH_QUANTITY_TO_VENDOR", "by": "ada"}  # fmt: skip
        time = at.isoformat()
        return {"id": f"push-{time}", "source": "urn:test", "type": "DiscrepancyResolved", "time": time, "data": data}

    async def then(running: BillingSystem) -> None:
        vendor = VendorInMemory(held={"acc-1": list(THEIRS)})
        now = datetime.now(UTC)
        # given: what somebody decided in another year, and nothing is known here of its being done
        await running.emit([decided(now - timedelta(days=400))])
        # when / then: it is left alone, and the difference is found as any other
        assert await worked(running, vendor) == []
        await swept(running, vendor)
        assert (await compared(running)).verdicts["QUANTITY_MISMATCH"] == 1
        # and what was decided a moment ago is done
        await running.emit([decided(now - timedelta(hours=1))])
        (task,) = await worked(running, vendor)
        assert (task.state, task.by, vendor.held["acc-1"][1].quantity) == ("done", "ada", 10)

    in_system(database, empty_broker, then)


def test_microsofts_orders_are_provisioned_by_nobody_here(database: str, empty_broker: Broker) -> None:
    async def then(running: BillingSystem) -> None:
        assert await worked(running, VendorInMemory("panda")) == []
        assert await running.query("SELECT count(*) FROM store.reaction") == [(0,)]

    in_system(database, empty_broker, then)


def test_what_was_assigned_and_is_gone_is_missed_in_its_account(database: str, empty_broker: Broker) -> None:
    async def then(running: BillingSystem) -> None:
        vendor = VendorInMemory("panda")
        await running.emit([panda(1)])
        await worked(running, vendor)
        vendor.held["cus-1"].clear()
        later = datetime.now(UTC) + timedelta(hours=2)
        await swept(running, vendor, later)

        await compare_now(running.dsn, running.broker, "panda", Policy())

        shown = "SELECT account, verdicts FROM read.reconciliation"
        assert await running.query(shown) == [("cus-1", ["MISSING_IN_VENDOR"])]

    in_system(database, empty_broker, then, ours=[], specs=EVERY)
