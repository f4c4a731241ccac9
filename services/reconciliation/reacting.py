"""From what was asked for to tasks, and from ended tasks to what is told of them (rules R7.6, R8.2, R8.3).

What was asked for long ago and is read here for the first time is not done: this was installed today, or the database
was lost and the log is read anew. What the vendor lacks a comparison finds, and a person decides again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid5

import orjson
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from services.reconciliation.asking import PROVISIONED
from services.reconciliation.findings import refound
from services.reconciliation.observing import SOURCE
from services.reconciliation.tasks import Task, ask
from shared.billing.moments import instant
from shared.commands.envelopes import enveloped
from shared.commands.unprojected import remember
from shared.events.content import NAMESPACE
from shared.events.facts import facts_of
from shared.events.models.base import EventModel
from shared.events.models.fields import FROM_JSON
from shared.events.models.orders import OrderExecuted
from shared.events.models.reconciliation import DiscrepancyResolved
from shared.events.models.subscriptions import ProvisioningFailed, SubscriptionProvisioned
from shared.events.reading import data_of
from shared.events.values import moment
from shared.store.event_table import append_all, hold_streams, numbered
from shared.store.reactions import Reaction

_SUBSCRIPTION = """
SELECT lower(s.vendor) AS vendor, s.vendor_subscription, s.customer, c.name, s.product, s.quantity, s.is_trial,
    p.family, i.term
FROM read.subscriptions AS s
LEFT JOIN read.customers AS c ON c.customer = s.customer
LEFT JOIN read.products AS p ON p.product = s.product
LEFT JOIN LATERAL (SELECT term FROM read.order_items AS i WHERE i.subscription = s.subscription LIMIT 1) AS i ON true
WHERE s.subscription = %s
"""
# What is told of differences is told by one at a time.
_NO_COMPARISON = "SELECT FROM reconciliation.comparison WHERE vendor = %s FOR SHARE"
_REFUSED = "SELECT FROM read.rejected_events WHERE subscription = %s AND type = 'OrderExecuted'"
_TOO_OLD = timedelta(hours=48)


class NotProjectedYet(Exception):
    """A subscription that was ordered is not known yet: the reaction is tried again in a moment."""


async def react(connection: AsyncConnection, reaction: Reaction) -> None:
    """Make the tasks that an event asks for, in the caller's transaction; none for one of long ago."""
    said = orjson.loads(reaction.data)
    if datetime.now(UTC) - instant(moment(said["time"]), UTC) > _TOO_OLD:
        return
    if reaction.type == "OrderExecuted":
        order = OrderExecuted.model_validate(said["data"], context=FROM_JSON)
        for item in order.items:
            asked = await to_provision(connection, item.subscription_id, f"order {order.order_id}")
            if asked is not None:
                await ask(connection, asked)
    else:
        over = DiscrepancyResolved.model_validate(said["data"], context=FROM_JSON)
        await _push(connection, reaction.event_id, over)


async def to_provision(connection: AsyncConnection, subscription: str, by: str) -> Task | None:
    """The task that has a subscription's licences assigned; None for one that needs none, or has them.

    Raises NotProjectedYet for one that was ordered, and is not known here yet.
    """
    async with connection.cursor(row_factory=dict_row) as cursor:
        row = await (await cursor.execute(_SUBSCRIPTION, [subscription])).fetchone()
    if row is None:
        refused = await (await connection.execute(_REFUSED, [subscription])).fetchone()
        if refused is None:
            raise NotProjectedYet(f"subscription {subscription} is not projected yet")
        return None  # the rules refuse the order: there is nothing to provision
    if row["vendor"] not in PROVISIONED or row["vendor_subscription"] is not None:
        return None
    return Task(
        task=uuid5(NAMESPACE, f"provision\0{subscription}"),
        kind="provision",
        vendor=row["vendor"],
        account=None,
        customer=row["customer"],
        subscription=subscription,
        vendor_subscription=None,
        wanted={
            "name": row["name"] or row["customer"],
            "product": row["product"],
            "family": row["family"],
            "quantity": row["quantity"],
            "term": row["term"],
            "is_trial": row["is_trial"],
        },
        snapshot=None,
        by=by,
        asked_at=datetime.now(UTC),
    )


async def _push(connection: AsyncConnection, event_id: str, over: DiscrepancyResolved) -> None:
    if over.ours is None or over.ours.quantity is None or over.vendor_subscription_id is None:
        return  # such a difference has nothing to push; only somebody else's event says so
    await ask(
        connection,
        Task(
            task=uuid5(NAMESPACE, f"push\0{event_id}"),
            kind="change_quantity",
            vendor=over.vendor,
            account=over.account_id,
            customer=None,
            subscription=over.subscription_id or over.vendor_subscription_id,
            vendor_subscription=over.vendor_subscription_id,
            wanted={"quantity": over.ours.quantity, "found": orjson.loads(data_of(over))},
            snapshot=over.snapshot_id,
            by=over.by or "unknown",
            asked_at=datetime.now(UTC),
        ),
    )


async def told(connection: AsyncConnection, task: Task, at: datetime) -> None:
    """What an ended task is told as: the status of a subscription, or a difference that stands again."""
    if task.kind == "change_quantity":
        if task.state == "failed":
            found = DiscrepancyResolved.model_validate(task.wanted["found"], context=FROM_JSON)
            await connection.execute(_NO_COMPARISON, [task.vendor])
            await _append(connection, f"discrepancy-{task.subscription}", refound(found, task.error), at)
        return
    of = {"subscription_id": task.subscription, "customer_id": task.customer or ""}
    model: EventModel
    if task.state == "failed":
        model = ProvisioningFailed(**of, reason=task.error)
    else:
        model = SubscriptionProvisioned(**of, vendor_subscription_id=str(task.wanted["vendor_subscription"]))
    await _append(connection, f"subscription-{task.subscription}", model, at)


async def _append(connection: AsyncConnection, stream: str, model: EventModel, at: datetime) -> None:
    ends = await hold_streams(connection, [stream])
    some = numbered(stream, ends.get(stream, 0), [enveloped(SOURCE, model, at)])
    await append_all(connection, [(stream, ends.get(stream, 0), some)])
    await remember(connection, (fact for one in some for fact in facts_of(one, model)))
