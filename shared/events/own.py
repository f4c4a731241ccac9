"""Events of our own, as they stand in the log: told by their source, and by an id that only their stream gives.

Streams are named by the services that append to them, and the names are stored for good. The log has no stream; type
and subject give it, and as the id is made of stream and sequence, it is known whether that is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.events.content import id_of_position
from shared.events.envelope import CloudEvent

OWN_SOURCES: Final = frozenset(
    {
        "urn:seatledger:orders",
        "urn:seatledger:subscriptions",
        "urn:seatledger:invoicing",
        "urn:seatledger:reconciliation",
    }
)
_ABOUT: Final = {
    **dict.fromkeys(("OrderPlaced", "OrderExecuted", "OrderDeleted"), "order"),
    **dict.fromkeys(("CustomerRegistered", "CustomerChanged"), "customer"),
    **dict.fromkeys(("ResellerRegistered", "ResellerChanged"), "reseller"),
    **dict.fromkeys(("ProductDefined", "ProductCopied", "ProductDeleted", "PriceChanged"), "product"),
    **dict.fromkeys(("InvoiceIssued", "CreditNoteIssued"), "document"),
    "VendorSnapshotTaken": "vendor-account",
    **dict.fromkeys(("DiscrepancyFound", "DiscrepancyResolved"), "discrepancy"),
}
_SUBSCRIPTION: Final = "subscription"
_SCOPES: Final = ("product", "reseller", "customer")


def own_stream(event: CloudEvent) -> str | None:
    """The stream that an event of ours belongs to; None where somebody else wrote it under a name of ours."""
    if event.source not in OWN_SOURCES or event.sequence is None or event.subject is None:
        return None
    for stream in _streams(event.type, event.subject):
        if id_of_position(stream, event.sequence) == event.id:
            return stream
    return None


def _streams(event_type: str, subject: str) -> Sequence[str]:
    """Where an event may be: the subject of a setting does not say of what sort it is."""
    if event_type == "SettingChanged":
        return [subject, *(f"{scope}-{subject}" for scope in _SCOPES)]
    if event_type == "ExchangeRateSet":
        return ["exchange-rate-" + subject.replace("/", "-")]
    return [f"{_ABOUT.get(event_type, _SUBSCRIPTION)}-{subject}"]
