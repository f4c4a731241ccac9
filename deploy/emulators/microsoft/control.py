"""What is not Partner Center's: reading and planting state, setting traps, seeing what was asked."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import ValidationError

from deploy.emulators.microsoft.seeding import Seed
from deploy.emulators.microsoft.state import Resource, State, completed
from deploy.emulators.microsoft.traps import Traps


def routes(state: State) -> APIRouter:
    router = APIRouter(prefix="/_emulator")

    @router.get("/state")
    async def read() -> dict[str, Any]:
        """Customers with their subscriptions as they are now, and the audit records."""
        customers = [
            {**one.resource, "subscriptions": list(one.subscriptions.values())} for one in state.customers.values()
        ]
        return {"customers": customers, "auditRecords": state.audit}

    @router.put("/state")
    async def plant(seed: Seed) -> dict[str, int]:
        """Begin anew with this seed."""
        state.plant(seed)
        return {"customers": len(state.customers)}

    @router.put("/customers/{customer_id}/subscriptions/{subscription_id}")
    async def put(customer_id: str, subscription_id: str, fields: Resource) -> Resource:
        """Give a subscription these fields, as if somebody had changed it in Partner Center's pages; new if unknown."""
        customer = state.customers.get(customer_id.lower())
        if customer is None:
            raise HTTPException(404, f"there is no customer {customer_id}")
        before = customer.subscriptions.get(subscription_id.lower(), completed({"id": subscription_id}))
        after = {**before, **fields}
        customer.subscriptions[subscription_id.lower()] = after
        state.record(customer_id, before, after)
        return after

    @router.delete("/customers/{customer_id}")
    async def leave(customer_id: str) -> dict[str, bool]:
        """End the relationship with a customer."""
        return {"ended": state.customers.pop(customer_id.lower(), None) is not None}

    @router.get("/traps")
    async def traps() -> Traps:
        return state.traps

    @router.patch("/traps")
    async def set_traps(fields: dict[str, Any]) -> Traps:
        """Set some traps; the others stay."""
        try:
            state.traps = Traps.model_validate({**state.traps.model_dump(), **fields})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise HTTPException(422, f"trap {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
        return state.traps

    @router.delete("/traps")
    async def no_traps() -> Traps:
        state.traps = Traps()
        return state.traps

    @router.post("/settle")
    async def settle() -> dict[str, int]:
        """Carry out what was accepted (202)."""
        return {"settled": state.settle()}

    @router.get("/requests")
    async def requests() -> list[dict[str, Any]]:
        """What was asked of Partner Center's API, in order."""
        return [asdict(one) for one in state.asked]

    return router
