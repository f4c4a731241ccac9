"""The pages of documents."""

from __future__ import annotations

from datetime import UTC, date, datetime
from http import HTTPStatus
from operator import attrgetter
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BeforeValidator

from services.console.documents import files, one, queries
from services.console.documents.finding import sought
from services.console.documents.groups import LinesPage, page_with, pages_of
from services.console.documents.next_run import preview
from services.console.documents.reasons import reasons
from services.console.exports import ROWS_ASKED, Field, Format, exported
from services.console.listing import PageNumber, Sort, address
from services.console.rendering import page
from services.console.viewer import Looking, Reading, reading_now, shown_to
from shared.web.errors import NotFound
from shared.web.searching import Search, pattern

router = APIRouter(dependencies=[shown_to("invoices:read")])

Filter = Annotated[str | None, Query(max_length=200)]
# A form sends a day that was left empty as nothing.
Day = Annotated[date | None, BeforeValidator(lambda given: given or None), Query()]
_FIELDS = [Field(name, attrgetter(name)) for name in queries.Row.model_fields]
_STANDING_FIELDS = [Field(name, attrgetter(name)) for name in queries.StandingRow.model_fields]
_DUE_FIELDS = [Field(name, attrgetter(name)) for name in queries.DueRow.model_fields]


@router.get("/documents")
async def documents(
    request: Request,
    connection: Reading,
    q: Search = "",
    kind: Literal["invoice", "credit_note", ""] | None = None,
    recipient: Filter = None,
    customer: Filter = None,
    first: Annotated[Day, Query(alias="from")] = None,
    last: Annotated[Day, Query(alias="to")] = None,
    form: Literal["aggregated", "separate", ""] | None = None,
    state: Literal["owed", "open", "partly_credited", "credited", "nothing_to_pay", "credit_note", ""] | None = None,
    currency: Filter = None,
    sort: Sort = None,
    page_number: PageNumber = 1,
    format: Format | None = None,
) -> Response:
    """The list of invoices and credit notes; as a file too."""
    wanted = queries.wanted(
        pattern(q), kind=kind, recipient=recipient, customer=customer, first=first, last=last, form=form, state=state,
        currency=currency,
    )  # fmt: skip
    if format is not None:
        rows = queries.DOCUMENTS.everything(connection, wanted, sort, ROWS_ASKED)
        return await exported(format, "documents", _FIELDS, rows)
    listed = await queries.DOCUMENTS.page(connection, wanted, sort, page_number)
    return page(request, "documents/list.html", listed=listed, search=q, filters=wanted)


@router.get("/balances")
async def balances(
    request: Request,
    connection: Reading,
    q: Search = "",
    sort: Sort = None,
    page_number: PageNumber = 1,
    format: Format | None = None,
) -> Response:
    """What each recipient owes in open invoices, and what stands in its favour."""
    wanted = {"search": pattern(q)}
    if format is not None:
        rows = queries.STANDING.everything(connection, wanted, sort, ROWS_ASKED)
        return await exported(format, "balances", _STANDING_FIELDS, rows)
    listed = await queries.STANDING.page(connection, wanted, sort, page_number)
    return page(request, "documents/balances.html", listed=listed, search=q)


@router.get("/next-run")
async def next_runs(
    request: Request,
    connection: Reading,
    q: Search = "",
    day: Annotated[Day, Query(alias="date")] = None,
    sort: Sort = None,
    page_number: PageNumber = 1,
    format: Format | None = None,
) -> Response:
    """What is known to be charged to each recipient until a day; each leads to the preview of its run."""
    until = day or _today()
    wanted = {"search": pattern(q), "until": until}
    if format is not None:
        rows = queries.DUE.everything(connection, wanted, sort, ROWS_ASKED)
        return await exported(format, f"next-run-{until}", _DUE_FIELDS, rows)
    listed = await queries.DUE.page(connection, wanted, sort, page_number)
    return page(request, "documents/next_runs.html", listed=listed, search=q, until=until)


@router.get("/next-run/{recipient:path}")
async def next_run(
    request: Request,
    viewer: Looking,
    recipient: str,
    day: Annotated[Day, Query(alias="date")] = None,
    customer: Filter = None,
    find: Search = "",
) -> Response:
    """What the run of a day would issue to one recipient now; `find` leads to one of its customers."""
    # Among all customers, whoever was chosen before.
    customer = None if find else customer or None
    found = await preview(request, viewer, recipient, day or _today(), customer)
    theirs = sought(found.customers, find)
    if theirs.one is not None:
        return _to_customer(request, theirs.one)
    return page(
        request, "documents/next_run.html", recipient=recipient, preview=found, customer=customer, sought=theirs
    )


@router.get("/documents/{number:path}/pdf")
async def as_pdf(request: Request, viewer: Looking, number: str) -> Response:
    """The document on paper."""
    return await files.passed_on(request, viewer, number, files.FileForm.PDF)


@router.get("/documents/{number:path}/xml")
async def as_xml(request: Request, viewer: Looking, number: str) -> Response:
    """The document for the recipient's bookkeeping."""
    return await files.passed_on(request, viewer, number, files.FileForm.XML)


@router.get("/documents/{number:path}/csv")
async def as_csv(request: Request, viewer: Looking, number: str) -> Response:
    """All lines of the document."""
    return await files.passed_on(request, viewer, number, files.FileForm.CSV)


@router.get("/documents/{number:path}")
async def document(
    request: Request,
    viewer: Looking,
    number: str,
    customer: Filter = None,
    find: Search = "",
    page_number: PageNumber = 1,
) -> Response:
    """One document; of its lines a page, or the one on which a customer's begin. `find` leads to a customer's."""
    async with reading_now(request, viewer) as connection:
        found = await one.document(connection, number)
        if found is None:
            raise NotFound(f"there is no document {number}")
        groups = await one.groups(connection, number)
        theirs = sought(((group.customer, group.name) for group in groups), find)
        if theirs.one is not None:
            return _to_customer(request, theirs.one)
        pages = pages_of(groups)
        if customer:
            page_number = page_with(pages, customer) or page_number
        place = min(page_number, max(1, len(pages)))
        here = pages[place - 1] if pages else LinesPage((), 0)
        lines = await one.lines(connection, number, here)
        credit_notes = await one.credit_notes(connection, found)
        returned, returned_by = await one.returned(connection, lines), await one.returned_by(connection, lines)
    # Invoicing takes its time: no connection is held meanwhile.
    return page(
        request, "documents/one.html", one=found, sought=theirs, pages=pages, place=place, lines_page=here, lines=lines,
        credit_notes=credit_notes, returned=returned, returned_by=returned_by,
        reasons=await reasons(request, viewer, number, here, lines),
    )  # fmt: skip


def _to_customer(request: Request, customer: str) -> Response:
    return RedirectResponse(address(request, customer=customer, find=None), HTTPStatus.SEE_OTHER)


def _today() -> date:
    return datetime.now(UTC).date()
