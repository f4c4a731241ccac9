"""Doing something about a difference: a form, what it would come to, and then it is done; all asked of the service."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData, QueryParams

from services.console.errors import error_page
from services.console.formats import link
from services.console.reconciliation import queries
from services.console.reconciliation.actions import ACTIONS, Action, body, inputs
from services.console.reconciliation.queries import Row
from services.console.reconciliation.seen_by import ACTING
from services.console.rendering import page
from services.console.service_calls import NotDone, Refused, ServiceAway, calls, new_key
from services.console.viewer import Looking, Viewer, reading_now
from shared.web.errors import BadRequest, NotFound

router = APIRouter(dependencies=ACTING)
_LONGEST_ID = 300


@router.get("/reconciliation/act")
async def form(
    request: Request,
    viewer: Looking,
    vendor: Annotated[str, Query(max_length=_LONGEST_ID)],
    row: Annotated[str, Query(max_length=_LONGEST_ID)],
    action: str,
    preview: bool = False,
) -> Response:
    """The form of an action; `preview`: filled in, with what it would come to."""
    one, asked = await _asked(request, viewer, vendor, row, action)
    if not preview:
        return _form(request, one, asked, request.query_params)
    try:
        answer = await calls(request).ask(
            request, viewer, "reconciliation", "POST", _path(one), _body(one, asked, request.query_params), preview=True
        )
    except NotDone as error:
        return _form(request, one, asked, request.query_params, error)
    return page(
        request, "reconciliation/confirm.html", one=one, action=asked, answer=answer.document,
        key=_text(request.query_params, "key") or new_key(),
        snapshot=_snapshot(one, request.query_params), inputs=inputs(action, one),
        given={field.name: request.query_params.get(field.name, "") for field in inputs(action, one)},
    )  # fmt: skip


@router.post("/reconciliation/act")
async def act(request: Request, viewer: Looking) -> Response:
    """It is done, once however often the form comes; refused where it was decided on another snapshot."""
    given = await request.form()
    one, asked = await _asked(request, viewer, _text(given, "vendor"), _text(given, "row"), _text(given, "action"))
    try:
        await calls(request).ask(
            request, viewer, "reconciliation", "POST", _path(one), _body(one, asked, given),
            key=_text(given, "key") or None,
        )  # fmt: skip
    except NotDone as error:
        return _form(request, one, asked, given, error)
    where = link("reconciliation", "rows", one.vendor, one.row)
    return RedirectResponse(f"{where}?done={asked.name}", HTTPStatus.SEE_OTHER)


@router.post("/reconciliation/tasks/{task}/retry")
async def retry(request: Request, viewer: Looking, task: UUID) -> Response:
    """A task that failed is carried out once more, under the same id."""
    try:
        await calls(request).ask(request, viewer, "reconciliation", "POST", f"/v1/vendor-tasks/{task}/retry")
    except Refused as error:
        return error_page(request, HTTPStatus(error.status), str(error))
    return RedirectResponse("/reconciliation/tasks?done=again", HTTPStatus.SEE_OTHER)


async def _asked(request: Request, viewer: Viewer, vendor: str, key: str, action: str) -> tuple[Row, Action]:
    """The row and what is to be done about it. The connection is let go before the service is asked."""
    if action not in ACTIONS:
        raise BadRequest(f"action: {action!r} is none of {', '.join(ACTIONS)}")
    async with reading_now(request, viewer) as connection:
        one = await queries.row(connection, vendor, key)
    if one is None:
        about = key.removeprefix("s:").removeprefix("v:")
        raise NotFound(f"there is no {about} in the comparison with {vendor} any more")
    return one, ACTIONS[action]


def _form(
    request: Request, one: Row, action: Action, given: QueryParams | FormData, error: NotDone | None = None
) -> Response:
    """The form, with what was given before and why that was refused.

    Where nobody knows whether it was done it keeps its key: confirmed again it counts once.
    """
    status = HTTPStatus.OK if error is None else HTTPStatus(error.status)
    return page(
        request, "reconciliation/act.html", status, one=one, action=action, inputs=inputs(action.name, one),
        given={name: value for name, value in given.items() if isinstance(value, str)},
        wrong=None if error is None else str(error),
        key=_text(given, "key") if isinstance(error, ServiceAway) else "",
        is_outdated=error is not None and error.status == HTTPStatus.PRECONDITION_FAILED,
    )  # fmt: skip


def _path(one: Row) -> str:
    return f"/v1/reconciliation/{quote(one.vendor, safe='')}/{quote(one.about)}/actions"


def _body(one: Row, action: Action, given: QueryParams | FormData) -> dict[str, object]:
    said = {field.name: _text(given, field.name) for field in inputs(action.name, one)}
    return body(action.name, one, _snapshot(one, given), said)


def _snapshot(one: Row, given: QueryParams | FormData) -> str:
    """The one that whoever decides has seen; the row's own before there is a form."""
    return _text(given, "snapshot") or one.snapshot


def _text(given: QueryParams | FormData, name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""
