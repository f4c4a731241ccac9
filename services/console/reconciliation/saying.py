"""What only a person can say: that an amount is settled by hand, and that an account is gone for good.

Each has a page that says what comes of it and asks for the reason. The service writes it down, once.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.console.afterwards import go
from services.console.formats import sentence
from services.console.reconciliation import at_vendors, left_by_hand
from services.console.reconciliation.at_vendors import Account
from services.console.reconciliation.left_by_hand import Left
from services.console.reconciliation.seen_by import ACTING
from services.console.rendering import page
from services.console.service_calls import NotDone, ServiceAway, calls, new_key
from services.console.viewer import Looking, Viewer, reading_now
from shared.web.errors import NotFound

router = APIRouter(dependencies=ACTING)


@router.get("/reconciliation/by-hand/{alignment:path}/settle")
async def settling(request: Request, viewer: Looking, alignment: str) -> Response:
    """What an alignment left, and the form that says how it was settled."""
    return _settling(request, await _left(request, viewer, alignment))


@router.post("/reconciliation/by-hand/{alignment:path}/settle")
async def settle(request: Request, viewer: Looking, alignment: str) -> Response:
    """It is settled; what somebody settled before stays as it was said then."""
    left = await _left(request, viewer, alignment)
    path = f"/v1/manual-invoicing/{quote(alignment, safe='')}/settle"
    reason, key = await _reason(request)
    try:
        done = await _ask(request, viewer, path, reason, key)
    except NotDone as refused:
        return _settling(request, left, reason, refused, key)
    of = done["subscription"] or alignment
    is_ones_own = (done["settled_by"], done["reason"]) == (viewer.principal.name, reason)
    how = "is settled" if is_ones_own else f"was settled before by {done['settled_by']}"
    told = sentence(f"What was left of {of} {how}: {done['reason']}")
    return await go(request, viewer, "/reconciliation/by-hand", told)


@router.get("/reconciliation/accounts/{vendor}/{account:path}/gone")
async def leaving(request: Request, viewer: Looking, vendor: str, account: str) -> Response:
    """What comes of saying that an account is gone, and the form that says why."""
    return _leaving(request, await _account(request, viewer, vendor, account))


@router.post("/reconciliation/accounts/{vendor}/{account:path}/gone")
async def leave(request: Request, viewer: Looking, vendor: str, account: str) -> Response:
    """It is gone; said again it stays as it was said first."""
    one = await _account(request, viewer, vendor, account)
    path = f"/v1/vendor-accounts/{quote(vendor, safe='')}/{quote(account, safe='')}/gone"
    reason, key = await _reason(request)
    try:
        done = await _ask(request, viewer, path, reason, key)
    except NotDone as refused:
        return _leaving(request, one, reason, refused, key)
    name = one.name or account
    is_ones_own = (done["said_by"], done["reason"]) == (viewer.principal.name, reason)
    told = (
        f"{name} is gone. With the next comparison what is billed for it is missing at the vendor."
        if is_ones_own
        else sentence(f"{name} was said to be gone before by {done['said_by']}: {done['reason']}")
    )
    return await go(request, viewer, "/reconciliation/accounts", told)


async def _left(request: Request, viewer: Viewer, alignment: str) -> list[Left]:
    async with reading_now(request, viewer) as connection:
        left = await left_by_hand.left_by(connection, alignment)
    if not left:
        raise NotFound(f"no alignment {alignment!r} left anything to be invoiced")
    return left


async def _account(request: Request, viewer: Viewer, vendor: str, account: str) -> Account:
    async with reading_now(request, viewer) as connection:
        one = await at_vendors.account(connection, vendor, account)
    if one is None:
        raise NotFound(f"{vendor} has no account {account!r} that was ever looked at")
    return one


async def _reason(request: Request) -> tuple[str, str]:
    """What was typed, and the key that makes the form count once."""
    form = await request.form()
    reason, key = form.get("reason"), form.get("key")
    return reason.strip() if isinstance(reason, str) else "", key if isinstance(key, str) and key else new_key()


async def _ask(request: Request, viewer: Viewer, path: str, reason: str, key: str) -> Any:
    answer = await calls(request).ask(request, viewer, "reconciliation", "POST", path, {"reason": reason}, key=key)
    return answer.document


def _settling(
    request: Request, left: list[Left], reason: str = "", refused: NotDone | None = None, key: str | None = None
) -> Response:
    return page(request, "reconciliation/settle.html", _status(refused), left=left, **_typed(reason, refused, key))


def _leaving(
    request: Request, one: Account, reason: str = "", refused: NotDone | None = None, key: str | None = None
) -> Response:
    return page(request, "reconciliation/gone.html", _status(refused), one=one, **_typed(reason, refused, key))


def _typed(reason: str, refused: NotDone | None, key: str | None) -> dict[str, Any]:
    """What stands in the form; its key stays where nobody knows whether it was done, so that it counts once."""
    wrong = None if refused is None else str(refused)
    kept = key if isinstance(refused, ServiceAway) else None
    return {"typed": {"reason": reason}, "wrong": wrong, "key": kept or new_key()}


def _status(refused: NotDone | None) -> HTTPStatus:
    return HTTPStatus.OK if refused is None else HTTPStatus(refused.status)
