"""What the overview shows, as JSON: for programs, with bearer tokens as every API of the house takes them.

The console's process answers it beside its pages (`beside.py`). What lists show is had from the APIs of the services.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.console.overview import queries
from services.console.overview.drawing import MONTHS, months_from
from services.console.overview.queries import DocumentState, OpenDiscrepancies, Revenue, Seats, SubscriptionStatus
from shared.commands.decision import Forbidden
from shared.web.access import Caller, needs
from shared.web.application import Reading
from shared.web.errors import BadRequest
from shared.web.paging import Cursor, Limit, Page, key_of, page_of

router = APIRouter(prefix="/v1")

FromMonth = Annotated[date | None, Query(alias="from", description="from the month of this day on")]
ToMonth = Annotated[date | None, Query(alias="to", description="up to the month of this day")]
SeatsFrom = Annotated[date | None, Query(alias="from", description="from the month of this day on; a year without it")]
SeatsUntil = Annotated[date | None, Query(alias="to", description="up to this day; today without it")]


async def _of_the_organisation(principal: Caller) -> None:
    if not principal.sees_all:
        raise Forbidden(f"{principal.name} may not read this: what vendors have is the organisation's own")


@router.get("/revenue", dependencies=[needs("invoices:read", "read revenue")])
async def revenue(
    connection: Reading,
    first: FromMonth = None,
    last: ToMonth = None,
    currency: str | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Revenue]:
    """What was billed and what falls due, by month and currency: of some months, in one currency."""
    month, after = key_of(cursor, ["0001-01-01", ""])
    found = await queries.revenue(
        connection, first, last, currency=currency, after=(_day(month), after), limit=limit + 1
    )
    return page_of(found, limit, lambda one: [one.month.isoformat(), one.currency])


@router.get("/seats", dependencies=[needs("subscriptions:read", "read seats")])
async def seats(
    connection: Reading,
    first: SeatsFrom = None,
    until: SeatsUntil = None,
    reseller: str | None = None,
    customer: str | None = None,
    product: str | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Seats]:
    """The active seats on each first of a month and on the last day asked for; of one reseller, customer or product."""
    last = until or datetime.now(UTC).date()
    begin = first or months_from(last, 1 - MONTHS)
    if begin > last:
        raise BadRequest(f"from: {begin} is after {last}, up to which is asked")
    (after,) = key_of(cursor, ["0001-01-01"])
    found = await queries.seats(
        connection, begin, last, reseller=reseller, customer=customer, product=product, after=_day(after),
        limit=limit + 1,
    )  # fmt: skip
    return page_of(found, limit, lambda one: [one.on.isoformat()])


@router.get("/document-states", dependencies=[needs("invoices:read", "read documents")])
async def document_states(connection: Reading, limit: Limit = 100, cursor: Cursor = None) -> Page[DocumentState]:
    """How many documents there are of each state, and their gross, by state and currency."""
    state, currency = key_of(cursor, ["", ""])
    found = await queries.documents(connection, (state, currency), limit + 1)
    return page_of(found, limit, lambda one: [one.state, one.currency])


@router.get("/subscription-statuses", dependencies=[needs("subscriptions:read", "read subscriptions")])
async def subscription_statuses(
    connection: Reading,
    reseller: str | None = None,
    customer: str | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[SubscriptionStatus]:
    """How many subscriptions there are of each status, and their seats; of one reseller, one customer."""
    (after,) = key_of(cursor, [""])
    found = await queries.subscriptions(connection, reseller=reseller, customer=customer, after=after, limit=limit + 1)
    return page_of(found, limit, lambda one: [one.status])


@router.get(
    "/open-discrepancies",
    dependencies=[needs("reconciliation:read", "read what vendors have"), Depends(_of_the_organisation)],
)
async def open_discrepancies(connection: Reading, limit: Limit = 100, cursor: Cursor = None) -> Page[OpenDiscrepancies]:
    """What vendors and we differ about now, by vendor and verdict."""
    vendor, verdict = key_of(cursor, ["", ""])
    found = await queries.discrepancies(connection, (vendor, verdict), limit + 1)
    return page_of(found, limit, lambda one: [one.vendor, one.verdict])


def _day(text: str) -> str:
    """The day in a cursor. Raises BadRequest for one that somebody made up."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise BadRequest(f"cursor: {text!r} is no day; give `next` of the page before") from None
