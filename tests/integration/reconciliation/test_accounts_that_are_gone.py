"""An account that left the vendor for good: a person says so, what is billed is missing, the vendor takes it back."""

from __future__ import annotations

import pytest

from services.reconciliation.commands.bodies import AlignStatus
from services.reconciliation.gone_accounts import Gone, say_gone
from shared.errors import UserError
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem
from tests.infrastructure.brokers import Broker
from tests.infrastructure.vendors import VendorInMemory
from tests.integration.reconciliation.reconciled import act, compared, held, in_system, ordered, snapshot, swept
from tests.integration.reconciliation.served import served

_VERDICTS = "SELECT subscription, verdicts, account FROM read.reconciliation ORDER BY row"


async def say(running: BillingSystem, account: str, reason: str = "moved to another partner") -> Gone:
    async with await connect(running.dsn) as connection:
        return await say_gone(connection, account, None, reason)


def test_what_is_billed_for_it_is_missing_until_the_vendor_shows_it_again(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        everything = {"acc-1": [held(1, 5)], "acc-2": [held(2, 10)], "acc-3": [held(3, 3)]}
        await swept(running, VendorInMemory(held=dict(everything)))
        await swept(running, VendorInMemory(held={"acc-1": everything["acc-1"]}))
        await compared(running)
        unsure = ["NOT_COMPARABLE"]
        assert await running.query(_VERDICTS) == [
            ("S1", ["OK"], "acc-1"), ("S2", unsure, "acc-2"), ("S3", unsure, "acc-3")
        ]  # fmt: skip

        assert await say(running, "acc-2") == Gone("microsoft", "acc-2", changed=True)
        assert not (await say(running, "acc-2")).changed
        outcome = await compared(running)

        # The other one that does not answer may still come back.
        assert (await running.query(_VERDICTS))[1:] == [("S2", ["MISSING_IN_VENDOR"], "acc-2"), ("S3", unsure, "acc-3")]
        assert outcome.found == 1
        acts = await running.query("SELECT what, reason FROM store.operation WHERE target = 'microsoft/acc-2'")
        assert acts == [("reconcile accounts gone", "moved to another partner")]

        await swept(running, VendorInMemory(held=everything))
        await compared(running)

        assert [verdicts for _, verdicts, _ in await running.query(_VERDICTS)] == [["OK"]] * 3
        acts = await running.query("SELECT what, who FROM store.operation WHERE target = 'microsoft/acc-2' ORDER BY id")
        assert acts[1:] == [("account shown again", "microsoft")]

    in_system(database, empty_broker, told, ours=[ordered(n, q, f"cus-{n}") for n, q in ((1, 5), (2, 10), (3, 3))])


def test_what_is_missing_so_can_be_ended_here(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await swept(running, VendorInMemory(held={"acc-1": [held(1, 5)]}))
        await swept(running, VendorInMemory())
        await say(running, "acc-1")
        await compared(running)
        request = {"action": "ALIGN_BSS_STATUS", "snapshot": await snapshot(running, "S1")}

        await act(running, "S1", AlignStatus.model_validate(request))

        assert await running.query("SELECT status FROM read.subscriptions") == [("canceled",)]

    in_system(database, empty_broker, told, ours=[ordered(1, 5)])


def test_what_answers_or_was_never_seen_is_not_gone(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await swept(running, VendorInMemory(held={"acc-1": [held(1, 5)]}))

        with pytest.raises(
            UserError, match="microsoft showed account acc-1 when it was last looked at: it is not gone"
        ):
            await say(running, "acc-1")
        with pytest.raises(UserError, match="no account 'acc-9' was ever looked at"):
            await say(running, "acc-9")
        with pytest.raises(UserError, match="Give a reason"):
            await say(running, "acc-1", " ")

    in_system(database, empty_broker, told, ours=[ordered(1, 5)])


def test_it_is_said_over_http_once_under_the_name_of_who_asks(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await swept(running, VendorInMemory(held={"acc-1": [held(1, 5)], "acc-2": [held(2, 10)]}))
        await swept(running, VendorInMemory(held={"acc-2": [held(2, 10)]}))
        gone = "/v1/vendor-accounts/microsoft/acc-1/gone"

        async with served(running) as api:
            assert [one["gone_because"] for one in await api.items("/v1/vendor-accounts")] == [None, None]
            status, said = await api.post(gone, {"reason": "moved to another partner"})
            assert (status, said["account"], said["reason"]) == (200, "acc-1", "moved to another partner")
            assert await api.post(gone, {"reason": "something else"}) == (200, said)
            found = await api.items("/v1/vendor-accounts", failed=True)
            assert [one["gone_because"] for one in found] == ["moved to another partner"]
            status, shown = await api.post("/v1/vendor-accounts/microsoft/acc-2/gone", {"reason": "moved"})
            assert status == 422
            assert shown["detail"] == "microsoft showed account acc-2 when it was last looked at: it is not gone"
            status, never = await api.post("/v1/vendor-accounts/panda/acc-1/gone", {"reason": "moved"})
            assert (status, never["detail"]) == (404, "panda has no account 'acc-1' that was ever looked at")
            assert (await api.post(gone, {"reason": ""}))[0] == 400
        async with served(running, "integration") as machine:
            assert (await machine.post(gone, {"reason": "moved"}))[0] == 403
        acts = await running.query("SELECT who, reason FROM store.operation WHERE target = 'microsoft/acc-1'")
        assert acts == [(said["said_by"], "moved to another partner")]

    in_system(database, empty_broker, told, ours=[ordered(1, 5)])
