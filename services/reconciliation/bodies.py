"""What the events of reconciliation say, as facts: of a vendor's account, or of one difference. Pure.

Billing knows neither, so the body of a fact is the event's own model, stored as the contract writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from shared.billing.blocks import Scope
from shared.billing.facts import Body, Fact
from shared.events.envelope import CloudEvent
from shared.events.models.base import EventModel
from shared.events.models.fields import FROM_JSON
from shared.events.models.reconciliation import DiscrepancyFound, DiscrepancyResolved, VendorSnapshotTaken
from shared.events.reading import data_of
from shared.events.registry import EVENT_TYPES

Difference = DiscrepancyFound | DiscrepancyResolved
TYPES = frozenset({"VendorSnapshotTaken", "DiscrepancyFound", "DiscrepancyResolved"})


def facts_of(event: CloudEvent, model: EventModel) -> Iterator[Fact]:
    """The one fact of an event: about the account that was looked at, or about what differs."""
    scope: Scope
    if isinstance(model, VendorSnapshotTaken):
        scope, about = "vendor_account", account_key(model.vendor, model.account_id)
    elif isinstance(model, Difference):
        scope, about = "discrepancy", difference_key(model)
    else:
        return
    # The runner hands bodies on without looking inside; only the functions of this service do.
    body = cast(Body, model)
    yield Fact(event.source, event.id, event.type, event.time, scope, about, body, event.sequence or 0)


def account_key(vendor: str, account: str) -> str:
    """What an account of a vendor is known by here. These names are stored: version with care."""
    return f"{vendor}/{account}"


def difference_key(model: Difference) -> str:
    """What a difference is known by: the subscription, by the vendor's id where it has one, and the verdict."""
    about = model.vendor_subscription_id or model.subscription_id or model.account_id
    return difference_about(model.vendor, about, model.verdict)


def difference_about(vendor: str, about: str, verdict: str) -> str:
    """What a difference of a subscription is known by. These names are stored: version with care."""
    return f"{vendor}/{about}/{verdict}"


def body_to_json(body: Body) -> bytes:
    """What `body_from_json` reads back as an equal body."""
    return data_of(cast(EventModel, body))


def body_from_json(event_type: str, scope: Scope, stored: bytes) -> Body:
    """The body of a stored fact; raises KeyError and pydantic.ValidationError for bytes that were not stored by it."""
    return cast(Body, EVENT_TYPES[event_type].model.model_validate_json(stored, context=FROM_JSON))
