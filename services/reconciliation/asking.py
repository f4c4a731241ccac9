"""Which events ask a vendor for something: an executed order of what it provisions, seats that are to be pushed. Pure.

The projector writes them down as reactions in its own transaction; the worker makes tasks of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import orjson

from services.reconciliation.verdicts import Action
from shared.events.envelope import CloudEvent
from shared.events.models.base import EventModel
from shared.events.models.orders import OrderExecuted
from shared.events.models.reconciliation import DiscrepancyResolved
from shared.events.values import moment_text
from shared.store.reactions import Reaction

CONSUMER: Final = "reconciliation"
# Vendors whose licences are assigned when an order is executed (rule R8.2).
PROVISIONED: Final = frozenset({"panda"})
ORDERED: Final = frozenset({"OrderExecuted"})
PUSHED: Final[Action] = "PUSH_QUANTITY_TO_VENDOR"


def reactions(event: CloudEvent, model: EventModel) -> Iterator[Reaction]:
    """What an event asks for: once, however often it comes. The reaction holds the event's time and its data."""
    if isinstance(model, OrderExecuted):
        asks = any(may_be_provisioned(item.product.vendor) for item in model.items)
    else:
        asks = isinstance(model, DiscrepancyResolved) and model.resolution == PUSHED
    if asks:
        said = orjson.dumps({"time": moment_text(event.time), "data": orjson.Fragment(event.data)}).decode()
        yield Reaction(CONSUMER, event.source, event.id, event.type, event.subject or "", said)


def may_be_provisioned(vendor: str | None) -> bool:
    """Whether a vendor is one that assigns licences; one that the order does not name, the catalogue may."""
    return vendor is None or vendor.lower() in PROVISIONED
