"""Every event type: its current version, its model, and where its subject and its Kafka key stand in the data.

Type names are stored in the log for good: add, never rename.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from shared.events.models import catalog, reconciliation
    from shared.events.models.base import EventModel


@dataclass(frozen=True)
class EventType:
    """`room` is the module of the model; `subject` and `key` read the aggregate's id and the Kafka key from a model."""

    name: str
    version: int
    room: str
    subject: Callable[[EventModel], str]
    key: Callable[[EventModel], str]

    @cached_property
    def model(self) -> type[EventModel]:
        """Its model. The module is imported when the first event of the room is read: most files have few types."""
        return cast("type[EventModel]", getattr(import_module(f"shared.events.models.{self.room}"), self.name))


def _event(room: str, name: str, subject: str, key: str, version: int = 1) -> EventType:
    return EventType(name, version, room, attrgetter(subject), attrgetter(key))


def _setting_scope(model: EventModel) -> str:
    setting = cast("catalog.SettingChanged", model)
    return setting.scope_id or setting.scope


def _currency_pair(model: EventModel) -> str:
    rate = cast("catalog.ExchangeRateSet", model)
    return f"{rate.base}/{rate.quote}"


def _compared_subscription(model: EventModel) -> str:
    found = cast("reconciliation.DiscrepancyFound | reconciliation.DiscrepancyResolved", model)
    return found.subscription_id or found.vendor_subscription_id or found.account_id


_OF_SUBSCRIPTION: Final = (
    "LicensesChanged",
    "SubscriptionConverted",
    "SubscriptionCanceled",
    "SubscriptionSuspended",
    "SubscriptionReactivated",
    "AutoRenewChanged",
    "PricingEdited",
    "PriceProtectionActivated",
    "BillingPlanChanged",
    "NextTermScheduled",
    "NextTermDiscarded",
    "SubscriptionProvisioned",
    "ProvisioningFailed",
)

_ALL: Final = (
    _event("orders", "OrderPlaced", "order_id", "customer.id"),
    _event("orders", "OrderExecuted", "order_id", "customer.id"),
    _event("orders", "OrderDeleted", "order_id", "customer_id"),
    _event("orders", "CustomerRegistered", "id", "id"),
    _event("orders", "CustomerChanged", "id", "id"),
    _event("orders", "ResellerRegistered", "id", "id"),
    _event("orders", "ResellerChanged", "id", "id"),
    _event("subscriptions", "SubscriptionImported", "subscription_id", "customer.id"),
    *(_event("subscriptions", name, "subscription_id", "customer_id") for name in _OF_SUBSCRIPTION),
    _event("catalog", "ProductDefined", "id", "id"),
    _event("catalog", "ProductCopied", "product_id", "product_id"),
    _event("catalog", "ProductDeleted", "product_id", "product_id"),
    _event("catalog", "PriceChanged", "product_id", "product_id"),
    EventType("SettingChanged", 1, "catalog", _setting_scope, _setting_scope),
    EventType("ExchangeRateSet", 1, "catalog", _currency_pair, _currency_pair),
    _event("documents", "InvoiceIssued", "number", "recipient"),
    _event("documents", "CreditNoteIssued", "number", "recipient"),
    _event("reconciliation", "VendorSnapshotTaken", "account_id", "account_id"),
    EventType("DiscrepancyFound", 1, "reconciliation", _compared_subscription, attrgetter("account_id")),
    EventType("DiscrepancyResolved", 1, "reconciliation", _compared_subscription, attrgetter("account_id")),
)

EVENT_TYPES: Final[dict[str, EventType]] = {event_type.name: event_type for event_type in _ALL}
