"""`python -m services.reconciliation.api`: what both sides have, what differs, and what may be done about it.

Who asks sees what is theirs: the database chooses the rows, and `access` who may ask at all.
"""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, FastAPI, Query

from services.reconciliation import account_routes, action_routes, cost_routes, manual_routes, queries, webhook_route
from services.reconciliation.access import ORGANISATIONS, ROWS
from services.reconciliation.desk import ReconciliationDesk
from services.reconciliation.rows_shown import differences_of, row_shown
from services.reconciliation.shown import (
    ComparedRow,
    Discrepancy,
    State,
    SweepRow,
    TaskState,
    VendorTask,
)
from services.reconciliation.verdicts import Verdict
from shared.store.config import ReconciliationConfig
from shared.web.access import Caller
from shared.web.application import Reading, serve
from shared.web.errors import BadRequest
from shared.web.paging import Cursor, Limit, Page, cursor_of, key_of, page_of

_NUMBER = re.compile("[0-9]{1,9}")
_EITHER = Query(description="our id of it, or the vendor's")


@asynccontextmanager
async def _configured(app: FastAPI) -> AsyncIterator[None]:
    app.state.reconciliation_beta = ReconciliationConfig().reconciliation_beta
    yield


router = APIRouter(prefix="/v1", lifespan=_configured)
router.include_router(account_routes.router)
router.include_router(action_routes.router)
router.include_router(cost_routes.router)
router.include_router(manual_routes.router)
DESK = ReconciliationDesk()
# What vendors post: they have no token of ours.
POSTED = webhook_route.router


@router.get("/reconciliation", dependencies=ROWS)
async def reconciliation(
    connection: Reading,
    principal: Caller,
    vendor: str | None = None,
    verdict: Verdict | None = None,
    account: str | None = None,
    customer: str | None = None,
    subscription: Annotated[str | None, _EITHER] = None,
    findings: Annotated[bool, Query(description="only where both sides differ")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ComparedRow]:
    """Every subscription and add-on of either side as the last comparison with its vendor found it."""
    after = key_of(cursor, ["", ""])
    found = await queries.rows(
        connection, after, limit + 1, vendor=vendor, verdict=verdict, account=account, customer=customer,
        subscription=subscription, findings=findings,
    )  # fmt: skip
    told = await queries.told(connection, [key for row in found for key in differences_of(row)])
    may_act = principal.sees_all and principal.may("reconciliation:write")
    items = [row_shown(row, told, may_act=may_act) for row in found[:limit]]
    last = found[limit - 1] if len(found) > limit else None
    return Page(items=items, next=None if last is None else cursor_of([last["vendor"], last["row"]]))


@router.get("/discrepancies", dependencies=ORGANISATIONS)
async def discrepancies(
    connection: Reading,
    vendor: str | None = None,
    verdict: Verdict | None = None,
    state: State | None = None,
    account: str | None = None,
    subscription: Annotated[str | None, _EITHER] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Discrepancy]:
    """Every time that both sides began to differ, and what became of it."""
    after, number = key_of(cursor, ["", "0"])
    found = await queries.discrepancies(
        connection, (after, _number(number)), limit + 1, vendor=vendor, verdict=verdict, state=state, account=account,
        subscription=subscription,
    )  # fmt: skip
    return page_of(found, limit, lambda one: [one.discrepancy, str(one.number)])


@router.get("/sweeps", dependencies=ORGANISATIONS)
async def sweeps(
    connection: Reading, vendor: str | None = None, limit: Limit = 100, cursor: Cursor = None
) -> Page[SweepRow]:
    """Looks at all accounts of a vendor, the newest first."""
    (before,) = key_of(cursor, [""])
    found = await queries.sweeps(connection, _number(before) if before else None, limit + 1, vendor=vendor)
    return page_of(found, limit, lambda one: [str(one.sweep)])


@router.get("/vendor-tasks", dependencies=ORGANISATIONS)
async def vendor_tasks(
    connection: Reading,
    vendor: str | None = None,
    state: TaskState | None = None,
    subscription: str | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[VendorTask]:
    """What vendors are to do, the newest first."""
    at, task = key_of(cursor, ["", ""])
    before = _asked_before(at, task) if at else None
    found = await queries.tasks(connection, before, limit + 1, vendor=vendor, state=state, subscription=subscription)
    return page_of(found, limit, lambda one: [one.asked_at.isoformat(), str(one.task)])


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise BadRequest("cursor: is none of this list; give `next` of the page before")
    return int(text)


def _asked_before(at: str, task: str) -> tuple[datetime, UUID]:
    try:
        moment, name = datetime.fromisoformat(at), UUID(task)
    except ValueError:
        moment, name = None, None
    if moment is None or name is None or moment.tzinfo is None:
        raise BadRequest("cursor: is none of this list; give `next` of the page before")
    return moment, name


if __name__ == "__main__":
    sys.exit(serve("reconciliation", router, DESK, POSTED))
