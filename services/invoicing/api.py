"""`python -m services.invoicing.api`: documents and where they go, installment plans, what is charged next.

Who asks sees what is theirs: the database chooses the rows (`sql/policies.sql`).
"""

from __future__ import annotations

import sys
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from services.invoicing import explained_route, next_run_route, queries
from services.invoicing.delivery import routes as delivery_routes
from services.invoicing.paper import routes as paper_routes
from services.invoicing.queries import (
    Balance,
    Document,
    DocumentWithLines,
    InstallmentPlan,
    Kind,
    NextCharge,
    OpenInvoice,
    State,
)
from shared.web.access import needs
from shared.web.application import Reading, serve
from shared.web.errors import BadRequest, NotFound
from shared.web.paging import Cursor, Limit, Page, key_of, page_of

router = APIRouter(prefix="/v1")
# Routes are tried in their order, and a document's number may have slashes in it.
for routes in (explained_route.router, paper_routes.router, next_run_route.router, delivery_routes.router):
    router.include_router(routes)

From = Annotated[date | None, Query(alias="from", description="dated on this day or later")]
To = Annotated[date | None, Query(alias="to", description="dated on this day or earlier")]
DueBy = Annotated[date | None, Query(description="due on this day or earlier")]


@router.get("/documents", dependencies=[needs("invoices:read", "read documents")])
async def documents(
    connection: Reading,
    recipient: str | None = None,
    first: From = None,
    last: To = None,
    kind: Kind | None = None,
    state: Annotated[
        State | None, Query(description="`owed`: open or credited in part; `nothing_to_pay`: of a gross of 0")
    ] = None,
    currency: str | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Document]:
    """Issued invoices and credit notes by date and number; of one recipient, of some days, in one state."""
    found = await queries.documents(
        connection, _after(cursor), limit + 1, recipient=recipient, first=first, last=last, kind=kind, state=state,
        currency=currency,
    )  # fmt: skip
    return page_of(found, limit, lambda one: [one.date.isoformat(), one.number])


@router.get("/documents/{number:path}", dependencies=[needs("invoices:read", "read documents")])
async def document(connection: Reading, number: str) -> DocumentWithLines:
    """One document with all its lines."""
    found = await queries.document(connection, number)
    if found is None:
        raise NotFound(f"there is no document {number!r}")
    return found


@router.get("/open-invoices", dependencies=[needs("invoices:read", "read open invoices")])
async def open_invoices(
    connection: Reading, recipient: str | None = None, limit: Limit = 100, cursor: Cursor = None
) -> Page[OpenInvoice]:
    """Invoices whose gross no credit notes have taken away, the oldest first; of one recipient."""
    found = await queries.open_invoices(connection, _after(cursor), limit + 1, recipient=recipient)
    return page_of(found, limit, lambda one: [one.date.isoformat(), one.number])


@router.get("/balances", dependencies=[needs("invoices:read", "read balances")])
async def balances(
    connection: Reading, recipient: str | None = None, limit: Limit = 100, cursor: Cursor = None
) -> Page[Balance]:
    """What stands in favour of recipients by recipient and currency; of one recipient."""
    name, currency = key_of(cursor, ["", ""])
    found = await queries.balances(connection, (name, currency), limit + 1, recipient=recipient)
    return page_of(found, limit, lambda one: [one.recipient, one.currency])


@router.get("/installment-plans", dependencies=[needs("subscriptions:read", "read installment plans")])
async def installment_plans(
    connection: Reading,
    customer: str | None = None,
    reseller: str | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[InstallmentPlan]:
    """Running installment plans by subscription; of one customer, one reseller."""
    (after,) = key_of(cursor, [""])
    found = await queries.installment_plans(connection, after, limit + 1, customer=customer, reseller=reseller)
    return page_of(found, limit, lambda one: [one.subscription])


@router.get("/next-charges", dependencies=[needs("invoices:read", "read next charges")])
async def next_charges(
    connection: Reading,
    recipient: str | None = None,
    due_by: DueBy = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[NextCharge]:
    """What is charged next, by subscription; to one recipient, by some day."""
    (after,) = key_of(cursor, [""])
    found = await queries.next_charges(connection, after, limit + 1, recipient=recipient, last=due_by)
    return page_of(found, limit, lambda one: [one.subscription])


def _after(cursor: str | None) -> tuple[date, str]:
    """Where a list by date and number goes on."""
    day, number = key_of(cursor, [date.min.isoformat(), ""])
    try:
        return date.fromisoformat(day), number
    except ValueError:
        raise BadRequest(f"cursor: {cursor!r} is none of this list; give `next` of the page before") from None


if __name__ == "__main__":
    sys.exit(serve("invoicing", router))
