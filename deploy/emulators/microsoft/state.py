"""What the emulator holds: customers, subscriptions, audit records, who asked for what, what is still to be done."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from deploy.emulators.microsoft.seeding import Seed, SeedClient
from deploy.emulators.microsoft.traps import Traps

Resource = dict[str, Any]


@dataclass
class Customer:
    """A customer as it is answered, and its subscriptions by their ids in lower case."""

    resource: Resource
    subscriptions: dict[str, Resource]


@dataclass(frozen=True)
class Asked:
    """One request of Partner Center's API, without what it carried to prove who it was. `at`: seconds of the loop."""

    method: str
    path: str
    query: str
    request_id: str | None
    correlation_id: str | None
    at: float
    status: int


@dataclass(frozen=True)
class Answered:
    """What a change was answered: the same MS-RequestId once more gets the same, and changes nothing."""

    status: int
    body: Resource


@dataclass
class State:
    customers: dict[str, Customer] = field(default_factory=dict)
    audit: list[Resource] = field(default_factory=list)
    client: SeedClient | None = None
    traps: Traps = field(default_factory=Traps)
    asked: list[Asked] = field(default_factory=list)
    answered: dict[str, Answered] = field(default_factory=dict)
    waiting: list[Callable[[], None]] = field(default_factory=list)

    def plant(self, seed: Seed) -> None:
        """Begin anew with this; traps stay as they are."""
        self.customers = {
            customer.id.lower(): Customer(
                _customer(customer.id, customer.companyName, customer.domain),
                {one.id.lower(): completed(one.model_dump()) for one in customer.subscriptions},
            )
            for customer in seed.customers
        }
        self.audit, self.client = list(seed.auditRecords), seed.client
        self.asked, self.answered, self.waiting = [], {}, []

    def record(self, customer_id: str, before: Resource, after: Resource) -> None:
        """Write down a change as an audit record: what was and what is, as JSON inside a string, with capitals."""
        self.audit.append({
            "id": f"{customer_id}_{uuid4()}", "customerId": customer_id, "resourceType": "subscription",
            "resourceOldValue": json.dumps(capitals(before)), "resourceNewValue": json.dumps(capitals(after)),
            "operationType": "update_subscription", "operationDate": datetime.now(UTC).isoformat(),
            "operationStatus": "succeeded",
            "customizedData": [{"key": "SubscriptionId", "value": after["id"]}],
            "attributes": {"objectType": "AuditRecord"},
        })  # fmt: skip

    def settle(self) -> int:
        """Carry out what was accepted; how much that was."""
        waiting, self.waiting = self.waiting, []
        for carry_out in waiting:
            carry_out()
        return len(waiting)


def completed(subscription: Resource) -> Resource:
    """The same with what every subscription has."""
    return {
        "quantity": 1, "status": "active", "autoRenewEnabled": True, "attributes": {"objectType": "Subscription"},
        **subscription,
    }  # fmt: skip


def _customer(customer_id: str, name: str, domain: str) -> Resource:
    return {
        "id": customer_id,
        "companyProfile": {
            "tenantId": customer_id, "domain": domain, "companyName": name,
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "relationshipToPartner": "reseller",
        "links": {"self": {"uri": f"/customers/{customer_id}", "method": "GET", "headers": []}},
        "attributes": {"objectType": "Customer"},
    }  # fmt: skip


def capitals(value: Any) -> Any:
    """The same with names that begin with capitals."""
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: capitals(inner) for name, inner in value.items()}
    return [capitals(inner) for inner in value] if isinstance(value, list) else value
