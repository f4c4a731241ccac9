"""A preview from what the database knows and has issued: what it says is what `invoice-run` issues in earnest."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.subscriptions.commands.bodies import Cancel, ChangeQuantity, Command, Request
from services.subscriptions.desk import SubscriptionDesk
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.billing.facts import Fact
from shared.billing.preview import Preview, preview
from shared.billing.run_loop import NOTHING_ISSUED
from shared.commands.decision import Decided
from shared.commands.desk import Asked
from shared.commands.handling import handle
from shared.commands.principal import OPERATOR
from shared.events.shapes import Json, document_shape
from shared.projections.facts import read_facts
from shared.projections.generations import generations
from shared.projections.lookup import MasterLookup
from shared.projections.spec import Key
from shared.store.ledger import issued_for
from shared.store.pool import connect
from tests.billing_dsl import Event, canceled, ordered, seats
from tests.infrastructure.billing_system import BillingSystem, billing_system
from tests.infrastructure.brokers import Broker
from tests.integration.invoicing.documents import facts_in

CLOSED = date(2026, 2, 20)
RESELLER = {"id": "res-1", "tax_rate": "0.24"}


def identified(*events: Event, source: str) -> list[Event]:
    instants = (event | {"time": event["time"] + "T09:00:00Z"} for event in events)
    return [{"id": f"{place}", "source": source} | event for place, event in enumerate(instants, 1)]


REAL = identified(
    ordered(5, "10.00", on="2026-01-01", sub="sub-1", product="office", customer="cus-1", reseller=RESELLER),
    ordered(2, "20.00", on="2026-01-01", sub="sub-2", product="mail", customer="cus-2", reseller=RESELLER),
    seats(6, on="2026-01-20", sub="sub-1"),
    source="urn:test:real",
)

pytestmark = pytest.mark.slow


async def asked(dsn: str, subscription: str, candidates: Sequence[Fact], on: date) -> Preview:
    """The preview as a service makes it that has no ledger of its own: the live subscriptions and the ledger."""
    async with await connect(dsn) as finding:
        (live,) = [one for one in await generations(finding, SUBSCRIPTIONS.name) if one.status == "live"]
    async with await connect(dsn, live.schema) as connection:
        own = await read_facts(connection, SUBSCRIPTIONS, [Key("subscription", subscription)])
        facts = [fact for known in own.values() for fact in known]
        lookup = MasterLookup(connection, SUBSCRIPTIONS)
        await lookup.ask(name for fact in facts for name in SUBSCRIPTIONS.names(fact))
        facts += [fact for known in lookup.facts.values() for fact in known]
        issued = await issued_for(connection, [subscription], ["cus-1", "res-1"])
    return preview(facts, candidates, issued, on)


def without_line(lines: Sequence[Json]) -> list[Json]:
    return [{name: value for name, value in line.items() if name != "why"} for line in lines]


@pytest.mark.parametrize(
    "command",
    [seats(9, on="2026-02-25"), seats(2, on="2026-02-25"), canceled(on="2026-02-25"),
     canceled(on="2026-01-25", known="2026-02-25"), canceled(on="2026-02-25", mode="end_of_cycle")],
    ids=["more", "fewer", "canceled", "canceled before", "ends with the cycle"],
)  # fmt: skip
def test_what_is_said_is_what_the_invoice_runs_issue(empty_broker: Broker, database: str, command: Event) -> None:
    events = identified(command, source="urn:test:command")

    async def scenario(system: BillingSystem) -> None:
        said = await asked(database, "sub-1", facts_in(events), date(2026, 2, 25))
        await system.emit(events)
        await system.settled()

        assert said.now.day == date(2026, 2, 25)
        for run in (said.now, *said.next):
            issued = (await system.run(run.day)).documents
            billed = [line for one in issued for line in _lines(one) if line["subscription"] == "sub-1"]
            expected = [line for document in run.then.documents for line in _lines(document_shape(document))]
            assert without_line(billed) == without_line(expected)
            await system.settled()

    _billed(empty_broker, database, scenario)


FAMILY = identified(
    ordered(4, "5.00", on="2026-01-03", sub="sub-3", product="backup", customer="cus-1", reseller=RESELLER,
            parent_subscription_id="sub-1"),
    ordered(2, "1.00", on="2026-01-04", sub="sub-4", product="space", customer="cus-1", reseller=RESELLER,
            parent_subscription_id="sub-3"),
    source="urn:test:family",
)  # fmt: skip


@pytest.mark.parametrize(
    ("subscription", "request_", "billed_too"),
    [
        ("sub-1", Cancel(mode="immediate"), {"sub-1", "sub-3", "sub-4"}),
        ("sub-3", ChangeQuantity(change=-1), {"sub-3", "sub-4"}),
        ("sub-4", ChangeQuantity(change=7), {"sub-4"}),
    ],
    ids=["a parent", "a parent that is an add-on", "an add-on"],
)
def test_a_command_is_previewed_with_the_add_ons_it_reaches_and_without_parents(
    empty_broker: Broker, database: str, subscription: str, request_: Request, billed_too: set[str]
) -> None:
    at = datetime(2026, 2, 25, 9, tzinfo=UTC)
    command = Asked(Command(subscription, request_), OPERATOR, at)

    async def scenario(system: BillingSystem) -> None:
        async with await connect(database) as connection:
            (shown,) = await handle(connection, SubscriptionDesk(), [replace(command, preview=True)])
            assert isinstance(shown, Decided), shown
            said: Any = shown.body
            (done,) = await handle(connection, SubscriptionDesk(), [command])
            assert isinstance(done, Decided), done
        await system.settled()

        billed: set[str] = set()
        for run in (said["now"], *said["next"]):
            issued = (await system.run(date.fromisoformat(run["date"]))).documents
            lines = [line for one in issued for line in _lines(one) if line["subscription"] in billed_too]
            assert without_line(lines) == [line for d in run["with"]["documents"] for line in d["lines"]]
            billed |= {line["subscription"] for d in run["without"]["documents"] for line in d["lines"]}
            await system.settled()
        assert billed == billed_too

    _billed(empty_broker, database, scenario, [*REAL, *FAMILY])


def test_the_ledger_of_nobody_is_empty_and_knows_the_last_closed_day(empty_broker: Broker, database: str) -> None:
    async def scenario(system: BillingSystem) -> None:
        async with await connect(database) as connection:
            nobody = await issued_for(connection, ["sub-9"], [])
            one = await issued_for(connection, ["sub-1"], [])

        assert (nobody.lines, nobody.tax_left, nobody.open_invoices) == ({"sub-9": []}, {}, {})
        assert nobody.closed == one.closed == CLOSED
        assert {line.document for line in one.lines["sub-1"]} == {number for number, _ in one.tax_left}
        ((debtor, invoices),) = one.open_invoices.items()
        assert (debtor.recipient, [invoice.reference for invoice in invoices]) == (
            "res-1", ["invoice/2026-01-01/res-1/EUR", "invoice/2026-02-01/res-1/EUR"],
        )  # fmt: skip

    _billed(empty_broker, database, scenario)


def test_before_the_first_run_nothing_is_issued(empty_broker: Broker, database: str) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address), await connect(database) as connection:
            assert await issued_for(connection, [], []) == NOTHING_ISSUED

    asyncio.run(scenario())


def _lines(shape: Json) -> list[Json]:
    lines = shape["lines"]
    assert isinstance(lines, list)
    return lines


def _billed(broker: Broker, dsn: str, scenario: Any, events: list[Event] = REAL) -> None:
    """The system with these events projected and billed up to CLOSED."""

    async def run() -> None:
        async with billing_system(dsn, broker.address) as system:
            await system.emit(events)
            await system.settled()
            for day in (date(2026, 1, 1), date(2026, 2, 1), CLOSED):
                await system.run(day)
            await system.settled()
            await scenario(system)

    asyncio.run(run())
