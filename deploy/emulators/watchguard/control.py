"""How a test or a demonstration steers an emulator: what it knows, which traps are set, what it was asked."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import JsonValue

from deploy.emulators.watchguard.platform import Known
from deploy.emulators.watchguard.seed import Seed
from deploy.emulators.watchguard.traps import Traps

CONTROL = "/_emulator"
router = APIRouter(prefix=CONTROL)


@router.get("/state")
async def state_now(state: Known) -> dict[str, JsonValue]:
    """Accounts with what they hold, and batches by id; no credentials."""
    accounts: list[JsonValue] = [each.model_dump(exclude={"devices"}) for each in state.accounts.values()]
    return {"accounts": accounts, "batches": {name: batch.status for name, batch in state.batches.items()}}


@router.get("/traps")
async def traps_now(state: Known) -> Traps:
    return state.traps


@router.put("/traps")
async def set_traps(state: Known, given: dict[str, JsonValue]) -> Traps:
    """Those that are given; the others stay as they are. 422 for one that there is not."""
    state.traps = Traps.model_validate({**state.traps.model_dump(), **given})
    return state.traps


@router.post("/seed")
async def plant(state: Known, seed: Seed) -> dict[str, int]:
    """Begin anew with another seed; no trap is set."""
    state.reset(seed)
    return {"accounts": len(state.accounts)}


@router.post("/reset")
async def reset(state: Known) -> dict[str, int]:
    """Begin anew with the same seed; no trap is set."""
    state.reset()
    return {"accounts": len(state.accounts)}


@router.post("/revoke")
async def revoke(state: Known) -> dict[str, int]:
    """No token that was given out is good any more."""
    gone = len(state.tokens)
    state.tokens.clear()
    return {"revoked": gone}


@router.get("/calls")
async def calls(state: Known) -> list[dict[str, JsonValue]]:
    """What was asked, in order, the last 10,000: method, path, query and status; no headers and no bodies."""
    return list(state.calls)
