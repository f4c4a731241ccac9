"""Paper of documents that a run issued: what is on it stays, whatever is renamed or set afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import pytest
from psycopg import AsyncConnection

from services.invoicing.paper import cli_files, cli_letterheads, files, letterhead_store
from services.invoicing.paper.content import Paper, paper_of
from services.invoicing.paper.letterheads import Letterhead, Recipient, Seller
from services.invoicing.projection import SPEC as INVOICING
from services.orders.projection import SPEC as ORDERS
from shared.commands.principal import principal_of
from shared.errors import UserError
from shared.store.pool import connect
from shared.web.row_security import reading_as
from tests.billing_dsl import Event, ordered
from tests.infrastructure.billing_system import BillingSystem, billing_system
from tests.infrastructure.brokers import Broker

DAY = date(2026, 2, 1)
LATER = date(2026, 2, 2)
SELLER = Seller(name="Aegean", country="GR", vat_id="EL123456789", payment_days=30)
RENAMED = SELLER.model_copy(update={"name": "Ionian"})
Scenario = Callable[[BillingSystem, AsyncConnection], Awaitable[None]]

pytestmark = [pytest.mark.broker, pytest.mark.database]


def identified(*events: Event) -> list[Event]:
    return [{"id": f"{place}", "source": "urn:test"} | event for place, event in enumerate(events, 1)]


def an_order() -> list[Event]:
    """A subscription of cus-1, whom res-1 bills; both with a name and the reseller with what tax wants to know."""
    reseller = {"id": "res-1", "name": "Tamar", "country": "GR", "vat_id": "EL 987654321", "tax_rate": "0.24"}
    event = ordered(5, "10.00", on="2026-02-01", sub="sub-1", product="office", customer="cus-1", reseller=reseller)
    event["data"]["customer"]["name"] = "Contoso"
    event["data"]["items"][0]["product"]["name"] = "Office Suite"
    return identified(event)


def play(broker: Broker, dsn: str, scenario: Scenario) -> None:
    async def played() -> None:
        async with billing_system(dsn, broker.address, specs=(ORDERS, INVOICING)) as system:
            await system.emit(an_order())
            await system.settled()
            async with await connect(dsn) as connection:
                await scenario(system, connection)

    asyncio.run(played())


async def issued(system: BillingSystem, day: date = DAY) -> str:
    (document,) = (await system.run(day)).documents
    await system.settled()
    return str(document["number"])


async def printed(connection: AsyncConnection, number: str) -> Paper:
    paper = await paper_of(connection, number)
    assert paper is not None
    return paper


async def set_seller(connection: AsyncConnection, content: Letterhead, day: date, logo: bytes | None = None) -> None:
    await letterhead_store.keep(connection, "organisation", "", day, content, logo, "test")


def test_names_are_those_that_held_when_it_was_issued(empty_broker: Broker, database: str) -> None:
    async def scenario(system: BillingSystem, connection: AsyncConnection) -> None:
        number = await issued(system)
        before = await files.pdf_of(connection, number)
        for kind, id, name in (("Customer", "cus-1", "Fabrikam"), ("Reseller", "res-1", "Danube")):
            told = {"type": f"{kind}Changed", "time": "2026-02-03T00:00:00Z", "data": {"id": id, "name": name}}
            await system.emit([{"id": kind, "source": "urn:test"} | told])
        await system.settled()

        paper = await printed(connection, number)

        assert await system.query("SELECT name FROM read.customers") == [("Fabrikam",)]
        assert (paper.customer("cus-1"), paper.product(paper.document.lines[0])) == ("Contoso", "Office Suite")
        assert paper.recipient == Recipient(name="Tamar", country="GR", vat_id="EL987654321")
        assert await files.pdf_of(connection, number) == before

    play(empty_broker, database, scenario)


def test_a_letterhead_holds_from_its_day_and_never_changes_what_is_issued(empty_broker: Broker, database: str) -> None:
    async def scenario(system: BillingSystem, connection: AsyncConnection) -> None:
        number = await issued(system)
        await set_seller(connection, SELLER, date(2026, 1, 1), logo=b"<svg xmlns='http://www.w3.org/2000/svg'/>")
        before = await files.pdf_of(connection, number)

        with pytest.raises(UserError, match="a document of 2026-02-01 was issued"):
            await set_seller(connection, RENAMED, DAY)
        await set_seller(connection, RENAMED, LATER)

        assert (await printed(connection, number)).seller == SELLER
        assert await files.pdf_of(connection, number) == before
        held = await letterhead_store.holding(connection, "organisation", "", date(2026, 3, 1))
        assert held is not None
        assert (held.content["name"], held.logo is not None) == ("Ionian", True)
        (operation, *_) = await system.query("SELECT what, target, who FROM store.operation ORDER BY id DESC")
        assert operation == ("letterheads set", "letterhead of the organisation", "test")

    play(empty_broker, database, scenario)


def test_files_are_there_for_whom_the_document_is(empty_broker: Broker, database: str) -> None:
    async def scenario(system: BillingSystem, connection: AsyncConnection) -> None:
        number = await issued(system)
        await set_seller(connection, SELLER, date(2026, 1, 1))
        every = (files.pdf_of, files.xml_of, files.csv_of)
        all_of_it = [await make(connection, number) for make in every]
        assert None not in all_of_it

        async with reading_as(connection, principal_of("x", "reseller", reseller="res-1")):
            assert [await make(connection, number) for make in every] == all_of_it
        async with reading_as(connection, principal_of("x", "reseller", reseller="res-2")):
            assert [await make(connection, number) for make in every] == [None, None, None]

    play(empty_broker, database, scenario)


def test_commands_say_which_letters_are_boxes(
    empty_broker: Broker, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    letterhead, pdf = tmp_path / "letterhead.yaml", tmp_path / "invoice.pdf"
    letterhead.write_text("name: 漢字\n", encoding="utf-8")

    def known() -> str:
        return database

    async def scenario(system: BillingSystem, connection: AsyncConnection) -> None:
        number = await issued(system)
        await asyncio.to_thread(
            cli_letterheads.set_from_file, known, "recipient", "res-1", str(letterhead), None, date(2026, 1, 1)
        )
        of_letterhead = capsys.readouterr()
        await asyncio.to_thread(cli_files.write, known, "pdf", number, str(pdf))
        of_pdf = capsys.readouterr()

        assert of_letterhead.err.startswith(f"{letterhead}: no font has the letters 字 漢: they are boxes")
        assert of_letterhead.out.endswith("The letterhead of res-1 holds from 2026-01-01\n")
        assert of_pdf.err.startswith(f"{number}: no font has the letters 字 漢: they are boxes")
        assert pdf.read_bytes().startswith(b"%PDF")

    play(empty_broker, database, scenario)
