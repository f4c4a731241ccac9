"""`python -m services.subscriptions.api`: subscriptions as they are, the commands on them, and what the rules refuse.

Who asks sees what is theirs: the database chooses the rows (`sql/policies.sql`).
"""

from __future__ import annotations

import sys
from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.subscriptions import command_routes, history_routes, import_route, queries, several_route
from services.subscriptions.desk import SubscriptionDesk
from services.subscriptions.queries import Plan, RejectedEvent, Subscription, SubscriptionWithPlan
from shared.web.access import needs
from shared.web.application import Reading, serve
from shared.web.commanding import VERSIONED, etag
from shared.web.errors import NotFound
from shared.web.paging import Cursor, Limit, Page, key_of, page_of
from shared.web.searching import Search, pattern

router = APIRouter(prefix="/v1")
DESK = SubscriptionDesk()
# Routes are tried in their order: what is asked the most comes first.
for routes in (command_routes.router, several_route.router, import_route.router, history_routes.router):
    router.include_router(routes)


@router.get("/subscriptions", dependencies=[needs("subscriptions:read", "read subscriptions")])
async def subscriptions(
    connection: Reading,
    customer: str | None = None,
    reseller: str | None = None,
    status: str | None = None,
    product: str | None = None,
    plan: Annotated[Plan | None, Query(description="with a billing plan, or without one")] = None,
    q: Search = "",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Subscription]:
    """Subscriptions by id; of one customer, reseller or product, in one status; those that a search finds."""
    (after,) = key_of(cursor, [""])
    found = await queries.subscriptions(
        connection, after, limit + 1, customer=customer, reseller=reseller, status=status, product=product, plan=plan,
        search=pattern(q),
    )  # fmt: skip
    return page_of(found, limit, lambda one: [one.subscription])


@router.get(
    "/subscriptions/{subscription_id:path}",
    dependencies=[needs("subscriptions:read", "read subscriptions")],
    responses={**VERSIONED},
)
async def subscription(connection: Reading, subscription_id: str, response: Response) -> SubscriptionWithPlan:
    """One subscription: what is scheduled of it, and the summary of its billing plan; its version is the ETag."""
    found = await queries.subscription(connection, subscription_id)
    if found is None:
        raise NotFound(f"there is no subscription {subscription_id!r}")
    shown, version = found
    if version is not None:
        response.headers["ETag"] = etag(version)
    return shown


@router.get("/rejected-events", dependencies=[needs("subscriptions:read", "read rejected events")])
async def rejected_events(
    connection: Reading, subscription: str | None = None, limit: Limit = 100, cursor: Cursor = None
) -> Page[RejectedEvent]:
    """Events that the billing rules refuse, with the reason in words; of one subscription."""
    after = key_of(cursor, ["", "", ""])
    found = await queries.rejected_events(connection, after, limit + 1, subscription)
    return page_of(found, limit, lambda one: [one.subscription or "", one.source, one.id])


if __name__ == "__main__":
    sys.exit(serve("subscriptions", router, DESK))
