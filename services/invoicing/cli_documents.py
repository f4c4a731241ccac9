"""What `seatledger invoices` does: reads issued documents from the views."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from psycopg import AsyncConnection

from services.invoicing import queries
from services.invoicing.cli import show_documents
from services.presentation import document as print_document
from shared.commands.operating import read_now
from shared.errors import UserError


def show_all(
    dsn: str, *, recipient: str | None, first: date | None, last: date | None, limit: int, after: str, as_json: bool
) -> None:
    """Documents by date and number, after that of a number. UserError for a number that there is not."""

    async def read(connection: AsyncConnection) -> list[queries.Document]:
        place = (date.min, "")
        if after:
            place = (_found(await queries.document(connection, after), after).date, after)
        return await queries.documents(connection, place, limit, recipient=recipient, first=first, last=last)

    found = read_now(dsn, read)
    if as_json:
        print_document([one.model_dump(mode="json", by_alias=True) for one in found])
    else:
        show_documents([_as_simulated(one) for one in found], lines=False)


def show(dsn: str, number: str, *, as_json: bool) -> None:
    """One document with its lines. UserError when there is none of that number."""
    found = _found(read_now(dsn, lambda connection: queries.document(connection, number)), number)
    if as_json:
        print_document(found.model_dump(mode="json", by_alias=True))
    else:
        show_documents([_as_simulated(found)], lines=True, ids=True)


def _as_simulated(document: queries.Document) -> Mapping[str, object]:
    """A document as `simulate` prints it, where what is absent is left out."""
    return {**document.model_dump(mode="json", by_alias=True, exclude_none=True), "customer": document.customer}


def _found(document: queries.DocumentWithLines | None, number: str) -> queries.DocumentWithLines:
    if document is None:
        raise UserError(f"there is no document {number!r}; `seatledger invoices list` shows those that there are")
    return document
