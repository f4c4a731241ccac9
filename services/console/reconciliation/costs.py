"""The page of costs: what vendors billed beside our own cost, as the service compares them now (rule R7.7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.console.errors import error_page
from services.console.listing import address
from services.console.reconciliation.seen_by import THE_ORGANISATION
from services.console.rendering import page
from services.console.service_calls import Refused, calls
from services.console.viewer import Looking

router = APIRouter(dependencies=THE_ORGANISATION)
_ROWS: Final = 100
VERDICTS: Final = (
    "discrepancy", "missing_here", "missing_at_vendor", "cost_unknown", "other_currency", "rounding", "match",
)  # fmt: skip


@router.get("/reconciliation/costs")
async def costs(
    request: Request,
    viewer: Looking,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    verdict: Annotated[str, Query(max_length=50)] = "",
    subscription: Annotated[str, Query(max_length=300)] = "",
    cursor: Annotated[str, Query(max_length=1_000)] = "",
) -> Response:
    """A period's bills and verdicts; without one those of the last month."""
    begun, ended = _last_month(datetime.now(UTC).date())
    period = {"from": (first or begun).isoformat(), "to": (last or ended).isoformat()}
    chosen = {"verdict": verdict, "subscription": subscription.strip(), "cursor": cursor}
    wanted = period | {"limit": str(_ROWS)} | {name: value for name, value in chosen.items() if value}
    ask = calls(request).ask
    try:
        bills = await ask(request, viewer, "reconciliation", "GET", f"/v1/vendor-bills?{urlencode(period)}")
        found = await ask(request, viewer, "reconciliation", "GET", f"/v1/costs?{urlencode(wanted)}")
    except Refused as error:
        return error_page(request, HTTPStatus(error.status), str(error))
    following = found.document["next"]
    return page(
        request, "reconciliation/costs.html", bills=bills.document["items"], found=found.document["items"],
        period=period, verdict=verdict, subscription=subscription, verdicts=VERDICTS, cursor=cursor,
        next=None if following is None else address(request, cursor=following),
    )  # fmt: skip


def _last_month(today: date) -> tuple[date, date]:
    """Its first day, and its last."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last
