"""How each kind of task is asked of a vendor, and what forbids it before (rules R8.2, R8.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import AsyncConnection

from services.reconciliation.tasks import CarryOut, Task
from services.reconciliation.vendors.connector import Connector, CustomerAtVendor, Provision, Refused

_OF_FAMILY = """
SELECT s.subscription FROM read.subscriptions AS s LEFT JOIN read.products AS p USING (product)
WHERE s.customer = %s AND lower(s.vendor) = %s AND p.family = %s AND s.subscription <> %s AND NOT s.is_trial
    AND s.status IN ('active', 'suspended') AND s.vendor_subscription IS NOT NULL
ORDER BY s.subscription LIMIT 1
"""


def asked_of(connector: Connector) -> CarryOut:
    """How tasks are asked of a vendor; a request has the id of its task."""

    async def carry_out(connection: AsyncConnection, task: Task) -> Mapping[str, Any]:
        if task.kind == "provision":
            return await _provision(connection, connector, task)
        answer = await connector.change_quantity(
            task.account or "", task.vendor_subscription or "", int(task.wanted["quantity"]), str(task.task)
        )
        return {"answer": answer}

    return carry_out


async def _provision(connection: AsyncConnection, connector: Connector, task: Task) -> Mapping[str, Any]:
    wanted = task.wanted
    if wanted["family"] is not None and not wanted["is_trial"]:
        await _refuse_a_second(connection, task, str(wanted["family"]))
    account = await connector.ensure_account(CustomerAtVendor(task.customer or "", str(wanted["name"])))
    vendor_subscription = await connector.provision(
        Provision(
            account_id=account.account_id,
            subscription_id=task.subscription,
            product_id=str(wanted["product"]),
            family=wanted["family"],
            quantity=int(wanted["quantity"]),
            term=wanted["term"],
            is_trial=bool(wanted["is_trial"]),
            request_id=str(task.task),
        )
    )
    return {"account": account.account_id, "vendor_subscription": vendor_subscription}


async def _refuse_a_second(connection: AsyncConnection, task: Task, family: str) -> None:
    """One product of a family that is no trial, for each client (rule R8.3)."""
    rows = await connection.execute(_OF_FAMILY, [task.customer, task.vendor, family, task.subscription])
    first = await rows.fetchone()
    if first is not None:
        raise Refused(
            f"{task.customer} has {first[0]} of the family {family} already, and {task.vendor} assigns one: convert "
            "that one (an upgrade) and cancel this order's"
        )
