"""Tokens, accounts and activations as WatchGuard's platform APIs have them."""

from __future__ import annotations

import base64
import secrets
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Body, Depends, Header, Query, Request
from fastapi.responses import JSONResponse
from pydantic import JsonValue

from deploy.emulators.watchguard.seed import SeedAccount
from deploy.emulators.watchguard.state import Refusal, State

router = APIRouter()
ACCOUNTS = "/rest/platform/accounts/v1/accounts"
ACTIVATION = "/rest/platform/activation/v1"


async def known(request: Request) -> State:
    state: State = request.app.state.emulator
    return state


Known = Annotated[State, Depends(known)]


async def speaker(
    state: Known,
    authorization: Annotated[str, Header()] = "",
    api_key: Annotated[str, Header(alias="WatchGuard-API-Key")] = "",
) -> str:
    """The account that the caller speaks for: every call needs a token and the API key."""
    if not secrets.compare_digest(api_key, state.seed.api_key):
        raise Refusal(403, "Forbidden", "The API key is not valid")
    kind, _, token = authorization.partition(" ")
    return state.speaker(token if kind == "Bearer" else "")


Speaker = Annotated[str, Depends(speaker)]


@router.post("/oauth/token")
async def token(request: Request, state: Known) -> dict[str, JsonValue]:
    expected = base64.b64encode(f"{state.seed.access_id}:{state.seed.password}".encode()).decode()
    if request.headers.get("Authorization") != f"Basic {expected}":
        raise Refusal(401, "invalid_client", "Client authentication failed")
    form = parse_qs((await request.body()).decode())
    if form.get("grant_type") != ["client_credentials"] or form.get("scope") != ["api-access"]:
        raise Refusal(400, "unsupported_grant_type", "grant_type and scope are not as they have to be")
    value, lifetime = state.issue(form.get("audience", [None])[0])
    return {"access_token": value, "token_type": "Bearer", "expires_in": lifetime, "scope": "api-access"}


@router.post("/rest/platform/authorization/v1/audiences")
async def audiences(
    state: Known, who: Speaker, account: Annotated[str, Body(alias="accountId", embed=True)]
) -> dict[str, str]:
    _ours(state, who)
    return {"audience": state.audience(account)}


@router.get(ACCOUNTS + "/{account_id}")
async def account(account_id: str, state: Known, who: Speaker) -> dict[str, JsonValue]:
    _ours(state, who)
    if account_id == state.seed.account:
        return {"accountId": account_id, "name": "The service provider", "type": 1}
    return _shown(state.managed(account_id, "all"))


@router.get(ACCOUNTS + "/{account_id}/children", response_model=None)
async def children(
    account_id: str, state: Known, who: Speaker, kind: Annotated[int, Query(alias="type")] = 0,
    limit: int = 25, offset: int = 0, name: str | None = None,
    delegated: Annotated[bool, Query(alias="includeDelegatedAccounts")] = False,
) -> dict[str, JsonValue]:  # fmt: skip
    _ours(state, who)
    if account_id != state.seed.account:
        raise Refusal(404, "NotFound", "The account does not exist")
    traps = state.traps
    rows: list[JsonValue] = [
        _shown(each)
        for each in state.accounts.values()
        if kind in (0, each.type) and (delegated or not each.delegated) and (name is None or name in each.name)
    ]
    if traps.unknown_values and rows and isinstance(rows[0], dict):
        rows[0] = {**rows[0], "type": 9, "tier": "PLATINUM"}
    rows += [{"name": f"Nameless {number}", "type": 2} for number in range(traps.nameless_accounts)]
    total = None if traps.null_totals else len(rows) + traps.totals_off_by
    size = len(rows) if limit == -1 else min(limit, traps.rows_at_most or limit)
    page = rows[:size] if traps.same_page else rows[offset : offset + size]
    paging: dict[str, JsonValue] = {"limit": size, "offset": offset, "totalItems": total}
    inside = traps.page_shape == "controls" or (traps.page_shape == "mixed" and offset > 0)
    return {"items": page, "pageControls": paging} if inside else {"items": page, **paging}


@router.post(ACCOUNTS + "/{account_id}")
async def create(account_id: str, state: Known, who: Speaker, body: dict[str, JsonValue]) -> dict[str, str]:
    _ours(state, who)
    if account_id != state.seed.account:
        raise Refusal(404, "NotFound", "The account does not exist")
    for field in ("name", "firstName", "lastName", "email"):
        if not body.get(field):
            raise Refusal(400, "ValidationError", f"{field} is required")
    kind = body.get("type")
    if kind not in (1, 2):
        raise Refusal(400, "ValidationError", "type has to be 1 or 2")
    return {"accountId": state.create(str(body["name"]), int(str(kind)))}


@router.post(ACTIVATION + "/activate", status_code=202)
async def activate(state: Known, who: Speaker, items: list[dict[str, JsonValue]]) -> dict[str, JsonValue]:
    _ours(state, who)
    found: list[JsonValue] = []
    for item in items:
        account_id = item.get("accountId")
        batch = state.activate(str(item["activationKey"]), None if account_id is None else str(account_id))
        url = f"{ACTIVATION}/activationbatchstatuses/{batch}"
        line: JsonValue = {"lineItemId": f"{batch}-1", "status": "Created"}
        found.append({"batchId": batch, "batchItems": [line], "status": "Created", "statusUrl": url})
    return {"activations": found}


@router.put(ACTIVATION + "/activationbatchstatuses/{batch_id}")
async def batch_status(batch_id: str, state: Known, who: Speaker) -> dict[str, JsonValue]:
    _ours(state, who)
    batch = state.look(batch_id)
    status = "Archived" if state.traps.unknown_values else batch.status
    errors: list[JsonValue] = []
    if status == "Failed":
        errors.append({"code": "KeyExpired", "message": f"activation key {batch.key} has expired"})
    result: JsonValue = {
        "lineItemId": f"{batch_id}-1", "activationKey": batch.key, "status": status, "errors": errors,
    }  # fmt: skip
    return {"results": [result], "pagination": {"offset": 0, "limit": 25, "totalResults": 1}}


@router.get(ACTIVATION + "/recentactivations")
async def recent(state: Known, who: Speaker) -> dict[str, JsonValue]:
    _ours(state, who)
    rows: list[JsonValue] = [
        {"batchId": name, "activationStatus": batch.status, "lineItemCount": 1} for name, batch in state.batches.items()
    ]
    return {"results": rows, "pagination": {"offset": 0, "limit": 25, "totalResults": len(rows)}}


def refused(error: Refusal) -> JSONResponse:
    return JSONResponse({"code": error.code, "message": error.message}, error.status, {"x-request-id": "emulated-1"})


def _ours(state: State, who: str) -> None:
    if who != state.seed.account:
        raise Refusal(403, "Forbidden", "This needs a token of the service provider's own account")


def _shown(each: SeedAccount) -> dict[str, JsonValue]:
    return {"accountId": each.accountId, "name": each.name, "type": each.type}
