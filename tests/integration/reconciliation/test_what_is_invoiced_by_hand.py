"""What an alignment that bills nothing leaves to be invoiced by hand: reckoned, listed, and settled once (R7.6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.invoicing.projection import SPEC as INVOICING
from services.reconciliation.commands.bodies import AlignQuantity, AlignStatus
from services.reconciliation.manual_invoicing import LeftByHand, left_by_hand, settle
from services.reconciliation.projection import SPEC as RECONCILIATION
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.billing.calendar import add_months
from shared.errors import UserError
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem
from tests.infrastructure.brokers import Broker
from tests.infrastructure.vendors import VendorInMemory
from tests.integration.reconciliation.reconciled import act, compared, held, in_system, ordered, snapshot, swept
from tests.integration.reconciliation.served import served


async def found(running: BillingSystem, quantity: int = 12, status: Any = "active") -> None:
    await swept(running, VendorInMemory(held={"acc-1": [held(1, quantity, status)]}))
    await compared(running)


async def align(running: BillingSystem, **more: str) -> dict[str, Any]:
    request = {"action": "ALIGN_BSS_QUANTITY", "snapshot": await snapshot(running, "S1"), **more}
    return dict((await act(running, "S1", AlignQuantity.model_validate(request))).body)


async def left(running: BillingSystem, **wanted: Any) -> list[LeftByHand]:
    given = {"first": None, "last": None, "customer": None, "settled": False, **wanted}
    async with await connect(running.dsn) as connection:
        return await left_by_hand(connection, ["", ""], 10, **given)


# A year of 10.00 a licence, paid at once on the day of the order, and a year later again: two licences more for some of
# its days are what is left.
YEARLY = ordered(1, 10, unit_price="365.00", term="P1Y", billing_frequency="P1Y", nce=True)
# The order is of 2025, so the running term began on its last anniversary.


def remaining(today: datetime) -> tuple[int, int]:
    """The days of the running year from today on, and all of its days."""
    starts = date(2025, 1, 1)
    years = 0
    while add_months(starts, 12 * (years + 1)) <= today.date():
        years += 1
    begins, ends = add_months(starts, 12 * years), add_months(starts, 12 * (years + 1))
    return (ends - today.date()).days, (ends - begins).days


def test_what_would_have_been_billed_is_listed_and_what_bills_alike_is_not(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)

        done = await align(running)

        days, of_days = remaining(datetime.now(UTC))
        unit = (Decimal("365.00") * days / of_days).quantize(Decimal("0.01"), "ROUND_HALF_UP")
        (one,) = await left(running)
        assert [(amount.currency, amount.net) for amount in one.amounts] == [("EUR", 2 * unit)]
        assert (one.subscription, one.customer, one.action) == ("S1", "cus-1", "ALIGN_BSS_QUANTITY")
        assert done["not_billed"][0]["net"] == str(2 * unit)

        # Asked again it is the same answer, and no second line.
        assert (await align(running))["not_billed"] == done["not_billed"]
        assert len(await left(running)) == 1

    in_system(database, empty_broker, told, ours=[YEARLY])


def test_what_is_billed_normally_leaves_nothing(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)

        done = await align(running, billing="normal")

        assert (done["not_billed"], await left(running)) == (None, [])

    in_system(database, empty_broker, told, ours=[YEARLY])


def test_what_a_cancellation_would_give_back_is_negative(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await running.run(datetime.now(UTC).date() - timedelta(days=2))
        await found(running, 10, "expired")
        request = {"action": "ALIGN_BSS_STATUS", "snapshot": await snapshot(running, "S1")}

        await act(running, "S1", AlignStatus.model_validate(request))

        (one,) = await left(running)
        assert all(amount.net < 0 for amount in one.amounts)
        assert one.action == "ALIGN_BSS_STATUS"

    plain = ordered(1, 10, unit_price="365.00", term="P1Y", billing_frequency="P1Y")
    in_system(database, empty_broker, told, ours=[plain], specs=(SUBSCRIPTIONS, INVOICING, RECONCILIATION))


def test_what_the_rules_would_not_bill_says_why_and_has_no_amount(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running, 3)

        done = await align(running)

        (one,) = await left(running)
        assert one.amounts == []
        assert "is too late" in (one.refused or "")
        assert done["not_billable"] == one.refused

    windowed = ordered(1, 5, nce=True, term="P1Y", billing_frequency="P1M")
    in_system(database, empty_broker, told, ours=[windowed])


def test_it_is_settled_once_by_a_person_with_a_reason_and_read_over_http(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)
        await align(running)
        (one,) = await left(running)

        async with served(running) as api:
            (open_,) = await api.items("/v1/manual-invoicing", customer="cus-1")
            assert (open_["alignment"], open_["settled_at"]) == (one.alignment, None)
            assert await api.items("/v1/manual-invoicing", customer="cus-2") == []
            assert await api.items("/v1/manual-invoicing", to="2025-01-01") == []

            async with await connect(running.dsn) as connection:
                assert await settle(connection, one.alignment, "invoice M-17")
                assert not await settle(connection, one.alignment, "invoice M-18")
                with pytest.raises(UserError, match="no alignment 'x' left anything"):
                    await settle(connection, "x", "invoice M-17")
                with pytest.raises(UserError, match="Give a reason"):
                    await settle(connection, one.alignment, " ")

            assert await api.items("/v1/manual-invoicing") == []
            (done,) = await api.items("/v1/manual-invoicing", settled=True)
            assert done["reason"] == "invoice M-17"
        acts = await running.query("SELECT what, reason FROM store.operation WHERE target = %s", one.alignment)
        assert acts == [("reconcile manual-invoicing --settle", "invoice M-17")]

    in_system(database, empty_broker, told, ours=[YEARLY])


def test_it_is_settled_over_http_once_under_the_name_of_who_asks(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await found(running)
        await align(running)
        (one,) = await left(running)
        path = f"/v1/manual-invoicing/{one.alignment}/settle"

        async with served(running) as api:
            status, refused = await api.post(path, {"reason": "  "})
            assert (status, refused["detail"]) == (400, "reason: give a reason, in some words")
            status, done = await api.post(path, {"reason": "invoice M-17"})
            assert (status, done["alignment"], done["reason"]) == (200, one.alignment, "invoice M-17")
            again = await api.post(path, {"reason": "invoice M-18"})
            assert again == (200, done)
            status, missing = await api.post("/v1/manual-invoicing/nothing/settle", {"reason": "invoice M-17"})
            assert (status, missing["detail"]) == (404, "no alignment 'nothing' left anything to be invoiced")
            assert await api.items("/v1/manual-invoicing") == []
        async with served(running, "integration") as machine:
            assert (await machine.post(path, {"reason": "invoice M-17"}))[0] == 403
        acts = await running.query("SELECT who, reason FROM store.operation WHERE target = %s", one.alignment)
        assert acts == [(done["settled_by"], "invoice M-17")]
        assert done["settled_by"].startswith("token ")

    in_system(database, empty_broker, told, ours=[YEARLY])
