"""The pages of subscriptions."""

from __future__ import annotations

from datetime import date
from operator import attrgetter
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.console.afterwards import said
from services.console.exports import ROWS_ASKED, Field, Format, exported
from services.console.listing import PageNumber, Sort
from services.console.rendering import page
from services.console.subscriptions import history, queries
from services.console.subscriptions.changes import offered
from services.console.viewer import Looking, Reading, reading_now, shown_to
from shared.web.errors import BadRequest, NotFound
from shared.web.searching import Search, pattern

router = APIRouter(dependencies=[shown_to("subscriptions:read")])

Filter = Annotated[str | None, Query(max_length=200)]
# Those that are charged next in a month.
Month = Annotated[str, Query(max_length=7, description="a month: 2026-03")]
_FIELDS = [Field(name, attrgetter(name)) for name in queries.Row.model_fields]


def month_of(text: str) -> date | None:
    """The first of a month, or None where none is named. Raises BadRequest for what is none."""
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise BadRequest(f"due: {text!r} is no month; give one as 2026-03") from None


@router.get("/subscriptions")
async def subscriptions(
    request: Request,
    connection: Reading,
    q: Search = "",
    status: Filter = None,
    reseller: Filter = None,
    customer: Filter = None,
    product: Filter = None,
    plan: Literal["some", "none", ""] | None = None,
    currency: Filter = None,
    due: Month = "",
    sort: Sort = None,
    page_number: PageNumber = 1,
    format: Format | None = None,
) -> Response:
    """The list; as a file too."""
    wanted = queries.wanted(
        pattern(q), status=status, reseller=reseller, customer=customer, product=product, plan=plan, currency=currency,
        due=month_of(due),
    )  # fmt: skip
    if format is not None:
        rows = queries.SUBSCRIPTIONS.everything(connection, wanted, sort, ROWS_ASKED)
        return await exported(format, "subscriptions", _FIELDS, rows)
    listed = await queries.SUBSCRIPTIONS.page(connection, wanted, sort, page_number)
    return page(
        request, "subscriptions/list.html", listed=listed, search=q, filters=wanted,
        plans=await queries.plans(connection, [row.subscription for row in listed.rows]),
        statuses=queries.STATUSES,
    )  # fmt: skip


@router.get("/subscriptions/{subscription_id:path}")
async def subscription(
    request: Request,
    viewer: Looking,
    subscription_id: str,
    life: Literal["all", ""] | None = None,
) -> Response:
    """One subscription: how it is, what comes, and what happened to it."""
    async with reading_now(request, viewer) as connection:
        found = await queries.subscription(connection, subscription_id)
        if found is None:
            raise NotFound(f"there is no subscription {subscription_id}")
        plans = await queries.plans(connection, [subscription_id])
        documents = await history.documents_of(connection, subscription_id) if viewer.may("invoices:read") else []
        version = await queries.version(connection, subscription_id)
    # Another service is asked: no connection is held meanwhile.
    told = await history.told_of(request, viewer, subscription_id)
    drawn = None if told.timeline is None else history.charts_of(told.timeline, documents, whole=life == "all")
    return page(
        request, "subscriptions/one.html", one=found, plan=plans.get(subscription_id), happened=told,
        documents=documents, charts=drawn, life=life,
        stands="" if told.timeline is None else history.as_it_stands(told.timeline, renews=found.auto_renew),
        is_cut=told.timeline is not None and history.is_cut(told.timeline),
        said=said(request, viewer), version=version,
        changes=offered(found, viewer.principal),
    )  # fmt: skip
