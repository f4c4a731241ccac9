"""Events of our own, as they stand in the log: told by their source, and by an id that only their stream gives.

Streams are named by the services that append to them, and the names are stored for good. The log has no stream; what
an event says and its type give it, and as its id is made of stream and sequence, it is known whether that is right.
"""

from __future__ import annotations

from typing import Final, cast

from shared.events.content import id_of_position
from shared.events.envelope import CloudEvent
from shared.events.models.base import EventModel
from shared.events.models.catalog import ExchangeRateSet, SettingChanged
from shared.events.registry import EVENT_TYPES

OWN_SOURCES: Final = frozenset({"urn:seatledger:orders", "urn:seatledger:subscriptions", "urn:seatledger:invoicing"})
_ABOUT: Final = {
    **dict.fromkeys(("OrderPlaced", "OrderExecuted", "OrderDeleted"), "order"),
    **dict.fromkeys(("CustomerRegistered", "CustomerChanged"), "customer"),
    **dict.fromkeys(("ResellerRegistered", "ResellerChanged"), "reseller"),
    **dict.fromkeys(("ProductDefined", "ProductCopied", "ProductDeleted", "PriceChanged"), "product"),
    **dict.fromkeys(("InvoiceIssued", "CreditNoteIssued"), "document"),
}
_SUBSCRIPTION: Final = "subscription"


def own_stream(event: CloudEvent, model: EventModel) -> str | None:
    """The stream that an event of ours belongs to; None where somebody else wrote it under a name of ours."""
    if event.source not in OWN_SOURCES or event.sequence is None:
        return None
    stream = _stream(event.type, model)
    return stream if id_of_position(stream, event.sequence) == event.id else None


def _stream(event_type: str, model: EventModel) -> str:
    if event_type == "SettingChanged":
        setting = cast(SettingChanged, model)
        return setting.scope if setting.scope == "organisation" else f"{setting.scope}-{setting.scope_id}"
    if event_type == "ExchangeRateSet":
        rate = cast(ExchangeRateSet, model)
        return f"exchange-rate-{rate.base}-{rate.quote}"
    return f"{_ABOUT.get(event_type, _SUBSCRIPTION)}-{EVENT_TYPES[event_type].subject(model)}"
