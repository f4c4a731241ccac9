"""What the pages of subscriptions read: the views of the schema `read`, with the names that go with the ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple, get_args

from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel

from services.console.listing import Lister
from shared.billing.scheduled import Scheduled
from shared.billing.state import Status
from shared.web.plan_models import PlanSummary

# The names are found in their own, smaller tables; an id of any of them stands in search_text.
_WANTED = """
FROM read.subscriptions
WHERE (%(search)s::text IS NULL OR search_text LIKE lower(%(search)s)
        OR customer IN (SELECT c.customer FROM read.customers AS c WHERE lower(c.name) LIKE lower(%(search)s))
        OR product IN (SELECT p.product FROM read.products AS p WHERE lower(p.name) LIKE lower(%(search)s)))
    AND (%(status)s::text IS NULL OR status = %(status)s)
    AND (%(reseller)s::text IS NULL OR reseller = %(reseller)s)
    AND (%(customer)s::text IS NULL OR customer = %(customer)s)
    AND (%(product)s::text IS NULL OR product = %(product)s)
    AND (%(currency)s::text IS NULL OR currency = %(currency)s)
    AND (%(plan)s::text IS NULL OR (%(plan)s = 'none') = (billing_plan = '-'))
    AND (%(due)s::date IS NULL OR subscription IN (
        SELECT n.subscription FROM read.next_charges AS n
        WHERE n.due >= %(due)s AND n.due < %(due)s::date + interval '1 month'))
"""
# What is sorted is narrow, so that it stays in memory; all else is looked up for the rows of the page alone.
_ROWS: Final = f"""
SELECT subscription, s.status, s.quantity, s.unit_price, s.currency, s.billing_plan, s.term_end, s.customer,
    c.name AS customer_name, s.reseller, s.product, p.name AS product_name, s.is_trial
FROM (SELECT subscription {_WANTED} ORDER BY {{order}} LIMIT %(limit)s OFFSET %(offset)s) AS page
JOIN read.subscriptions AS s USING (subscription)
LEFT JOIN LATERAL (SELECT name FROM read.customers WHERE customer = s.customer) AS c ON true
LEFT JOIN LATERAL (SELECT name FROM read.products WHERE product = s.product) AS p ON true
ORDER BY {{order}}
"""
_COUNT: Final = f"SELECT count(*) {_WANTED}"
_ONE = """
SELECT s.*, c.name AS customer_name, r.name AS reseller_name, p.name AS product_name, p.billing_plans AS offered_plans
FROM read.subscriptions AS s
LEFT JOIN read.customers AS c USING (customer)
LEFT JOIN read.resellers AS r ON r.reseller = s.reseller
LEFT JOIN read.products AS p USING (product)
WHERE s.subscription = %s
"""
_PLANS = """
SELECT subscription, billing_plan, installments, invoiced, excluded, remaining, next_invoice_date, next_invoice_amount,
    next_invoice_gross, extra_charge_rate, currency
FROM read.installment_plans WHERE subscription = ANY(%s)
"""
_VERSION = "SELECT version FROM read.subscription_versions WHERE subscription = %s"
# What it can be for: products with a list price, and the terms that these have one for; its own whatever it has.
_SOLD = """
SELECT p.product, coalesce(p.name, p.product),
    coalesce(array_agg(DISTINCT l.term) FILTER (WHERE l.term <> '-'), '{}')
FROM read.products AS p
LEFT JOIN read.list_prices AS l ON l.product = p.product AND l.currency = %(currency)s
WHERE p.product = %(own)s OR (NOT p.deleted AND l.product IS NOT NULL)
GROUP BY 1, 2 ORDER BY 2, 1
"""
# What may be filtered by, whether there are any or not: looking which there are would be a look at all.
STATUSES: Final[tuple[str, ...]] = get_args(Status)


class Row(BaseModel):
    """A subscription in the list; amounts for one licence and one cycle."""

    subscription: str
    status: str
    quantity: int
    unit_price: Decimal
    currency: str
    billing_plan: str
    term_end: date
    customer: str
    customer_name: str | None
    reseller: str | None
    product: str
    product_name: str | None
    is_trial: bool


class One(Row):
    """All that is shown of one subscription."""

    reseller_name: str | None
    term_start: date
    protected_until: date | None
    vendor: str | None
    auto_renew: bool
    scheduled: Scheduled | None
    vendor_subscription: str | None
    parent: str | None
    # The billing plans of its product, as ISO 8601 durations; null where nobody defined the product.
    offered_plans: list[str] | None


class Choices(NamedTuple):
    """What forms offer to choose from: products by name, and terms and billing frequencies as ISO 8601 durations.

    `terms` are those that its own product has a list price for, `all_terms` those that any has.
    """

    products: Sequence[tuple[str, str]]
    terms: Sequence[str]
    all_terms: Sequence[str]
    plans: Sequence[str]


class Plan(PlanSummary):
    """The Installment plan summary of one subscription (rule R4.8)."""

    subscription: str
    currency: str


SUBSCRIPTIONS: Final = Lister(
    Row, _ROWS, _COUNT,
    ("subscription", "status", "quantity", "unit_price", "billing_plan", "term_end", "customer", "product", "reseller"),
    key=("subscription",), default="subscription",
)  # fmt: skip


def wanted(
    search: str | None, *, status: str | None, reseller: str | None, customer: str | None, product: str | None,
    plan: str | None, currency: str | None = None, due: date | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The parameters of the list; what is empty filters nothing. `due` is a first of a month."""
    filters = {
        "status": status, "reseller": reseller, "customer": customer, "product": product, "plan": plan,
        "currency": currency,
    }  # fmt: skip
    return {"search": search, "due": due, **{name: value or None for name, value in filters.items()}}


async def subscription(connection: AsyncConnection, subscription_id: str) -> One | None:
    async with connection.cursor(row_factory=class_row(One)) as cursor:
        return await (await cursor.execute(_ONE, [subscription_id])).fetchone()


async def plans(connection: AsyncConnection, subscriptions: list[str]) -> dict[str, Plan]:
    """The plan summaries of these subscriptions: of those that have one, by id."""
    async with connection.cursor(row_factory=class_row(Plan)) as cursor:
        found = await (await cursor.execute(_PLANS, [subscriptions])).fetchall()
    return {plan.subscription: plan for plan in found}


async def version(connection: AsyncConnection, subscription_id: str) -> str | None:
    """The version that commands on it quote; another one whenever something more is known of it."""
    found = await (await connection.execute(_VERSION, [subscription_id])).fetchone()
    return None if found is None else found[0]


async def choices(connection: AsyncConnection, one: One) -> Choices:
    """What it can be converted to, and what its renewal can be for."""
    wanted = {"own": one.product, "currency": one.currency}
    found = await (await connection.execute(_SOLD, wanted)).fetchall()
    products = [(product, name) for product, name, _ in found] or [(one.product, one.product)]
    terms = {product: terms for product, _, terms in found}
    every = sorted({term for some in terms.values() for term in some})
    return Choices(products, terms.get(one.product, []), every, one.offered_plans or [])
