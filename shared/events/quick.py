"""The most frequent events, read without a model: what they plainly say; None where anything is not plain.

A replay reads a million changes of licences, and a model costs more than all that is done with it afterwards. This
looks at the same bytes with the same outcome or not at all: whatever is unusual (a structured record, a field that is
not needed, an id with an odd character, a number out of bounds) is left to `reading`, which also has the words for
what is wrong. A property test compares both on any record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, cast

import orjson

from shared.billing.blocks import CancelMode
from shared.billing.facts import (
    AutoRenewChanged,
    Body,
    Fact,
    LicensesChanged,
    NextTermDiscarded,
    PriceProtectionActivated,
    SubscriptionCanceled,
    SubscriptionProvisioned,
    SubscriptionReactivated,
    SubscriptionSuspended,
)
from shared.events.content import fingerprint
from shared.events.envelope import CloudEvent, key_text
from shared.events.models.fields import MAX_COUNT, MAX_ID_LENGTH
from shared.events.registry import EVENT_TYPES
from shared.events.values import in_range

_JSON: Final = b"application/json"
_TIME = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")
_SEQUENCE_DIGITS: Final = 18
# Three short fields; what is longer is padded, and may be longer than a record of its topic may be.
_MAX_BYTES: Final = 4096
_TEXTS: Final = ("ce_subject", "ce_partitionkey", "ce_correlationid", "ce_causationid", "ce_traceparent")
_MODES: Final = frozenset({"immediate", "end_of_cycle", "end_of_term"})

Data = Mapping[str, Any]


class Quick(NamedTuple):
    """An event with its fingerprint and its one fact, as `reading` and `facts` would have it."""

    event: CloudEvent
    fingerprint: bytes
    fact: Fact


def _licenses(data: Data) -> Body | None:
    quantity = data.get("quantity")
    return LicensesChanged(quantity) if type(quantity) is int and 0 <= quantity <= MAX_COUNT else None


def _auto_renew(data: Data) -> Body | None:
    auto_renew = data.get("auto_renew")
    return AutoRenewChanged(auto_renew) if type(auto_renew) is bool else None


def _canceled(data: Data) -> Body | None:
    mode = data.get("mode")
    return SubscriptionCanceled(cast(CancelMode, mode)) if type(mode) is str and mode in _MODES else None


# How many fields the data has where it says no more than this, and what it says then.
_PLAIN: Final[Mapping[bytes, tuple[str, int, Callable[[Data], Body | None]]]] = {
    b"LicensesChanged": ("LicensesChanged", 3, _licenses),
    b"AutoRenewChanged": ("AutoRenewChanged", 3, _auto_renew),
    b"SubscriptionCanceled": ("SubscriptionCanceled", 3, _canceled),
    b"SubscriptionSuspended": ("SubscriptionSuspended", 2, lambda data: SubscriptionSuspended()),
    b"SubscriptionReactivated": ("SubscriptionReactivated", 2, lambda data: SubscriptionReactivated()),
    b"SubscriptionProvisioned": ("SubscriptionProvisioned", 2, lambda data: SubscriptionProvisioned()),
    b"PriceProtectionActivated": ("PriceProtectionActivated", 2, lambda data: PriceProtectionActivated()),
    b"NextTermDiscarded": ("NextTermDiscarded", 2, lambda data: NextTermDiscarded()),
}
PLAIN: Final = frozenset(name for name, _, _ in _PLAIN.values())
_SCHEMAS: Final = {name: f"urn:seatledger:{name.decode()}:1".encode() for name in _PLAIN}


def read_plainly(key: bytes | None, value: bytes | None, headers: Any) -> Quick | None:
    """The event of a record in binary mode that is plain in every way; None for any other."""
    attributes: dict[str, bytes] = dict(headers)
    kind = attributes.get("ce_type")
    known = None if kind is None else _PLAIN.get(kind)
    if known is None or kind is None or value is None or len(value) > _MAX_BYTES:
        return None
    event_type, fields, said = known
    schema, content_type = attributes.get("ce_dataschema"), attributes.get("content-type")
    if (
        attributes.get("ce_specversion") != b"1.0"
        or (schema is not None and schema != _SCHEMAS[kind])
        or (content_type is not None and content_type != _JSON)
        or EVENT_TYPES[event_type].version != 1
    ):
        return None
    at = attributes.get("ce_time", b"")
    if _TIME.fullmatch(at) is None:
        return None
    try:
        event_id, source = _text(attributes["ce_id"]), _text(attributes["ce_source"])
        texts = [_text(attributes[name]) if name in attributes else None for name in _TEXTS]
        time = in_range(datetime.fromisoformat(at.decode()))
        data = orjson.loads(value)
    except (KeyError, ValueError):  # what is wrong with it, `reading` says
        return None
    sequence = attributes.get("ce_sequence")
    if sequence is not None and not (sequence.isdigit() and len(sequence) <= _SEQUENCE_DIGITS):
        return None
    if type(data) is not dict or len(data) != fields or not _is_id(data.get("customer_id")):
        return None
    subscription: str = data.get("subscription_id", "")
    body = said(data)
    if body is None or not _is_id(subscription):
        return None
    subject, partitionkey, correlation, causation, trace = texts
    if partitionkey is None:
        partitionkey = key_text(key)
    number = None if sequence is None else int(sequence)
    event = CloudEvent(
        event_id, source, event_type, time, value, subject, 1, partitionkey, number, correlation, causation, trace
    )
    fact = Fact(source, event_id, event_type, time, "subscription", subscription, body, number or 0)
    return Quick(event, fingerprint(event_type, time, data), fact)


def _text(content: bytes) -> str:
    text = content.decode()
    if not _is_id(text):
        raise ValueError(text)
    return text


def _is_id(value: object) -> bool:
    return type(value) is str and 0 < len(value) <= MAX_ID_LENGTH and value.isprintable()
