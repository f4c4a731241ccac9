"""From an event as it travels to its model: parse, bring to the current version, check, fingerprint."""

from __future__ import annotations

from typing import NamedTuple

import orjson
from pydantic import ValidationError

from shared.events.content import fingerprint
from shared.events.envelope import DEFAULT_MAX_BYTES, CloudEvent, Headers, read_record
from shared.events.errors import UnknownVersion, Unreadable, got, unreadable_of
from shared.events.models.base import EventModel
from shared.events.models.fields import FROM_JSON
from shared.events.registry import EVENT_TYPES
from shared.events.upcasting import upcast


class ReadEvent(NamedTuple):
    """An event that has been read: `fingerprint` is 16 bytes over its content, see `content`."""

    event: CloudEvent
    model: EventModel
    fingerprint: bytes


def read(event: CloudEvent) -> ReadEvent:
    """The event's model and fingerprint.

    Raises Unreadable (a dead letter), or UnknownVersion (one too, by a newer release: its subject waits).
    The JSON is parsed once, by orjson, and both the fingerprint and the model come from that: measured faster than
    pydantic reading the bytes beside a second parse for the fingerprint.
    """
    known = EVENT_TYPES.get(event.type)
    if known is None:
        raise Unreadable("type", got(event.type, "no event of that name is known; see `seatledger schemas events`"))
    if event.version > known.version:
        raise UnknownVersion(event, known.version)
    try:
        data = orjson.loads(event.data)
    except orjson.JSONDecodeError as error:
        raise Unreadable("data", f"is not JSON ({error}); give a JSON object") from None
    if not isinstance(data, dict):
        raise Unreadable("data", got(data, "give a JSON object"))
    current = data if event.version == known.version else upcast(event.type, event.version, data, known.version)
    try:
        model = known.model.model_validate(current, context=FROM_JSON)
    except ValidationError as error:
        raise unreadable_of(error) from None
    return ReadEvent(event, model, fingerprint(event.type, event.time, data))


def read_from_record(
    key: bytes | None, value: bytes | None, headers: Headers, max_bytes: int = DEFAULT_MAX_BYTES
) -> ReadEvent:
    """`read` of the event in a Kafka record; raises what `read_record` and `read` raise."""
    return read(read_record(key, value, headers, max_bytes))


def data_of(model: EventModel) -> bytes:
    """The model as the data of an event: names as in the contract, absent fields left out."""
    return model.model_dump_json(by_alias=True).encode()


def addressed(event: CloudEvent, model: EventModel) -> CloudEvent:
    """The event with the subject and the Kafka key that its data says, where the envelope does not."""
    event_type = EVENT_TYPES[event.type]
    return event._replace(
        subject=event.subject or event_type.subject(model),
        partitionkey=event.partitionkey or event_type.key(model),
    )
