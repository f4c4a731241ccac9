"""A vendor is looked at, what it has is compared with what is billed, and what differs is told once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.reconciliation.sweeping import sweep
from services.reconciliation.vendors.connector import Misconfigured, NotReached
from shared.errors import UserError
from tests.infrastructure.billing_system import BillingSystem
from tests.infrastructure.brokers import Broker
from tests.infrastructure.vendors import VendorInMemory
from tests.integration.reconciliation.reconciled import THEIRS, compared, events, held, in_system, swept

_OPEN = (
    "SELECT verdict, ours_quantity, theirs_quantity, state FROM read.discrepancies WHERE state = 'open' ORDER BY 1, 2"
)
_EVERY = "SELECT number, state, theirs_quantity, resolution FROM read.discrepancies ORDER BY discrepancy, number"
_VERDICTS = "SELECT subscription, vendor_subscription, verdicts FROM read.reconciliation ORDER BY row"


def test_ex_18_from_the_vendor_to_the_findings(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        done = await swept(running, VendorInMemory(held={"acc-1": THEIRS}))
        outcome = await compared(running)

        assert (done.accounts, done.failed, done.news, done.resumed) == (1, 0, 1, False)
        assert (outcome.rows, outcome.found, outcome.gone) == (5, 4, 0)
        assert await running.query(_VERDICTS) == [
            ("S1", "v1", ["OK"]), ("S2", "v2", ["QUANTITY_MISMATCH"]), ("S3", "v3", ["STATUS_MISMATCH"]),
            ("S5", "v5", ["MISSING_IN_VENDOR"]), (None, "v4", ["MISSING_IN_BSS"]),
        ]  # fmt: skip
        assert await running.query(_OPEN) == [
            ("MISSING_IN_BSS", None, 7, "open"), ("MISSING_IN_VENDOR", 2, None, "open"),
            ("QUANTITY_MISMATCH", 10, 12, "open"), ("STATUS_MISMATCH", 3, 3, "open"),
        ]  # fmt: skip

    in_system(database, empty_broker, told)


def test_the_same_sweep_twice_tells_nothing_twice(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = VendorInMemory(held={"acc-1": THEIRS})
        await swept(running, vendor)
        await compared(running)
        once = await events(running)

        again = await swept(running, vendor)
        outcome = await compared(running)

        assert (again.news, outcome.found, outcome.gone) == (0, 0, 0)
        assert await events(running) == once == {"VendorSnapshotTaken": 1, "DiscrepancyFound": 4}

    in_system(database, empty_broker, told)


def test_a_difference_that_becomes_another_and_one_that_goes(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = VendorInMemory(held={"acc-1": [held(1, 5), held(2, 12), held(3, 3, "suspended"), held(5, 2)]})
        await swept(running, vendor)
        await compared(running)
        for seats in (14, 10, 12):
            vendor.held["acc-1"][1] = held(2, seats)
            await swept(running, vendor)
            await compared(running)

        assert await running.query(_EVERY) == [
            (1, "over", 12, "CHANGED"), (2, "over", 14, "AGREED"), (3, "open", 12, None)
        ]  # fmt: skip

    in_system(database, empty_broker, told)


def test_an_account_that_fails_costs_only_itself_and_is_not_observed(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = VendorInMemory(held={"acc-1": THEIRS, "acc-2": [held(9, 1)]})
        await swept(running, vendor)
        await compared(running)
        vendor.failing["acc-1"] = NotReached("the vendor answered 500 for acc-1")

        done = await swept(running, vendor)
        outcome = await compared(running)

        assert (done.accounts, done.failed) == (2, 1)
        # What was found before still stands, and nothing new is concluded.
        assert outcome.verdicts == {"NOT_COMPARABLE": 5, "MISSING_IN_BSS": 1}
        assert (outcome.found, outcome.gone) == (0, 0)
        shown = "SELECT account, failed FROM read.vendor_accounts ORDER BY account"
        assert await running.query(shown) == [("acc-1", "the vendor answered 500 for acc-1"), ("acc-2", None)]
        assert await running.query("SELECT count(*) FROM read.vendor_subscriptions") == [(5,)]

    in_system(database, empty_broker, told)


def test_an_account_that_holds_what_no_event_takes_costs_only_itself(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        odd = replace(held(9, 1), term_end=datetime(2999, 12, 31, tzinfo=UTC))
        long = replace(held(8, 1), name="x" * 5000)
        vendor = VendorInMemory(held={"acc-1": THEIRS, "acc-2": [odd], "acc-3": [long]})

        done = await swept(running, vendor)
        outcome = await compared(running)

        assert (done.accounts, done.failed) == (3, 2)
        assert outcome.verdicts["OK"] == 1
        failed = dict(await running.query("SELECT account, failed FROM reconciliation.account WHERE failed <> ''"))
        assert failed["acc-2"].startswith("what it holds cannot be kept: term_end: ")
        assert failed["acc-3"] == "what it holds cannot be kept: name: String should have at most 2000 characters"

    in_system(database, empty_broker, told)


def test_an_account_that_the_vendor_lists_no_more_is_not_observed(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = VendorInMemory(held={"acc-1": THEIRS, "acc-2": [held(9, 1)]})
        await swept(running, vendor)
        del vendor.held["acc-1"]

        done = await swept(running, vendor)
        outcome = await compared(running)

        assert (done.accounts, done.failed) == (2, 1)
        assert outcome.verdicts == {"NOT_COMPARABLE": 5, "MISSING_IN_BSS": 1}

    in_system(database, empty_broker, told)


def test_a_sweep_that_breaks_off_is_taken_up_where_it_was(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = VendorInMemory(held={f"acc-{n}": [held(n, 1)] for n in range(1, 4)}, list_fails=0)
        with pytest.raises(UserError, match=r"answered 503 .* goes on from here when it is run again"):
            await sweep(running.dsn, vendor, "test")
        vendor.list_fails = None
        vendor.failing["acc-9"] = Misconfigured("the token has expired")
        with pytest.raises(UserError, match="the token has expired"):
            await sweep(running.dsn, vendor, "test")
        looked_at = [row[0] for row in await running.query("SELECT account FROM reconciliation.account")]
        before = len(vendor.asked)

        vendor.failing = {}
        vendor.held["acc-9"] = []
        done = await swept(running, vendor)

        # What broke off at the same moment is looked at again; what was kept is not.
        assert sorted(vendor.asked[before:]) == sorted({"acc-1", "acc-2", "acc-3", "acc-9"} - set(looked_at))
        assert (done.accounts, done.resumed) == (4, True)
        assert (await swept(running, vendor)).resumed is False

    in_system(database, empty_broker, told)


def test_of_a_sweep_that_is_too_old_to_be_taken_up_nothing_is_kept(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = VendorInMemory(held={"acc-1": THEIRS}, failing={"acc-2": Misconfigured("the token has expired")})
        with pytest.raises(UserError, match="the token has expired"):
            await sweep(running.dsn, vendor, "test")
        vendor.failing = {}

        done = await swept(running, vendor, datetime.now(UTC) + timedelta(days=2))

        assert (done.resumed, done.accounts) == (False, 1)
        assert await running.query("SELECT count(*) FROM reconciliation.swept_account") == [(0,)]

    in_system(database, empty_broker, told)


def test_a_list_that_breaks_off_costs_what_it_did_not_name(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = VendorInMemory(held={"acc-1": THEIRS, "acc-2": [held(9, 1)], "acc-3": [held(8, 1)]})
        await swept(running, vendor)
        vendor.list_fails = 2

        done = await swept(running, vendor)
        outcome = await compared(running)

        assert (done.accounts, done.failed) == (3, 1)
        assert done.broken is not None
        assert outcome.verdicts["NOT_COMPARABLE"] == 1
        assert outcome.verdicts["MISSING_IN_BSS"] == 2

    in_system(database, empty_broker, told)


def test_wrong_credentials_end_a_sweep_and_are_no_accounts_fault(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = VendorInMemory(held={"acc-1": THEIRS}, failing={"acc-2": Misconfigured("the secret has expired")})
        with pytest.raises(UserError, match="the secret has expired"):
            await sweep(running.dsn, vendor, "test")
        await running.settled()

        assert await running.query("SELECT failed FROM reconciliation.account WHERE account = 'acc-2'") == []

    in_system(database, empty_broker, told)


def test_a_second_sweep_of_a_vendor_waits_for_the_first(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        begun, goes_on = asyncio.Event(), asyncio.Event()

        class Slow(VendorInMemory):
            async def list_entitlements(self, account_id: str) -> Any:
                begun.set()
                await goes_on.wait()
                return await super().list_entitlements(account_id)

        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(sweep(running.dsn, Slow(held={"acc-1": THEIRS}), "one"))
            await begun.wait()
            with pytest.raises(UserError, match="Another sweep of microsoft is at work"):
                await sweep(running.dsn, VendorInMemory(), "two")
            goes_on.set()
        assert first.result().accounts == 1

    in_system(database, empty_broker, told)


def test_a_change_here_after_the_look_is_no_finding_until_the_next_one(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = VendorInMemory(held={"acc-1": [held(1, 5), held(2, 10), held(3, 3, "suspended"), held(5, 2)]})
        await swept(running, vendor)
        at = datetime.now(UTC).replace(microsecond=0)
        data = {"subscription_id": "S1", "customer_id": "cus-1", "quantity": 6}
        await running.emit(
            [{"id": "c", "source": "urn:test", "type": "LicensesChanged", "time": at.isoformat(), "data": data}]
        )
        await running.settled()

        outcome = await compared(running)
        await sweep(running.dsn, vendor, "test", now=lambda: at + timedelta(hours=2))
        later = await compared(running)

        assert (outcome.verdicts, later.verdicts) == ({"NOT_COMPARABLE": 1, "OK": 3}, {"QUANTITY_MISMATCH": 1, "OK": 3})

    in_system(database, empty_broker, told)
