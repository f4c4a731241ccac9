"""Events that Partner Center posts to us: what they point to. They carry no state: what changed has to be asked for.

They may come up to 48 hours late and up to ten times: a hint to look, as an audit record is. Signatures are checked by
`signatures`, before anything here is believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final
from urllib.parse import urlsplit

from services.reconciliation.vendors.connector import Hint
from services.reconciliation.vendors.microsoft.reading import field, identifier, moment, parsed, text
from services.reconciliation.vendors.microsoft.signatures import SignatureCheck

SUBSCRIPTION_UPDATED: Final = "subscription-updated"
INVOICE_READY: Final = "invoice-ready"
_SEGMENT: Final = re.compile(r"[A-Za-z0-9-]{1,100}")


class UnreadableEvent(ValueError):
    """A body that is no event of Partner Center; one sentence says why."""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """`resource_ids` are the ids in the resource's address by what they are of: customers, subscriptions, invoices.

    A name that is not known is an event like others. `at` is when it changed (UTC), None where that cannot be read.
    """

    name: str
    resource_ids: Mapping[str, str]
    at: datetime | None

    def hint(self) -> Hint | None:
        """Where to look, for an event about a subscription; None for others."""
        customer, subscription = self.resource_ids.get("customers"), self.resource_ids.get("subscriptions")
        if self.name != SUBSCRIPTION_UPDATED or customer is None or self.at is None:
            return None
        return Hint(customer, frozenset({subscription} if subscription else ()), self.name, self.at)


def event(body: bytes) -> WebhookEvent:
    """Read what was posted. Raises UnreadableEvent."""
    try:
        posted = parsed(body)
    except ValueError:
        raise UnreadableEvent("the body is no JSON") from None
    name = text(field(posted, "eventName"))
    if name is None:
        raise UnreadableEvent("the body names no event")
    uri = text(field(posted, "resourceUri")) or ""
    return WebhookEvent(name[:100].lower(), _ids(uri), moment(field(posted, "resourceChangeUtcDate")))


def _ids(uri: str) -> Mapping[str, str]:
    """The pairs `/kind/id` of a path. Only ids are taken: nothing is ever asked at the address that an event names."""
    try:
        segments = urlsplit(uri).path.split("/")
    except ValueError:
        return {}
    kinds = ("customers", "subscriptions", "invoices")
    found = {}
    for kind, value in pairwise(segments):
        if kind.lower() in kinds and _SEGMENT.fullmatch(value) and (known := identifier(value)) is not None:
            found[kind.lower()] = known
    return found


class Webhooks:
    """What a route of the service calls with what it was posted."""

    def __init__(self, signatures: SignatureCheck) -> None:
        self._signatures = signatures

    async def received(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """The event, once it is Microsoft's. Raises Unsigned (answer 401), UnreadableEvent (400), NotReached (503)."""
        await self._signatures.check(headers, body)
        return event(body)
