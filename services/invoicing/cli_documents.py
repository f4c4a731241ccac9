"""What `seatledger invoices` does: reads issued documents from the views."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from psycopg import AsyncConnection

from services.invoicing import queries
from services.invoicing.cli import show_documents
from services.presentation import Page, list_document
from services.presentation import document as print_document
from shared.commands.operating import Database, read_now
from shared.errors import NOT_FOUND, UserError


def show_all(
    database: Database,
    *,
    recipient: str | None,
    first: date | None,
    last: date | None,
    limit: int,
    after: str,
    as_json: bool,
) -> None:
    """Documents by date and number, after that of a number. UserError for a number that there is not."""

    async def read(connection: AsyncConnection) -> list[queries.Document]:
        place = (date.min, "")
        if after:
            place = (_found(await queries.document(connection, after), after).date, after)
        return await queries.documents(connection, place, limit + 1, recipient=recipient, first=first, last=last)

    page = Page(read_now(database, read), limit, lambda one: one.number)
    if as_json:
        list_document([one.model_dump(mode="json", by_alias=True) for one in page.items], page.next)
    else:
        show_documents([_as_simulated(one) for one in page.items], lines=False)
        page.say_more()


def show(database: Database, number: str, *, as_json: bool) -> None:
    """One document with its lines. UserError when there is none of that number."""
    found = _found(read_now(database, lambda connection: queries.document(connection, number)), number)
    if as_json:
        print_document(found.model_dump(mode="json", by_alias=True))
    else:
        show_documents([_as_simulated(found)], lines=True, ids=True)


def _as_simulated(document: queries.Document) -> Mapping[str, object]:
    """A document as `simulate` prints it, where what is absent is left out."""
    return {**document.model_dump(mode="json", by_alias=True, exclude_none=True), "customer": document.customer}


def _found(document: queries.DocumentWithLines | None, number: str) -> queries.DocumentWithLines:
    if document is None:
        raise UserError(
            f"there is no document {number!r}; `seatledger invoices list` shows those that there are", NOT_FOUND
        )
    return document
