"""Documents of the log in the ledger: those of releases that said less, and a log that is not whole."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from psycopg import AsyncConnection

from services.invoicing.recovering import take_in
from services.prepare import migration_folders
from shared.errors import UserError
from shared.events.models.base import EventModel
from shared.events.models.documents import CreditNoteIssued, InvoiceIssued
from shared.events.models.fields import FROM_JSON
from shared.store.migrations import migrate
from shared.store.pool import connect

pytestmark = pytest.mark.database

Json = dict[str, Any]
_OPEN = "SELECT document, gross::text, open::text FROM invoicing.open_invoice ORDER BY ordinal"
_TAX = "SELECT document, amount::text FROM invoicing.returnable_tax ORDER BY document"
_DAYS = (
    "SELECT day::text, documents, lines, payers_left, completed_at IS NOT NULL FROM invoicing.billing_run ORDER BY day"
)


def line(cycle: str, revision: int = 1, **more: Any) -> Json:
    name = f"sub-1/{cycle}/{cycle}" + (f"/{revision}" if revision > 1 else "")
    said = {"line": name, "customer": "cus-1", "subscription": "sub-1", "product": "office", "kind": "recurring",
            "from": cycle, "to": f"{cycle[:8]}28", "quantity": 5, "unit_price": "10.00", "net": "50.00"}  # fmt: skip
    return {**said, **more}


def document(number: str, day: str, of: Json, tax: str, **more: Any) -> Json:
    """A document of one line."""
    gross = str(Decimal(of["net"]) + Decimal(tax))
    said = {"number": number, "date": day, "recipient": "res-1", "customer": None, "currency": "EUR", "net": of["net"],
            "tax": tax, "gross": gross, "lines": [of],
            "taxes": [{"rate": "0.24", "base": of["net"], "amount": tax}]}  # fmt: skip
    return {**said, **more}


def invoice(number: str, day: str, cycle: str) -> EventModel:
    data = document(number, day, line(cycle), "12.00", kind="invoice")
    return InvoiceIssued.model_validate(data, context=FROM_JSON)


def note(number: str, day: str, cycle: str, **more: Any) -> EventModel:
    """Two seats of five come back."""
    returned = line(cycle, 2, kind="credit", quantity=2, net="20.00", days=28, of_days=28, unit_net="10.00",
                    returns=f"sub-1/{cycle}/{cycle}")  # fmt: skip
    data = document(number, day, returned, "4.80", kind="credit_note", **more)
    return CreditNoteIssued.model_validate(data, context=FROM_JSON)


async def taken_in(connection: AsyncConnection, *models: EventModel) -> None:
    async with connection.transaction():
        await take_in(connection, models)


async def rows(connection: AsyncConnection, query: str) -> Sequence[tuple[Any, ...]]:
    return await (await connection.execute(query.encode())).fetchall()


def test_a_credit_note_is_set_against_what_it_says_or_as_is_done_now(database: str) -> None:
    async def scenario() -> None:
        async with await connect(database) as connection:
            await migrate(connection, migration_folders())
            # given: two invoices, one of which was there already
            await taken_in(connection, invoice("INV-2026-000001", "2026-01-01", "2026-01-01"))
            # when: notes come, of which the second is of a release that did not say what it is set against
            said = [{"document": "INV-2026-000002", "amount": "24.80"}]
            await taken_in(
                connection,
                invoice("INV-2026-000002", "2026-02-01", "2026-02-01"),
                note("CN-2026-000001", "2026-02-01", "2026-02-01", relates_to=said),
                note("CN-2026-000002", "2026-03-01", "2026-01-01"),
            )
            # then
            assert await rows(connection, _OPEN) == [
                ("INV-2026-000001", "62.00", "37.20"),
                ("INV-2026-000002", "62.00", "37.20"),
            ]
            assert await rows(connection, _TAX) == [("INV-2026-000001", "7.20"), ("INV-2026-000002", "7.20")]
            assert await rows(connection, _DAYS) == [
                ("2026-01-01", 1, 1, 0, True),
                ("2026-02-01", 2, 2, 0, True),
                ("2026-03-01", 1, 1, 0, True),
            ]

    asyncio.run(scenario())


def test_a_credit_note_on_a_line_that_is_nowhere_is_refused(database: str) -> None:
    async def scenario() -> None:
        async with await connect(database) as connection:
            await migrate(connection, migration_folders())
            with pytest.raises(UserError, match="CN-2026-000001 takes back the line sub-1/2026-01-01/2026-01-01"):
                await taken_in(connection, note("CN-2026-000001", "2026-02-01", "2026-01-01"))
            assert await rows(connection, _DAYS) == []

    asyncio.run(scenario())
