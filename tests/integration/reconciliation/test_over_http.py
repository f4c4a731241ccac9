"""Reconciliation over HTTP: what is shown of both sides, what may be done about it, and what vendors are asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from services.reconciliation.tasks import Task, ask
from services.reconciliation.vendors.connector import NotReached
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem
from tests.infrastructure.brokers import Broker
from tests.infrastructure.vendors import VendorInMemory
from tests.integration.reconciliation.reconciled import THEIRS, compared, in_system, swept
from tests.integration.reconciliation.served import Api, served

_ROWS = "/v1/reconciliation"
_ACTIONS = "/v1/reconciliation/microsoft/{}/actions"
_SUBSCRIPTION = "SELECT status, quantity FROM read.subscriptions WHERE subscription = %s"


async def found(running: BillingSystem) -> VendorInMemory:
    """EX-18, swept and compared."""
    vendor = VendorInMemory(held={"acc-1": list(THEIRS)})
    await swept(running, vendor)
    await compared(running)
    return vendor


async def row_of(api: Api, subscription: str) -> Any:
    (row,) = await api.items(_ROWS, subscription=subscription)
    return row


async def aligned(api: Api, **more: Any) -> tuple[int, Any]:
    """S2 gets the vendor's seats, quoting what its row says."""
    quoted = (await row_of(api, "S2"))["snapshot"]
    body = {"action": "ALIGN_BSS_QUANTITY", "snapshot": quoted}
    return await api.post(_ACTIONS.format("S2"), body, **more)


def test_a_row_says_what_both_sides_have_and_what_may_be_done(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)
        async with served(running) as api:
            rows = {row["subscription"] or row["vendor_subscription"]: row for row in await api.items(_ROWS)}

        assert {about: row["verdicts"] for about, row in rows.items()} == {
            "S1": ["OK"], "S2": ["QUANTITY_MISMATCH"], "S3": ["STATUS_MISMATCH"], "S5": ["MISSING_IN_VENDOR"],
            "v4": ["MISSING_IN_BSS"],
        }  # fmt: skip
        second, checked, snapshot = rows["S2"], rows["S2"].pop("last_checked"), rows["S2"].pop("snapshot")
        (standing,) = second.pop("differences")
        assert second == {
            "vendor": "microsoft", "subscription": "S2", "vendor_subscription": "v2", "is_addon": False,
            "is_trial": False, "name": None, "product": "office", "product_key": "office:1", "customer": "cus-1",
            "reseller": None, "account": "acc-1", "ours": {"quantity": 10, "status": "active"},
            "theirs": {"quantity": 12, "status": "active", "raw_status": "active"},
            "verdicts": ["QUANTITY_MISMATCH"], "warnings": [], "reason": None, "candidates": [],
            "actions": ["ALIGN_BSS_QUANTITY", "PUSH_QUANTITY_TO_VENDOR", "IGNORE"],
        }  # fmt: skip
        assert datetime.fromisoformat(checked) <= datetime.now(UTC)
        assert snapshot == rows["S1"]["snapshot"]
        assert (standing["verdict"], standing["state"], standing["by"]) == ("QUANTITY_MISMATCH", "open", None)
        assert (rows["S5"]["theirs"], rows["v4"]["ours"]) == (None, None)
        assert (rows["S5"]["candidates"], rows["v4"]["candidates"]) == (["v4"], ["S5"])
        assert rows["S1"]["actions"] == rows["S1"]["differences"] == []

    in_system(database, empty_broker, told)


def test_rows_are_filtered(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)
        async with served(running) as api:

            async def about(**wanted: Any) -> list[str]:
                return [one["subscription"] or one["vendor_subscription"] for one in await api.items(_ROWS, **wanted)]

            assert await about(findings=True) == ["S2", "S3", "S5", "v4"]
            assert await about(verdict="MISSING_IN_BSS") == ["v4"]
            assert await about(customer="cus-1") == ["S1", "S2", "S3", "S5"]
            assert await about(subscription="V3") == ["S3"]
            assert await about(account="acc-1", vendor="microsoft", verdict="OK") == ["S1"]
            assert await about(vendor="panda") == await about(account="acc-2") == []

    in_system(database, empty_broker, told)


def test_an_action_is_done_once_and_the_row_says_by_whom(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)
        async with served(running) as api:
            status, previewed = await aligned(api, query={"preview": True})
            assert (status, previewed["settles"]) == (200, ["QUANTITY_MISMATCH"])
            assert await running.query(_SUBSCRIPTION, "S2") == [("active", 10)]

            status, done = await aligned(api, Idempotency_Key="k")
            again = await aligned(api, Idempotency_Key="k")
            await running.settled()

            assert (status, again) == (200, (200, done))
            assert [event["type"] for event in done["events"]] == ["LicensesChanged", "DiscrepancyResolved"]
            assert (done["action"], done["subscription"]) == ("ALIGN_BSS_QUANTITY", "S2")
            assert await running.query(_SUBSCRIPTION, "S2") == [("active", 12)]
            row = await row_of(api, "S2")
            (difference,) = row["differences"]
            assert (difference["state"], difference["resolution"]) == ("over", "ALIGN_BSS_QUANTITY")
            assert difference["by"].endswith("(Maria)")
            assert row["actions"] == []
            (history,) = await api.items("/v1/discrepancies", subscription="S2")
            assert (history["number"], history["ours_quantity"], history["theirs_quantity"]) == (1, 10, 12)
            assert len(await api.items("/v1/discrepancies", state="open", vendor="microsoft")) == 3

    in_system(database, empty_broker, told)


def test_actions_that_are_refused_say_why(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)
        async with served(running) as api:
            quoted = (await row_of(api, "S2"))["snapshot"]
            align = {"action": "ALIGN_BSS_QUANTITY", "snapshot": quoted}
            wrong = [
                await api.post(_ACTIONS.format("S77"), align),
                await api.post(_ACTIONS.format("S1"), align),
                await api.post(_ACTIONS.format("S2"), {**align, "snapshot": "older"}),
                await api.post(_ACTIONS.format("S2"), align, If_Match='"older"'),
                await api.post(_ACTIONS.format("S2"), {**align, "action": "MEND"}),
                await api.post(_ACTIONS.format("S2"), {**align, "amount": 3}),
            ]

        assert [(status, answer["type"].rpartition(":")[2]) for status, answer in wrong] == [
            (404, "not-found"), (422, "refused"), (412, "outdated"), (412, "outdated"), (400, "bad-request"),
            (400, "bad-request"),
        ]  # fmt: skip
        assert await running.query(_SUBSCRIPTION, "S2") == [("active", 10)]

    in_system(database, empty_broker, told)


def test_what_only_the_vendor_has_is_imported_as_its_dates_and_terms_are_written(
    database: str, empty_broker: Broker
) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)
        async with served(running, "distributor") as api:
            nine = {
                "subscription_id": "S9", "currency": "EUR", "customer": {"id": "cus-1"}, "quantity": 7,
                "unit_price": "10.00", "product": {"id": "office", "vendor": "Microsoft"}, "term": "P1M",
                "started_at": "2025-02-01", "billed_by_us_from": "2025-03-01",
            }  # fmt: skip
            body = {"action": "IMPORT", "snapshot": (await row_of(api, "v4"))["snapshot"], "subscription": nine}
            status, _ = await api.post(_ACTIONS.format("V4"), body)
            await running.settled()

        assert status == 200
        assert await running.query(_SUBSCRIPTION, "S9") == [("active", 7)]

    in_system(database, empty_broker, told)


def test_accounts_and_sweeps_are_shown_with_what_failed(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = await found(running)
        vendor.failing["acc-2"] = NotReached("Partner Center did not answer")
        await swept(running, vendor)
        async with served(running) as api:
            accounts = await api.items("/v1/vendor-accounts")
            failed = await api.items("/v1/vendor-accounts", failed=True, vendor="microsoft")
            sweeps = await api.items("/v1/sweeps", vendor="microsoft")

        assert [(one["account"], one["name"], one["failed"], one["hinted"]) for one in accounts] == [
            ("acc-1", "Customer of acc-1", None, False),
            ("acc-2", "Customer of acc-2", "Partner Center did not answer", False),
        ]
        assert [one["account"] for one in failed] == ["acc-2"]
        assert [(one["accounts"], one["failed"], one["by"]) for one in sweeps] == [(2, 1, "test"), (1, 0, "test")]
        assert all(one["finished_at"] for one in sweeps)

    in_system(database, empty_broker, told)


def task(state: Any, number: int) -> Task:
    at = datetime(2026, 3, number, tzinfo=UTC)
    ended = None if state == "waiting" else at
    error = "its window is over" if state == "failed" else None
    return Task(
        uuid4(), "change_quantity", "microsoft", "acc-1", None, f"S{number}", f"v{number}", {"quantity": 4}, "s",
        "Maria", at, state, 1, ended, error,
    )  # fmt: skip


def test_a_task_that_failed_is_tried_again_and_others_are_not(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        waiting, done, failed = task("waiting", 1), task("done", 2), task("failed", 3)
        async with await connect(running.dsn) as connection:
            for one in (waiting, done, failed):
                await ask(connection, one)
        async with served(running) as api:
            shown = await api.items("/v1/vendor-tasks")
            assert [(one["subscription"], one["state"], one["quantity"]) for one in shown] == [
                ("S3", "failed", 4), ("S2", "done", 4), ("S1", "waiting", 4),
            ]  # fmt: skip
            assert [one["error"] for one in await api.items("/v1/vendor-tasks", state="failed")] == [
                "its window is over"
            ]
            retry = "/v1/vendor-tasks/{}/retry"

            again = [await api.post(retry.format(failed.task)) for _ in range(2)]
            refused = [await api.post(retry.format(one)) for one in (done.task, uuid4(), "no-id")]

            assert [(status, answer["state"], answer["attempts"]) for status, answer in again] == [
                (200, "waiting", 0), (200, "waiting", 0),
            ]  # fmt: skip
            assert [status for status, _ in refused] == [422, 404, 400]
            assert await api.items("/v1/vendor-tasks", state="failed") == []
        async with served(running, "distributor") as api:
            assert len(await api.items("/v1/vendor-tasks", subscription="S3")) == 1

    in_system(database, empty_broker, told)
