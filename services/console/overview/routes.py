"""The page at the front."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.console.overview import drawing, queries
from services.console.overview.running import Running, running
from services.console.rendering import AREAS, page
from services.console.system import System
from services.console.viewer import Looking, reading_now
from shared.web.errors import NotFound

router = APIRouter()
_PERMISSION: Final = "invoices:read"


@router.get("/")
async def overview(request: Request, viewer: Looking) -> Response:
    """Revenue, seats, documents; for who operates it, how the system runs. Who may not see it: the first they may."""
    if not viewer.may(_PERMISSION):
        beta = request.app.state.reconciliation_beta
        first = next((area.path for area in AREAS if area.path != "/" and area.is_shown(viewer, beta=beta)), None)
        if first is None:
            raise NotFound("this token opens no page: ask for one with a permission to read")
        return RedirectResponse(first)
    today = datetime.now(UTC).date()
    first_month = drawing.months_from(today, 1 - drawing.MONTHS)
    is_organisation, operates = viewer.principal.sees_all, viewer.may("operations:read")
    async with reading_now(request, viewer) as connection:
        revenue = await queries.revenue(connection, first_month, drawing.months_from(today, drawing.MONTHS))
        seats = await queries.seats(connection, first_month, today)
        subscriptions = await queries.subscriptions(connection) if viewer.may("subscriptions:read") else []
        customer = viewer.principal.customer
        reseller = None if customer is None else await queries.reseller(connection, customer)
        documents = await queries.documents(connection)
        compares = is_organisation and viewer.may("reconciliation:read")
        discrepancies = await queries.discrepancies(connection) if compares else None
    # The broker is asked: no connection is held meanwhile.
    runs = await _running(request) if operates else None
    return page(
        request, "overview/overview.html", revenue=drawing.revenue_charts(revenue, today),
        month=[one for one in revenue if one.month == drawing.months_from(today, 0)],
        seats_chart=drawing.seats_chart(seats, today), seats=seats[-1].seats, documents=documents,
        subscriptions=subscriptions, reseller_pays=reseller is not None, discrepancies=discrepancies, running=runs,
        operates=operates, dead_letters=await _dead_letters(request, runs) if operates else None,
    )  # fmt: skip


async def _running(request: Request) -> Running | None:
    system: System = request.app.state.system
    report = await system.report()
    return None if report is None else running(report)


async def _dead_letters(request: Request, runs: Running | None) -> int:
    """They lie in the database: who cannot see the log now still sees these."""
    system: System = request.app.state.system
    return await system.dead_letters() if runs is None else runs.dead_letters
