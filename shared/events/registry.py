"""Every event type: its current version, its model, and where its subject and its Kafka key stand in the data.

Type names are stored in the log for good: add, never rename.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from shared.events.models import catalog, documents, orders, reconciliation, subscriptions
from shared.events.models.base import EventModel


@dataclass(frozen=True, slots=True)
class EventType:
    """`subject` and `key` read the aggregate's id and the Kafka key from the model."""

    name: str
    version: int
    model: type[EventModel]
    subject: Callable[[EventModel], str]
    key: Callable[[EventModel], str]


def _event(model: type[EventModel], subject: str, key: str, version: int = 1) -> EventType:
    return EventType(model.__name__, version, model, attrgetter(subject), attrgetter(key))


def _setting_scope(model: EventModel) -> str:
    assert isinstance(model, catalog.SettingChanged)
    return model.scope_id or model.scope


def _currency_pair(model: EventModel) -> str:
    assert isinstance(model, catalog.ExchangeRateSet)
    return f"{model.base}/{model.quote}"


def _compared_subscription(model: EventModel) -> str:
    assert isinstance(model, reconciliation.DiscrepancyFound | reconciliation.DiscrepancyResolved)
    return model.subscription_id or model.vendor_subscription_id or model.account_id


_OF_SUBSCRIPTION: Final = (
    subscriptions.LicensesChanged,
    subscriptions.SubscriptionConverted,
    subscriptions.SubscriptionCanceled,
    subscriptions.SubscriptionSuspended,
    subscriptions.SubscriptionReactivated,
    subscriptions.AutoRenewChanged,
    subscriptions.PricingEdited,
    subscriptions.PriceProtectionActivated,
    subscriptions.BillingPlanChanged,
    subscriptions.NextTermScheduled,
    subscriptions.NextTermDiscarded,
    subscriptions.SubscriptionProvisioned,
    subscriptions.ProvisioningFailed,
)

_ALL: Final = (
    _event(orders.OrderPlaced, "order_id", "customer.id"),
    _event(orders.OrderExecuted, "order_id", "customer.id"),
    _event(orders.OrderDeleted, "order_id", "customer_id"),
    _event(orders.CustomerRegistered, "id", "id"),
    _event(orders.CustomerChanged, "id", "id"),
    _event(orders.ResellerRegistered, "id", "id"),
    _event(orders.ResellerChanged, "id", "id"),
    _event(subscriptions.SubscriptionImported, "subscription_id", "customer.id"),
    *(_event(model, "subscription_id", "customer_id") for model in _OF_SUBSCRIPTION),
    _event(catalog.ProductDefined, "id", "id"),
    _event(catalog.ProductCopied, "product_id", "product_id"),
    _event(catalog.ProductDeleted, "product_id", "product_id"),
    _event(catalog.PriceChanged, "product_id", "product_id"),
    EventType("SettingChanged", 1, catalog.SettingChanged, _setting_scope, _setting_scope),
    EventType("ExchangeRateSet", 1, catalog.ExchangeRateSet, _currency_pair, _currency_pair),
    _event(documents.InvoiceIssued, "number", "recipient"),
    _event(documents.CreditNoteIssued, "number", "recipient"),
    _event(reconciliation.VendorSnapshotTaken, "account_id", "account_id"),
    EventType("DiscrepancyFound", 1, reconciliation.DiscrepancyFound, _compared_subscription, attrgetter("account_id")),
    EventType(
        "DiscrepancyResolved", 1, reconciliation.DiscrepancyResolved, _compared_subscription, attrgetter("account_id")
    ),
)

EVENT_TYPES: Final[dict[str, EventType]] = {event_type.name: event_type for event_type in _ALL}
