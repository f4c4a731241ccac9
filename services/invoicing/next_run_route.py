"""The route of what the next invoice run would issue to a recipient."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from psycopg import AsyncConnection
from pydantic import BaseModel

from services.invoicing.next_run import is_recipient, next_documents
from services.invoicing.projection import SPEC
from shared.billing.blocks import CivilDate
from shared.billing.calendar import ONE_DAY
from shared.billing.documents import Document
from shared.billing.ledger import IssuedLine
from shared.billing.money import ZERO
from shared.errors import UserError
from shared.events.models.base import OPTIONAL
from shared.events.shapes import document_shape
from shared.store.ledger import last_closed
from shared.web.access import Caller, needs
from shared.web.application import Reading
from shared.web.commanding import MEANINGS
from shared.web.errors import BadRequest, NotFound, Unavailable
from shared.web.paging import Limit
from shared.web.preview_models import PreviewLine, PreviewRelation, PreviewTax, PreviewTransaction
from shared.web.row_security import read_on_as_owner

router = APIRouter()
# Each keeps the process busy for as long as it reckons: what is asked meanwhile waits its turn between portions.
_AT_ONCE = 2
_FAR = timedelta(days=3 * 366)

RunDay = Annotated[date | None, Query(alias="date", description="the day of the run; without it the first open one")]


class CustomerSubtotal(BaseModel):
    """What a document has of one end customer."""

    customer: str
    lines: int
    net: Decimal


class NextDocument(BaseModel):
    """An invoice or a credit note as the run would issue it; without a number, for it takes that when it is issued.

    `lines` are at most as many as were asked for, of all customers or of one; `customers` has the subtotals of all.
    """

    kind: str
    date: date
    recipient: str
    customer: str | None
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    taxes: list[PreviewTax] | None = OPTIONAL
    transaction: PreviewTransaction | None = OPTIONAL
    relates_to: list[PreviewRelation] | None = OPTIONAL
    balance: Decimal | None = OPTIONAL
    customers: list[CustomerSubtotal]
    lines: list[PreviewLine]


class NextRun(BaseModel):
    """What the run of a day would issue to one recipient now. Nothing is written, and no event is waited for.

    `closed` is the last closed day, `subscriptions` how many were looked at; `unbillable` says why the run would leave
    the recipient out.
    """

    recipient: str
    date: date
    closed: CivilDate | None
    subscriptions: int
    unbillable: str | None
    documents: list[NextDocument]


async def _turn(request: Request) -> AsyncIterator[None]:
    """One of the few that reckon at a time; Unavailable where there is none to be had."""
    state = request.app.state
    if not hasattr(state, "next_runs"):
        state.next_runs = asyncio.Semaphore(_AT_ONCE)
    if state.next_runs.locked():
        raise Unavailable("other previews of the next run are being reckoned; try again in a moment", retry_after_s=2)
    async with state.next_runs:
        yield


@router.get(
    "/next-run",
    dependencies=[needs("invoices:read", "preview invoice runs"), Depends(_turn)],
    responses={404: {"description": MEANINGS[404]}},
)
async def next_run(
    connection: Reading,
    caller: Caller,
    recipient: str,
    day: RunDay = None,
    customer: str | None = None,
    limit: Limit = 1000,
) -> NextRun:
    """What the invoice run of a day would issue to a recipient now: its documents, with subtotals by customer.

    At most `limit` lines of each document; `customer`: those of one end customer.
    """
    today = datetime.now(UTC).date()
    if day is not None and day > today + _FAR:
        raise BadRequest(f"date: {day} is too far away; give one up to {today + _FAR}")
    # Whose documents they would be is who may see them: a reseller not even those of its customers that pay themselves.
    is_theirs = caller.reaches(customer=recipient, reseller=recipient)
    await read_on_as_owner(connection, SPEC.name)
    if not is_theirs or not await is_recipient(connection, recipient):
        raise NotFound(f"there is no recipient {recipient!r}")
    day = day or await _first_open(connection, today)
    try:
        found = await next_documents(connection, recipient, day)
    except UserError as error:
        raise BadRequest(f"date: {error}") from None
    return NextRun(
        recipient=recipient, date=day, closed=found.closed, subscriptions=found.subscriptions,
        unbillable=found.unbillable, documents=[_document(one, customer, limit) for one in found.documents],
    )  # fmt: skip


async def _first_open(connection: AsyncConnection, today: date) -> date:
    """The day after the last closed one, or today where that is later."""
    closed = await last_closed(connection)
    return today if closed is None else max(closed + ONE_DAY, today)


def _document(document: Document, customer: str | None, limit: int) -> NextDocument:
    shape: dict[str, Any] = document_shape(document, explained=False)
    subtotals = [_subtotal(name, lines) for name, lines in groupby(document.lines, attrgetter("customer"))]
    lines = [line for line in shape["lines"] if customer is None or line["customer"] == customer]
    return NextDocument.model_validate({**shape, "customers": subtotals, "lines": lines[:limit]})


def _subtotal(customer: str, lines: Iterable[IssuedLine]) -> CustomerSubtotal:
    amounts = [line.net for line in lines]
    return CustomerSubtotal(customer=customer, lines=len(amounts), net=sum(amounts, ZERO))
