"""The pages of reconciliation that show: the comparison, findings, tasks, accounts, sweeps, what is left by hand."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from psycopg import AsyncConnection
from pydantic import BaseModel

from services.console.afterwards import said
from services.console.exports import ROWS_ASKED, Field, Format, exported
from services.console.listing import Lister, PageNumber, Sort
from services.console.reconciliation import acting, at_vendors, costs, discrepancies, left_by_hand, queries, saying
from services.console.reconciliation.actions import ACTIONS
from services.console.reconciliation.queries import Row
from services.console.reconciliation.seen_by import ROWS, THE_ORGANISATION
from services.console.rendering import page
from services.console.service_calls import Refused, ServiceAway, calls
from services.console.viewer import Looking, Reading, Viewer, reading_now
from shared.web.errors import NotFound
from shared.web.searching import Search, pattern

router = APIRouter()
router.include_router(acting.router)
router.include_router(costs.router)
router.include_router(saying.router)
Filter = Annotated[str, Query(max_length=300)]


def _fields(model: type[BaseModel], *without: str) -> list[Field]:
    return [Field(name, _plain(name)) for name in model.model_fields if name not in without]


def _plain(name: str) -> Any:
    of = attrgetter(name)
    return lambda one: " ".join(value) if isinstance(value := of(one), list) else value


_ROW_FIELDS: Final = _fields(Row, "row", "snapshot")
# What names others, and the accounts of vendors, is the organisation's (rule R7.1).
_NOT_RESELLERS: Final = ("reason", "candidates", "account_name")
_RESELLERS_FIELDS: Final = _fields(Row, "row", "snapshot", *_NOT_RESELLERS)


@router.get("/reconciliation", dependencies=ROWS)
async def rows(
    request: Request, connection: Reading, viewer: Looking, q: Search = "", vendor: Filter = "", verdict: Filter = "",
    account: Filter = "", customer: Filter = "", sort: Sort = None, page_number: PageNumber = 1,
    format: Format | None = None,
) -> Response:  # fmt: skip
    """The comparison; as a file too."""
    wanted = {
        "search": pattern(q), "vendor": vendor or None, "verdict": verdict or None, "account": account or None,
        "customer": customer or None, "findings": list(queries.FINDINGS),
    }  # fmt: skip
    if format is not None:
        found = queries.ROWS.everything(connection, wanted, sort, ROWS_ASKED)
        fields = _ROW_FIELDS if viewer.principal.sees_all else _RESELLERS_FIELDS
        return await exported(format, "reconciliation", fields, found)
    return page(
        request, "reconciliation/rows.html", listed=await queries.ROWS.page(connection, wanted, sort, page_number),
        search=q, filters=wanted, vendors=await queries.vendors(connection), verdicts=queries.VERDICTS,
        summary=await queries.summary(connection),
    )  # fmt: skip


@router.get("/reconciliation/rows/{vendor}/{key:path}", dependencies=ROWS)
async def row(request: Request, viewer: Looking, vendor: str, key: str, done: Filter = "") -> Response:
    """One row: both sides, what may be done, and what became of its differences."""
    async with reading_now(request, viewer) as connection:
        found = await queries.row(connection, vendor, key)
        if found is None:
            raise NotFound(f"there is no {key.removeprefix('s:').removeprefix('v:')} in the comparison with {vendor}")
        details = await queries.details(connection, found)
        history = await discrepancies.history(connection, found)
    # Another service is asked: no connection is held meanwhile.
    offered, away = await _offered(request, viewer, found)
    return page(
        request, "reconciliation/row.html", one=found, details=details, history=history, offered=offered, away=away,
        done=ACTIONS.get(done), labels=ACTIONS,
    )  # fmt: skip


async def _offered(request: Request, viewer: Viewer, one: Row) -> tuple[list[str], str | None]:
    """What the service offers to do about a row, and what keeps it from saying so."""
    if not (viewer.principal.sees_all and viewer.may("reconciliation:write")):
        return [], None
    asked = urlencode({"vendor": one.vendor, "subscription": one.about})
    try:
        answer = await calls(request).ask(request, viewer, "reconciliation", "GET", f"/v1/reconciliation?{asked}")
    except (ServiceAway, Refused) as error:
        return [], str(error)
    same = (one.subscription, one.vendor_subscription)
    for item in answer.document["items"]:
        if (item["subscription"], item["vendor_subscription"]) == same:
            return [name for name in item["actions"] if name in ACTIONS], None
    return [], None


@router.get("/reconciliation/findings", dependencies=THE_ORGANISATION)
async def findings(
    request: Request, connection: Reading, q: Search = "", vendor: Filter = "", verdict: Filter = "",
    state: Filter = "", account: Filter = "", sort: Sort = None, page_number: PageNumber = 1,
    format: Format | None = None,
) -> Response:  # fmt: skip
    """Every time that both sides began to differ, and what became of it."""
    wanted = {
        "search": pattern(q), "vendor": vendor or None, "verdict": verdict or None, "state": state or None,
        "account": account or None,
    }  # fmt: skip
    return await _list(
        request, connection, "findings", discrepancies.DISCREPANCIES, wanted, sort, page_number, format, search=q,
        verdicts=queries.FINDINGS, states=discrepancies.STATES,
    )  # fmt: skip


@router.get("/reconciliation/tasks", dependencies=THE_ORGANISATION)
async def tasks(
    request: Request, connection: Reading, q: Search = "", vendor: Filter = "", state: Filter = "",
    sort: Sort = None, page_number: PageNumber = 1, format: Format | None = None, done: Filter = "",
) -> Response:  # fmt: skip
    """What vendors are to do."""
    wanted = {"search": pattern(q), "vendor": vendor or None, "state": state or None}
    return await _list(
        request, connection, "tasks", at_vendors.TASKS, wanted, sort, page_number, format, search=q,
        states=at_vendors.TASK_STATES, done=done == "again",
    )  # fmt: skip


@router.get("/reconciliation/accounts", dependencies=THE_ORGANISATION)
async def accounts(
    request: Request, connection: Reading, viewer: Looking, q: Search = "", vendor: Filter = "", failed: Filter = "",
    sort: Sort = None, page_number: PageNumber = 1, format: Format | None = None,
) -> Response:  # fmt: skip
    """The accounts of vendors as they were last looked at."""
    wanted = {"search": pattern(q), "vendor": vendor or None, "failed": failed or None}
    return await _list(
        request, connection, "accounts", at_vendors.ACCOUNTS, wanted, sort, page_number, format, search=q,
        said=said(request, viewer),
    )  # fmt: skip


@router.get("/reconciliation/by-hand", dependencies=THE_ORGANISATION)
async def by_hand(
    request: Request, connection: Reading, viewer: Looking, q: Search = "", vendor: Filter = "",
    state: Literal["open", "settled", "all"] = "open", sort: Sort = None, page_number: PageNumber = 1,
    format: Format | None = None,
) -> Response:  # fmt: skip
    """What alignments that billed nothing left to be invoiced by hand; at first what nobody has settled."""
    wanted = {"search": pattern(q), "vendor": vendor or None, "state": state}
    return await _list(
        request, connection, "by_hand", left_by_hand.LEFT_BY_HAND, wanted, sort, page_number, format, search=q,
        states=left_by_hand.STATES, said=said(request, viewer),
    )  # fmt: skip


@router.get("/reconciliation/sweeps", dependencies=THE_ORGANISATION)
async def sweeps(
    request: Request, connection: Reading, vendor: Filter = "", sort: Sort = None, page_number: PageNumber = 1,
    format: Format | None = None,
) -> Response:  # fmt: skip
    """Looks at all accounts of a vendor."""
    wanted = {"vendor": vendor or None}
    return await _list(request, connection, "sweeps", at_vendors.SWEEPS, wanted, sort, page_number, format)


async def _list(
    request: Request, connection: AsyncConnection, name: str, lister: Lister[Any], wanted: dict[str, Any],
    sort: str | None, number: int, form: Format | None, **shown: Any,
) -> Response:  # fmt: skip
    """A page of a list, or all of it as a file."""
    if form is not None:
        found = lister.everything(connection, wanted, sort, ROWS_ASKED)
        return await exported(form, name, _fields(lister.model), found)
    return page(
        request, f"reconciliation/{name}.html", listed=await lister.page(connection, wanted, sort, number),
        filters=wanted, vendors=await queries.vendors(connection), **shown,
    )  # fmt: skip
