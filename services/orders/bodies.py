"""What events say about orders, accounts, products and settings, as facts of this service. Pure.

Billing knows an order only by its items, one fact a subscription; here it is one thing. So the body of an order's fact
is the event's own model, stored as the contract writes it. All else are the facts of billing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from shared.billing.blocks import Scope
from shared.billing.facts import (
    Body,
    CustomerStated,
    Fact,
    PriceChanged,
    ProductCopied,
    ProductDefined,
    ProductDeleted,
    ResellerStated,
    SettingChanged,
)
from shared.events import fact_bodies
from shared.events.envelope import CloudEvent
from shared.events.facts import SELLING, facts_of_accounts
from shared.events.facts import facts_of as facts_of_billing
from shared.events.models.base import EventModel
from shared.events.models.fields import FROM_JSON
from shared.events.models.orders import OrderDeleted, OrderExecuted, OrderPlaced
from shared.events.reading import data_of
from shared.events.registry import EVENT_TYPES
from shared.log.topics import CATALOG, ORDERS

Order = OrderPlaced | OrderExecuted
_BESIDE_ORDERS = (
    CustomerStated, ResellerStated, ProductDefined, ProductCopied, ProductDeleted, PriceChanged, SettingChanged
)  # fmt: skip
# The types that say something of orders, accounts, products or settings; of subscriptions only an import does.
TYPES = frozenset(ORDERS.types) | frozenset(CATALOG.types) - {"ExchangeRateSet"} | {"SubscriptionImported"}


def facts_of(event: CloudEvent, model: EventModel) -> Iterator[Fact]:
    """The facts of an event: one about its order, and those of billing about accounts, products and settings."""
    if isinstance(model, OrderPlaced | OrderExecuted | OrderDeleted):
        # The runner hands bodies on without looking inside; only the functions of this service do.
        body = cast(Body, model)
        yield Fact(event.source, event.id, event.type, event.time, "order", model.order_id, body, event.sequence or 0)
    if event.type in SELLING:
        # Of these billing makes facts of every item too, which are nothing to this service.
        yield from facts_of_accounts(event, model)
        return
    for fact in facts_of_billing(event, model):
        if isinstance(fact.body, _BESIDE_ORDERS):
            yield fact


def body_to_json(body: Body) -> bytes:
    """What `body_from_json` reads back as an equal body."""
    stored: object = body
    return data_of(stored) if isinstance(stored, EventModel) else fact_bodies.body_to_json(body)


def body_from_json(event_type: str, scope: Scope, stored: bytes) -> Body:
    """The body of a stored fact; raises KeyError and pydantic.ValidationError for bytes that were not stored by it."""
    if scope == "order":
        return cast(Body, EVENT_TYPES[event_type].model.model_validate_json(stored, context=FROM_JSON))
    return fact_bodies.body_from_json(event_type, scope, stored)
