"""Looks up which ids of subscriptions are given already."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from psycopg import AsyncConnection

from services.orders.commands.given import Given
from shared.store.event_table import hold_streams

# An import is in none of our tables: while read.subscriptions has not got it, it is among the recent own events.
_GIVEN = """
SELECT subscription, order_id, customer, reseller, status = 'executed' AS founded
FROM sales_order_item JOIN sales_order USING (order_id)
WHERE subscription = ANY(%(ids)s) AND status <> 'deleted'
UNION ALL
SELECT recent.scope_id, own.data->>'order_id', own.data->'customer'->>'id', own.data->'reseller'->>'id', true
FROM store.unprojected AS recent JOIN store.event AS own ON own.id = recent.event_id
WHERE recent.scope = 'subscription' AND recent.scope_id = ANY(%(ids)s)
    AND own.type IN ('OrderExecuted', 'SubscriptionImported')
UNION ALL
SELECT subscription, NULL, customer, reseller, true FROM read.subscriptions WHERE subscription = ANY(%(ids)s)
"""


async def given_ids(
    connection: AsyncConnection, wanted: Collection[str], named: Collection[str]
) -> Mapping[str, Given]:
    """Of these ids those that are given. `wanted` are to be given now: who else wants one waits, imports too.

    The last locks of all, in one order. Without `wanted` there are none.
    """
    if wanted:
        await hold_streams(connection, [f"subscription-{name}" for name in wanted])
    ids = sorted({*wanted, *named})
    if not ids:
        return {}
    found: dict[str, Given] = {}
    for subscription, *rest in await (await connection.execute(_GIVEN, {"ids": ids})).fetchall():
        found[subscription] = Given(*rest).beside(found.get(subscription))
    return found
