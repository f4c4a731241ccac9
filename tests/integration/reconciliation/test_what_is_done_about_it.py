"""What may be done about a difference: once, on what was compared, and in the rules' own words where they refuse."""

from __future__ import annotations

import pytest

from services.reconciliation.commands.bodies import (
    AlignQuantity,
    AlignStatus,
    Ignore,
    ImportTheirs,
    PushQuantity,
    Relink,
)
from shared.commands.decision import CommandRefused, Decided, Forbidden, Outdated, Unknown
from shared.commands.principal import principal_of
from shared.events.models.fields import FROM_JSON
from shared.events.models.subscriptions import SubscriptionImported
from tests.infrastructure.billing_system import BillingSystem
from tests.infrastructure.brokers import Broker
from tests.infrastructure.vendors import VendorInMemory
from tests.integration.reconciliation.reconciled import (
    THEIRS,
    act,
    compared,
    events,
    held,
    in_system,
    ordered,
    snapshot,
    swept,
)

_STATE = "SELECT verdict, state, resolution, by, reason FROM read.discrepancies WHERE {} ORDER BY verdict"
_SUBSCRIPTION = "SELECT status, quantity, vendor_subscription FROM read.subscriptions WHERE subscription = %s"
NINE = {
    "subscription_id": "S9", "currency": "EUR", "customer": {"id": "cus-1"}, "quantity": 7, "unit_price": "10.00",
    "product": {"id": "office", "vendor": "Microsoft"}, "started_at": "2025-02-01", "billed_by_us_from": "2025-03-01",
}  # fmt: skip


async def found(running: BillingSystem) -> VendorInMemory:
    """EX-18, swept and compared."""
    vendor = VendorInMemory(held={"acc-1": list(THEIRS)})
    await swept(running, vendor)
    await compared(running)
    return vendor


def types_of(decided: Decided) -> list[str]:
    """The events that an action came to."""
    return [event.type for some in decided.appending for event in some.events]


def quantity_of(quoted: str, **more: str) -> AlignQuantity:
    return AlignQuantity.model_validate({"action": "ALIGN_BSS_QUANTITY", "snapshot": quoted, **more})


def test_a_quantity_is_aligned_once_however_often_it_is_asked(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)
        quoted = await snapshot(running, "S2")

        done = await act(running, "S2", quantity_of(quoted))
        again = await act(running, "S2", quantity_of(quoted))

        assert types_of(done) == ["LicensesChanged", "DiscrepancyResolved"]
        assert types_of(again) == []
        assert await running.query(_SUBSCRIPTION, "S2") == [("active", 12, "V2")]
        assert await running.query(_STATE.format("subscription = 'S2'")) == [
            ("QUANTITY_MISMATCH", "over", "ALIGN_BSS_QUANTITY", "operator", None)
        ]
        assert (await events(running))["LicensesChanged"] == 1
        assert (await compared(running)).found == 0

    in_system(database, empty_broker, told)


def test_what_waits_for_the_next_term_stays_and_nothing_is_billed_for_it_until_the_next_cycle(
    database: str, empty_broker: Broker
) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)
        await act(running, "S2", quantity_of(await snapshot(running, "S2")))

        stored = await running.query("SELECT data FROM store.event WHERE type = 'LicensesChanged'")
        assert stored[0][0]["billing"] == "none"
        assert stored[0][0]["keeps_next_term"] is True

    in_system(database, empty_broker, told)


def test_a_status_is_aligned(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = await found(running)
        align = {"action": "ALIGN_BSS_STATUS", "snapshot": await snapshot(running, "S3")}

        await act(running, "S3", AlignStatus.model_validate(align))
        assert await running.query(_SUBSCRIPTION, "S3") == [("active", 3, "V3")]

        vendor.held["acc-1"][0] = held(1, 5, "expired")
        await swept(running, vendor)
        await compared(running)
        align["snapshot"] = await snapshot(running, "S1")
        await act(running, "S1", AlignStatus.model_validate(align))

        assert await running.query(_SUBSCRIPTION, "S1") == [("canceled", 5, "V1")]

    in_system(database, empty_broker, told)


def test_ours_is_linked_to_what_the_vendor_has_and_both_differences_are_over(
    database: str, empty_broker: Broker
) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = await found(running)
        vendor.held["acc-1"][3] = held(4, 2)
        await swept(running, vendor)
        await compared(running)
        quoted = await snapshot(running, "S5")

        await act(running, "S5", Relink(action="RELINK", snapshot=quoted, vendor_subscription="V4"))
        await compared(running)

        assert await running.query(_SUBSCRIPTION, "S5") == [("active", 2, "V4")]
        assert await running.query(_STATE.format("state = 'over' AND verdict LIKE 'MISSING%%'")) == [
            ("MISSING_IN_BSS", "over", "CHANGED", None, None),
            ("MISSING_IN_BSS", "over", "AGREED", None, None),
            ("MISSING_IN_VENDOR", "over", "RELINK", "operator", None),
        ]

    in_system(database, empty_broker, told)


def test_what_only_the_vendor_has_is_imported_with_its_seats(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)
        quoted = await snapshot(running, "v4")
        said = SubscriptionImported.model_validate(NINE, context=FROM_JSON)

        six = said.model_copy(update={"quantity": 6})
        with pytest.raises(CommandRefused, match="the vendor has 7 seats of v4, not 6"):
            await act(running, "v4", ImportTheirs(action="IMPORT", snapshot=quoted, subscription=six))
        await act(running, "v4", ImportTheirs(action="IMPORT", snapshot=quoted, subscription=said))

        assert await running.query(_SUBSCRIPTION, "S9") == [("active", 7, "v4")]
        assert "v4" not in [row[0] for row in await running.query(_STATE.format("state = 'open'"))]

    in_system(database, empty_broker, told)


def test_what_is_ignored_is_told_again_only_when_it_differs_otherwise(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = await found(running)
        ignore = Ignore(action="IGNORE", snapshot=await snapshot(running, "S2"), reason="agreed on the phone")

        await act(running, "S2", ignore)
        quiet = await compared(running)
        assert await running.query(_STATE.format("subscription = 'S2'")) == [
            ("QUANTITY_MISMATCH", "ignored", "IGNORE", "operator", "agreed on the phone")
        ]
        vendor.held["acc-1"][1] = held(2, 13)
        await swept(running, vendor)
        loud = await compared(running)

        assert (quiet.found, quiet.gone, loud.found) == (0, 0, 1)

    in_system(database, empty_broker, told)


def test_what_is_ignored_can_still_be_mended(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)
        quoted = await snapshot(running, "S2")
        ignore = Ignore(action="IGNORE", snapshot=quoted, reason="agreed on the phone")
        await act(running, "S2", ignore)
        assert types_of(await act(running, "S2", ignore)) == []
        await compared(running)

        done = await act(running, "S2", quantity_of(quoted))

        assert types_of(done) == ["LicensesChanged", "DiscrepancyFound", "DiscrepancyResolved"]
        assert await running.query(_SUBSCRIPTION, "S2") == [("active", 12, "V2")]
        states = "SELECT number, state, resolution FROM read.discrepancies WHERE subscription = 'S2' ORDER BY number"
        assert await running.query(states) == [(1, "ignored", "IGNORE"), (2, "over", "ALIGN_BSS_QUANTITY")]
        assert types_of(await act(running, "S2", quantity_of(quoted))) == []

    in_system(database, empty_broker, told)


def test_an_action_is_known_again_on_a_snapshot_that_is_newer_than_the_finding(
    database: str, empty_broker: Broker
) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = await found(running)
        vendor.held["acc-1"][0] = held(1, 6)
        await swept(running, vendor)
        await compared(running)
        quoted = await snapshot(running, "S2")
        push = PushQuantity(action="PUSH_QUANTITY_TO_VENDOR", snapshot=quoted)

        done, again = await act(running, "S2", push), await act(running, "S2", push)

        assert (types_of(done), types_of(again)) == (["DiscrepancyResolved"], [])
        stored = await running.query(
            "SELECT data ->> 'snapshot_id' FROM store.event WHERE type = 'DiscrepancyResolved'"
        )
        assert stored == [(quoted,)]

    in_system(database, empty_broker, told)


def test_another_link_on_the_same_snapshot_is_not_the_same_action(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)
        quoted = await snapshot(running, "S5")
        relink = Relink(action="RELINK", snapshot=quoted, vendor_subscription="V4")
        await act(running, "S5", relink)

        assert types_of(await act(running, "S5", relink)) == []
        with pytest.raises(Outdated, match="S5 was changed here since it was compared: compare again"):
            await act(running, "S5", relink.model_copy(update={"vendor_subscription": "v77"}))
        assert await running.query(_SUBSCRIPTION, "S5") == [("active", 2, "V4")]

    in_system(database, empty_broker, told)


def test_an_action_on_an_older_snapshot_is_refused(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = await found(running)
        quoted = await snapshot(running, "S2")
        vendor.held["acc-1"][1] = held(2, 20)
        await swept(running, vendor)

        # Swept and not compared yet, and then compared too.
        for _ in range(2):
            with pytest.raises(Outdated, match="the vendor was found otherwise since: compare again"):
                await act(running, "S2", quantity_of(quoted))
            await compared(running)
        assert await running.query(_SUBSCRIPTION, "S2") == [("active", 10, "V2")]

    in_system(database, empty_broker, told)


def test_an_action_on_what_was_changed_here_since_is_refused(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)
        quoted = await snapshot(running, "S2")
        data = {"subscription_id": "S2", "customer_id": "cus-1", "quantity": 11}
        event = {"id": "c", "source": "urn:test", "type": "LicensesChanged", "time": "2025-03-01T09:00:00Z"}
        await running.emit([{**event, "data": data}])
        await running.settled()

        with pytest.raises(Outdated, match="S2 was changed here since it was compared"):
            await act(running, "S2", quantity_of(quoted))

    in_system(database, empty_broker, told)


def test_what_is_refused(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)
        quoted = await snapshot(running, "S2")
        reseller = principal_of("reseller", "reseller", reseller="res-1")

        with pytest.raises(Unknown, match="no row 'S77'"):
            await act(running, "S77", quantity_of(quoted))
        with pytest.raises(CommandRefused, match="S1 is OK: ALIGN_BSS_QUANTITY does nothing about that"):
            await act(running, "S1", quantity_of(quoted))
        with pytest.raises(Forbidden, match="reconciliation:write"):
            await act(running, "S2", quantity_of(quoted), by=reseller)
        success = principal_of("success", "customer_success")
        said = SubscriptionImported.model_validate(NINE, context=FROM_JSON)
        with pytest.raises(Forbidden, match="subscriptions:import"):
            await act(running, "v4", ImportTheirs(action="IMPORT", snapshot=quoted, subscription=said), by=success)
        with pytest.raises(CommandRefused, match="dated before subscription S2 starts"):
            await act(running, "S2", quantity_of(quoted, effective_at="2024-12-31"))
        assert await running.query(_STATE.format("state <> 'open'")) == []

    in_system(database, empty_broker, told)


def test_the_rules_refuse_in_their_own_words_and_nothing_is_settled(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        vendor = VendorInMemory(held={"acc-1": [held(1, 3)]})
        await swept(running, vendor)
        await compared(running)

        with pytest.raises(CommandRefused, match=r"a reduction of subscription S1 by 2 on .* is too late"):
            await act(running, "S1", quantity_of(await snapshot(running, "S1"), billing="normal"))
        assert await running.query(_STATE.format("state <> 'open'")) == []

    windowed = ordered(1, 5, nce=True, term="P1Y", billing_frequency="P1M")
    in_system(database, empty_broker, told, ours=[windowed])
