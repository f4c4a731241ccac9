"""From what was asked for to tasks, and from ended tasks to what is told of them (rules R7.6, R8.2, R8.3).

An order of long ago is not provisioned because somebody installs this today: its task has failed from the beginning,
with the reason, and can be tried.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid5

import orjson
from psycopg import AsyncConnection

from services.reconciliation.asking import PROVISIONED
from services.reconciliation.findings import refound
from services.reconciliation.observing import SOURCE
from services.reconciliation.tasks import Task, ask
from shared.billing.moments import instant
from shared.commands.unprojected import remember
from shared.events.content import NAMESPACE
from shared.events.envelope import CloudEvent
from shared.events.facts import facts_of
from shared.events.models.base import EventModel
from shared.events.models.fields import FROM_JSON
from shared.events.models.orders import OrderedItem, OrderExecuted
from shared.events.models.reconciliation import DiscrepancyResolved
from shared.events.models.subscriptions import ProvisioningFailed, SubscriptionProvisioned
from shared.events.reading import addressed, data_of
from shared.events.registry import EVENT_TYPES
from shared.events.values import moment, months_text
from shared.store.event_table import append_all, hold_streams, numbered
from shared.store.reactions import Reaction

_SUBSCRIPTION = """
SELECT lower(s.vendor), s.vendor_subscription, c.name, s.is_trial, p.family
FROM read.subscriptions AS s
LEFT JOIN read.customers AS c ON c.customer = s.customer
LEFT JOIN read.products AS p ON p.product = s.product
WHERE s.subscription = %s
"""
_REFUSED = "SELECT FROM read.rejected_events WHERE subscription = %s AND type = 'OrderExecuted'"
_TOO_OLD = timedelta(hours=48)


class NotProjectedYet(Exception):
    """A subscription that was ordered is not known yet: the reaction is tried again in a moment."""


async def react(connection: AsyncConnection, reaction: Reaction) -> None:
    """Make the tasks that an event asks for, in the caller's transaction."""
    said = orjson.loads(reaction.data)
    if reaction.type == "OrderExecuted":
        order = OrderExecuted.model_validate(said["data"], context=FROM_JSON)
        for item in order.items:
            await _provision(connection, order, item, instant(moment(said["time"]), UTC))
    else:
        over = DiscrepancyResolved.model_validate(said["data"], context=FROM_JSON)
        await _push(connection, reaction.event_id, over)


async def _provision(connection: AsyncConnection, order: OrderExecuted, item: OrderedItem, at: datetime) -> None:
    row = await (await connection.execute(_SUBSCRIPTION, [item.subscription_id])).fetchone()
    if row is None:
        refused = await (await connection.execute(_REFUSED, [item.subscription_id])).fetchone()
        if refused is not None:
            return  # the rules refuse the order: there is nothing to provision
        raise NotProjectedYet(f"subscription {item.subscription_id} is not projected yet")
    vendor, vendor_subscription, name, is_trial, family = row
    if vendor not in PROVISIONED or vendor_subscription is not None:
        return
    asked = Task(
        task=uuid5(NAMESPACE, f"provision\0{item.subscription_id}"),
        kind="provision",
        vendor=vendor,
        account=None,
        customer=order.customer.id,
        subscription=item.subscription_id,
        vendor_subscription=None,
        wanted={
            "name": name or order.customer.name or order.customer.id,
            "product": item.product.id,
            "family": item.product.family or family,
            "quantity": item.quantity,
            "term": None if item.term is None else months_text(item.term),
            "is_trial": is_trial,
        },
        snapshot=None,
        by=f"order {order.order_id}",
        asked_at=datetime.now(UTC),
    )
    if asked.asked_at - at > _TOO_OLD:
        why = f"the order of {at:%Y-%m-%d} was old when it was first seen here: try it if it is to be provisioned"
        asked = replace(asked, state="failed", ended_at=asked.asked_at, error=why)
    await ask(connection, asked)


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
    name = type(model).__name__
    event = CloudEvent("", SOURCE, name, at, data_of(model), version=EVENT_TYPES[name].version)
    some = numbered(stream, ends.get(stream, 0), [addressed(event, model)])
    await append_all(connection, [(stream, ends.get(stream, 0), some)])
    await remember(connection, (fact for one in some for fact in facts_of(one, model)))
