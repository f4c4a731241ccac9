"""The API: customers, their subscriptions, audit records."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response

from deploy.emulators.microsoft.answers import answer, broken, problem
from deploy.emulators.microsoft.changing import Denied, changed
from deploy.emulators.microsoft.pages import TOKEN, page
from deploy.emulators.microsoft.state import Answered, Customer, Resource, State


def routes(state: State) -> APIRouter:
    router = APIRouter(prefix="/v1")

    @router.get("/customers")
    async def customers(request: Request, size: int = 40) -> Response:
        items = [customer.resource for customer in state.customers.values()]
        return _page(state, request, items, f"/customers?size={size}", size)

    @router.get("/customers/{customer_id}/subscriptions")
    async def subscriptions(customer_id: str, request: Request) -> Response:
        customer = state.customers.get(customer_id.lower())
        refused = _refused(state, customer_id, customer)
        if refused is not None or customer is None:
            return refused or _unknown(state)
        items = [_shown(state, one) for one in customer.subscriptions.values()]
        return _page(state, request, items, f"/customers/{customer_id}/subscriptions?size=0", 0)

    @router.get("/customers/{customer_id}/subscriptions/{subscription_id}")
    async def subscription(customer_id: str, subscription_id: str) -> Response:
        found = _found(state, customer_id, subscription_id)
        return found if isinstance(found, Response) else answer(state.traps, _shown(state, found))

    @router.patch("/customers/{customer_id}/subscriptions/{subscription_id}")
    async def change(customer_id: str, subscription_id: str, request: Request) -> Response:
        found = _found(state, customer_id, subscription_id)
        if isinstance(found, Response):
            return found
        request_id = request.headers.get("MS-RequestId") or str(uuid4())
        before = state.answered.get(request_id)
        if before is None:
            if request.headers.get("If-Match") is not None and state.traps.springs("stale_etags"):
                return problem(state.traps, 400, 2055, "The etag does not match.")
            wish = json.loads(await request.body())
            after = changed(found, wish, request.headers.get("If-Match"))
            if isinstance(after, Denied):
                return problem(state.traps, after.status, after.code, after.description)
            before = state.answered[request_id] = _carried_out(state, customer_id, found, after)
        headers = {"Location": f"{request.url.path}/operations/{uuid4()}"} if before.status == 202 else None
        return answer(state.traps, before.body, before.status, headers)

    @router.get("/auditrecords")
    async def audit(request: Request, startDate: str, endDate: str, size: int = 500) -> Response:
        items = [one for one in state.audit if startDate <= str(one["operationDate"])[:10] <= endDate]
        path = f"/auditrecords?startDate={startDate}&endDate={endDate}&size={size}"
        return _page(state, request, items, path, size)

    return router


def _carried_out(state: State, customer_id: str, before: Resource, after: Resource) -> Answered:
    def carry_out() -> None:
        state.customers[customer_id.lower()].subscriptions[str(after["id"]).lower()] = after
        state.record(customer_id, before, after)

    if state.traps.accepted:
        state.waiting.append(carry_out)
        return Answered(202, {})
    carry_out()
    return Answered(200, after)


def _page(state: State, request: Request, items: list[Any], path: str, size: int) -> Response:
    return answer(state.traps, page(state.traps, items, path, size, request.headers.get(TOKEN)))


def _found(state: State, customer_id: str, subscription_id: str) -> Resource | Response:
    customer = state.customers.get(customer_id.lower())
    refused = _refused(state, customer_id, customer)
    if refused is not None or customer is None:
        return refused or _unknown(state)
    found = customer.subscriptions.get(subscription_id.lower())
    return found if found is not None else problem(state.traps, 404, 2011, "The subscription was not found.")


def _refused(state: State, customer_id: str, customer: Customer | None) -> Response | None:
    """What a customer's trap answers, or that there is none."""
    status = state.traps.failing.get(customer_id.lower())
    if status is not None and status >= 500:
        return broken(state.traps)
    if status == 403:
        return problem(state.traps, 403, 900308, "The role is missing.")
    return _unknown(state) if status is not None or customer is None else None


def _unknown(state: State) -> Response:
    return problem(state.traps, 404, 60003, "The customer tenant was not found.")


def _shown(state: State, subscription: Resource) -> Resource:
    word = state.traps.words.get(str(subscription["id"]).lower())
    return subscription if word is None else {**subscription, "status": word}
