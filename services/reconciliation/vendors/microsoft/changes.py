"""Audit records: what was done at Partner Center, read into which customer and which subscriptions to look at.

Microsoft recommends them over sweeps for finding out early; they do not replace one. What changed is JSON inside a
string, with capitals; a part that cannot be read leaves the hint at the customer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.reconciliation.vendors.connector import Hint
from services.reconciliation.vendors.microsoft.reading import field, identifier, moment, parsed, text

# The operations after which a customer's subscriptions may look different.
RELEVANT: Final = frozenset({
    "update_subscription", "upgrade_subscription", "convert_trial_subscription", "create_order", "update_order",
    "update_transfer", "remove_partner_customer_relationship",
})  # fmt: skip
_FAILED: Final = "failed"


def hint(record: object) -> Hint | None:
    """What an audit record points to; None for other operations, failed ones, and without customer or time."""
    operation = (text(field(record, "operationType")) or "").lower()
    account_id, at = identifier(field(record, "customerId")), moment(field(record, "operationDate"))
    failed = (text(field(record, "operationStatus")) or "").lower() == _FAILED
    if operation not in RELEVANT or failed or account_id is None or at is None:
        return None
    return Hint(account_id, frozenset(_subscriptions(record)), operation, at)


def _subscriptions(record: object) -> Iterator[str]:
    """Ids in the list of keys and values, in what the subscription became, and in the lines of an order."""
    custom = field(record, "customizedData")
    for pair in custom if isinstance(custom, list) else ():
        key = (text(field(pair, "key")) or "").lower()
        if key == "subscriptionid" or key.startswith("subscriptionid-"):
            yield from _id(field(pair, "value"))
    kind = (text(field(record, "resourceType")) or "").lower()
    for side in ("resourceOldValue", "resourceNewValue"):
        became = _inside(field(record, side))
        if kind == "subscription":
            yield from _id(field(became, "id"))
        lines = field(became, "lineItems")
        for line in lines if isinstance(lines, list) else ():
            yield from _id(field(line, "subscriptionId"))


def _id(value: object) -> Iterator[str]:
    found = identifier(value)
    if found is not None:
        yield found


def _inside(value: object) -> object:
    try:
        return parsed(value.encode()) if isinstance(value, str) else value
    except ValueError:
        return None
