"""Amounts that are settled by hand, and accounts that are gone for good, on the console's pages, without scripts."""

from __future__ import annotations

from services.invoicing.projection import SPEC as INVOICING
from services.orders.projection import SPEC as ORDERS
from services.reconciliation.commands.bodies import AlignQuantity
from services.reconciliation.projection import SPEC as RECONCILIATION
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from tests.infrastructure.billing_system import BillingSystem
from tests.infrastructure.brokers import Broker
from tests.infrastructure.vendors import VendorInMemory
from tests.integration.console.visitor import console_over
from tests.integration.reconciliation.reconciled import act, compared, held, in_system, ordered, snapshot, swept

EVERY = (ORDERS, SUBSCRIPTIONS, INVOICING, RECONCILIATION)
YEARLY = ordered(1, 10, unit_price="365.00", term="P1Y", billing_frequency="P1Y", nce=True)
BY_HAND = "/reconciliation/by-hand"


async def aligned(running: BillingSystem) -> str:
    """What an alignment that billed nothing is called."""
    await swept(running, VendorInMemory(held={"acc-1": [held(1, 12)]}))
    await compared(running)
    request = {"action": "ALIGN_BSS_QUANTITY", "snapshot": await snapshot(running, "S1")}
    await act(running, "S1", AlignQuantity.model_validate(request))
    ((alignment,),) = await running.query("SELECT alignment FROM read.manual_invoicing")
    return str(alignment)


def test_an_amount_is_settled_once_with_how(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        alignment = await aligned(running)
        settle = f"{BY_HAND}/{alignment}/settle"
        async with console_over(running.dsn) as console, console.visitor("customer_success") as visitor:
            page = await visitor.look(BY_HAND)
            assert "S1" in page.words
            assert settle in page.html
            form = await visitor.look(settle)
            assert "Nothing is issued: it says that somebody has invoiced it, or lets it be." in form.words
            blank = await visitor.send(form, "Settle it", 400, reason="  ")
            assert "Reason: give a reason, in some words." in blank.words
            done = await visitor.send(form, "Settle it", reason="invoice M-17")
            assert done.path == BY_HAND
            assert "What was left of S1 is settled: invoice M-17." in done.words
            assert "No amounts that fit" in done.words
            twice = await visitor.send(form, "Settle it", reason="invoice M-17")
            assert "What was left of S1 is settled: invoice M-17." in twice.words
            late = await visitor.send(form, "Settle it", reason="invoice M-18")
            assert "was settled before by token" in late.words
            settled = await visitor.look(f"{BY_HAND}?state=settled")
            assert "invoice M-17" in settled.words
            assert settle not in settled.html
            assert not (await visitor.look(settle)).has_button("Settle it")
            assert "invoice M-17" in (await visitor.look(f"{BY_HAND}?state=all&format=csv")).html
            await visitor.look(f"{BY_HAND}/nothing/settle", 404)
            await visitor.look(f"{BY_HAND}?state=some", 400)
        assert await running.query("SELECT reason FROM reconciliation.settled_by_hand") == [("invoice M-17",)]

    in_system(database, empty_broker, told, ours=[YEARLY], specs=EVERY)


def test_an_account_that_does_not_answer_is_gone_after_a_question(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await swept(running, VendorInMemory(held={"acc-1": [held(1, 10)], "acc-2": [held(2, 3)]}))
        await swept(running, VendorInMemory(held={"acc-2": [held(2, 3)]}))
        gone, answers = (f"/reconciliation/accounts/microsoft/{name}/gone" for name in ("acc-1", "acc-2"))
        async with console_over(running.dsn) as console, console.visitor() as visitor:
            accounts = await visitor.look("/reconciliation/accounts")
            assert gone in accounts.html
            assert answers not in accounts.html
            assert not (await visitor.look(answers)).has_button("It is gone for good")
            asked = await visitor.look(gone)
            assert "Nothing is ended, billed or credited by it" in asked.words
            said = await visitor.send(asked, "It is gone for good", reason="moved to another partner")
            assert "is gone. With the next comparison what is billed for it is missing at the vendor." in said.words
            assert "moved to another partner" in said.words
            assert gone not in said.html
            twice = await visitor.send(asked, "It is gone for good", reason="moved to another partner")
            assert "is gone. With the next comparison" in twice.words
            again = await visitor.send(asked, "It is gone for good", reason="something else")
            assert "was said to be gone before by token" in again.words
            assert "is gone. With the next comparison" not in again.words
            assert "moved to another partner" in again.words
            assert not (await visitor.look(gone)).has_button("It is gone for good")
            await visitor.look("/reconciliation/accounts/microsoft/acc-9/gone", 404)
        await compared(running)
        verdicts = await running.query("SELECT verdicts FROM read.reconciliation WHERE subscription = 'S1'")
        assert verdicts == [(["MISSING_IN_VENDOR"],)]

    in_system(database, empty_broker, told, ours=[YEARLY], specs=EVERY)


def test_nobody_but_the_organisation_has_these_pages(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        settle = f"{BY_HAND}/{await aligned(running)}/settle"
        async with console_over(running.dsn) as console:
            for role, whose in (("reseller", {"reseller": "res-1"}), ("customer", {"customer": "cus-1"})):
                async with console.visitor(role, **whose) as visitor:
                    for path in (BY_HAND, settle, "/reconciliation/accounts/microsoft/acc-1/gone"):
                        await visitor.look(path, 404)

    in_system(database, empty_broker, told, ours=[YEARLY], specs=EVERY)
