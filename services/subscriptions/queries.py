"""What the API of subscriptions reads: the views of the schema `read`, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel, ConfigDict

from services.subscriptions.examples import NEXT_TERM, SUBSCRIPTION, scheduled
from shared.billing.scheduled import Scheduled
from shared.web.plan_models import PlanSummary

Plan = Literal["some", "none"]
"""With a billing plan, or paid at once."""

_SUBSCRIPTIONS = """
SELECT * FROM read.subscriptions
WHERE subscription > %(after)s
    AND (%(customer)s::text IS NULL OR customer = %(customer)s)
    AND (%(reseller)s::text IS NULL OR reseller = %(reseller)s)
    AND (%(status)s::text IS NULL OR status = %(status)s)
    AND (%(product)s::text IS NULL OR product = %(product)s)
    AND (%(plan)s::text IS NULL OR (%(plan)s = 'none') = (billing_plan = '-'))
    AND (%(search)s::text IS NULL OR search_text LIKE lower(%(search)s)
        OR customer IN (SELECT c.customer FROM read.customers AS c WHERE lower(c.name) LIKE lower(%(search)s))
        OR product IN (SELECT p.product FROM read.products AS p WHERE lower(p.name) LIKE lower(%(search)s)))
ORDER BY subscription LIMIT %(limit)s
"""
_SUBSCRIPTION = "SELECT * FROM read.subscriptions WHERE subscription = %s"
_VERSION = "SELECT version FROM read.subscription_versions WHERE subscription = %s"
# What people read of a plan; invoicing makes it, and its view is there for everybody.
_PLAN = """
SELECT billing_plan, installments, invoiced, excluded, remaining, next_invoice_date, next_invoice_amount,
    next_invoice_gross, extra_charge_rate
FROM read.installment_plans WHERE subscription = %s
"""
_REJECTED = """
SELECT * FROM read.rejected_events
WHERE (coalesce(subscription, ''), source, id) > (%(subscription)s, %(source)s, %(id)s)
    AND (%(of)s::text IS NULL OR subscription = %(of)s)
ORDER BY coalesce(subscription, ''), source, id LIMIT %(limit)s
"""


class Subscription(BaseModel):
    """A row of read.subscriptions; amounts are strings. `scheduled` is what is known to come, null where nothing is."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**SUBSCRIPTION, "scheduled": scheduled(next_term=NEXT_TERM)}]}
    )

    subscription: str
    status: str
    quantity: int
    unit_price: Decimal
    billing_plan: str
    term_start: date
    term_end: date
    protected_until: date | None
    customer: str
    reseller: str | None
    product: str
    vendor: str | None
    currency: str
    auto_renew: bool
    scheduled: Scheduled | None
    vendor_subscription: str | None
    parent: str | None
    is_trial: bool
    told_until: datetime


class SubscriptionWithPlan(Subscription):
    """A subscription, and the summary of its billing plan: null without one, and once it is canceled."""

    installment_plan: PlanSummary | None


class RejectedEvent(BaseModel):
    """A row of read.rejected_events; without a subscription it concerns everybody (a setting)."""

    subscription: str | None
    source: str
    id: str
    type: str
    reason: str


async def subscriptions(
    connection: AsyncConnection,
    after: str,
    limit: int,
    *,
    customer: str | None = None,
    reseller: str | None = None,
    status: str | None = None,
    product: str | None = None,
    plan: Plan | None = None,
    search: str | None = None,
) -> list[Subscription]:
    """At most `limit` subscriptions after an id, sorted by id; `search` is a pattern of LIKE."""
    wanted = {
        "after": after, "limit": limit, "customer": customer, "reseller": reseller, "status": status,
        "product": product, "plan": plan, "search": search,
    }  # fmt: skip
    async with connection.cursor(row_factory=class_row(Subscription)) as cursor:
        # Planned anew each time: which filters there are makes another plan of it.
        return await (await cursor.execute(_SUBSCRIPTIONS, wanted, prepare=False)).fetchall()


async def subscription(
    connection: AsyncConnection, subscription_id: str
) -> tuple[SubscriptionWithPlan, str | None] | None:
    """One subscription with its plan, and its version; None where there are rows without the facts behind them."""
    async with connection.cursor(row_factory=class_row(Subscription)) as cursor:
        found = await (await cursor.execute(_SUBSCRIPTION, [subscription_id])).fetchone()
    if found is None:
        return None
    async with connection.cursor(row_factory=class_row(PlanSummary)) as cursor:
        plan = await (await cursor.execute(_PLAN, [subscription_id])).fetchone()
    version = await (await connection.execute(_VERSION, [subscription_id])).fetchone()
    return SubscriptionWithPlan(**found.model_dump(), installment_plan=plan), None if version is None else version[0]


async def rejected_events(
    connection: AsyncConnection, after: Sequence[str], limit: int, of: str | None = None
) -> list[RejectedEvent]:
    """At most `limit` rejected events after (subscription, source, id), sorted by these; `of` one subscription."""
    wanted = {**dict(zip(("subscription", "source", "id"), after, strict=True)), "limit": limit, "of": of}
    async with connection.cursor(row_factory=class_row(RejectedEvent)) as cursor:
        return await (await cursor.execute(_REJECTED, wanted)).fetchall()
