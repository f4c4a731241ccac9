"""The envelope: CloudEvents 1.0 on Kafka records, read in both modes, written in binary mode.

Sources: CloudEvents 1.0 and its Kafka protocol binding (content-type decides the mode, attributes in `ce_` headers,
the record's key is `partitionkey`), with the rules of docs/events.md. Reading the envelope of a
record in binary mode does not touch the data: who filters by type pays for no JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

import orjson

from shared.events.errors import Unreadable, got
from shared.events.values import Moment, moment, moment_text

DEFAULT_MAX_BYTES: Final = 1024 * 1024
INVOICE_MAX_BYTES: Final = 32 * 1024 * 1024

STRUCTURED: Final = "application/cloudevents+json"
_JSON: Final = "application/json"

_MAX_NAME: Final = 200  # as models.fields.Id: it becomes part of database keys
_NAME = re.compile(r"[^\x00-\x1f\x7f]+")
_SCHEMA = re.compile(r"urn:seatledger:([A-Za-z0-9]{1,100}):([0-9]{1,4})")
_MAX_SEQUENCE: Final = 2**63 - 1

_ATTRIBUTES: Final = {
    f"ce_{name}": name
    for name in (
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "dataschema",
        "partitionkey",
        "sequence",
        "correlationid",
        "causationid",
        "traceparent",
    )
} | {"content-type": "datacontenttype"}
_HEADERS: Final = {attribute: header for header, attribute in _ATTRIBUTES.items()}

Headers = Iterable[tuple[str, bytes | None]]


class CloudEvent(NamedTuple):
    """One event as it travels. `data` is its JSON, not read yet; `version` is the one in `dataschema`.

    A tuple, because a million of them are made in a replay (a frozen dataclass takes four times as long). `time` is
    an instant in UTC or a date, which is its midnight in the customer's zone. `sequence` is None where upstream gives
    none.
    """

    id: str
    source: str
    type: str
    time: Moment
    data: bytes
    subject: str | None = None
    version: int = 1
    partitionkey: str | None = None
    sequence: int | None = None
    correlationid: str | None = None
    causationid: str | None = None
    traceparent: str | None = None


def read_record(
    key: bytes | None, value: bytes | None, headers: Headers, max_bytes: int = DEFAULT_MAX_BYTES
) -> CloudEvent:
    """The event of one Kafka record.

    Raises Unreadable. A value over the limit is refused before anything of it is looked at.
    """
    value = value or b""
    if len(value) > max_bytes:
        raise Unreadable("value", f"is {len(value):,} bytes long; give at most {max_bytes:,}")
    attributes: dict[str, object] = {
        _ATTRIBUTES[name]: _header_text(name, content) for name, content in headers if name in _ATTRIBUTES
    }
    content_type = str(attributes.get("datacontenttype", ""))
    if "specversion" in attributes and not content_type.startswith("application/cloudevents"):
        return event_of(attributes, value, key)
    return _structured(content_type, value, key)


def event_of(attributes: Mapping[str, object], data: bytes, key: bytes | None = None) -> CloudEvent:
    """The event with these context attributes; `key` is its partitionkey where the attributes have none.

    Raises Unreadable.
    """
    if attributes.get("specversion") != "1.0":
        if "specversion" not in attributes:
            raise Unreadable("specversion", 'is missing; give "1.0"')
        raise Unreadable("specversion", got(attributes["specversion"], 'give "1.0"'))
    content_type = attributes.get("datacontenttype")
    if content_type is not None and content_type != _JSON:
        _check_json(content_type)
    event_type = _required(attributes, "type")
    return CloudEvent(
        id=_required(attributes, "id"),
        source=_required(attributes, "source"),
        type=event_type,
        time=_time(attributes),
        data=data,
        subject=_optional(attributes, "subject"),
        version=_version(attributes.get("dataschema"), event_type),
        partitionkey=_optional(attributes, "partitionkey") or key_text(key),
        sequence=_sequence(attributes.get("sequence")),
        correlationid=_optional(attributes, "correlationid"),
        causationid=_optional(attributes, "causationid"),
        traceparent=_optional(attributes, "traceparent"),
    )


def split_structured(envelope: object) -> tuple[dict[str, object], bytes]:
    """The attributes and the data's JSON of an event that is one JSON object.

    Raises Unreadable.
    """
    if not isinstance(envelope, dict):
        raise Unreadable("event", got(envelope, "give a CloudEvent as a JSON object"))
    attributes = {str(name): value for name, value in envelope.items() if name != "data"}
    if "data" not in envelope:
        if "data_base64" in envelope:
            raise Unreadable("data_base64", "is not read here; give the JSON object in data")
        raise Unreadable("data", "is missing; add it")
    try:
        return attributes, orjson.dumps(envelope["data"])
    except TypeError as error:
        raise Unreadable(
            "data", f"is not JSON ({error}); give names in quotes and numbers of at most 15 digits"
        ) from None


def attributes_of(event: CloudEvent) -> dict[str, str | int]:
    """The context attributes that an event has; `event_of` gives it back from them and its data."""
    attributes = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": moment_text(event.time),
        "dataschema": f"urn:seatledger:{event.type}:{event.version}",
        "partitionkey": event.partitionkey,
        "sequence": event.sequence,
        "correlationid": event.correlationid,
        "causationid": event.causationid,
        "traceparent": event.traceparent,
        "datacontenttype": _JSON,
    }
    return {name: value for name, value in attributes.items() if value is not None}


def to_record(event: CloudEvent) -> tuple[bytes | None, bytes, list[tuple[str, bytes]]]:
    """Key, value and headers of the record in binary mode; `read_record` gives the same event back."""
    headers = [(_HEADERS[name], str(value).encode()) for name, value in attributes_of(event).items()]
    key = None if event.partitionkey is None else event.partitionkey.encode()
    return key, event.data, headers


def _structured(content_type: str, value: bytes, key: bytes | None) -> CloudEvent:
    if content_type.startswith("application/cloudevents") and content_type.partition(";")[0].strip() != STRUCTURED:
        raise Unreadable("content-type", got(content_type, f"give {STRUCTURED}, one event a record"))
    try:
        envelope = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise Unreadable(
            "value",
            f"is not JSON ({error}); give a CloudEvent, its attributes in ce_ headers or all of it in the value",
        ) from None
    attributes, data = split_structured(envelope)
    return event_of(attributes, data, key)


def _header_text(name: str, content: bytes | None) -> str:
    try:
        return content.decode() if content else ""
    except UnicodeDecodeError:
        raise Unreadable(name, "is not UTF-8; give plain text") from None


def key_text(key: bytes | None) -> str | None:
    """A record's key as a partitionkey; None where it is none that an attribute could say."""
    if not key:
        return None
    text = key.decode(errors="replace")
    return text if len(text) <= _MAX_NAME and text.isprintable() else None


def _required(attributes: Mapping[str, object], name: str) -> str:
    value = _optional(attributes, name)
    if value is None:
        raise Unreadable(name, "is missing; add it")
    return value


def _optional(attributes: Mapping[str, object], name: str) -> str | None:
    value = attributes.get(name)
    if value is None:
        return None
    if isinstance(value, str) and 0 < len(value) <= _MAX_NAME and (value.isprintable() or _NAME.fullmatch(value)):
        return value
    raise Unreadable(name, got(value, f"give a text of 1 to {_MAX_NAME} printable characters"))


def _time(attributes: Mapping[str, object]) -> Moment:
    value = attributes.get("time")
    if value is None:
        raise Unreadable("time", "is missing; give when the fact became known, like 2026-01-31T10:00:00Z")
    try:
        return moment(value)
    except ValueError as error:
        raise Unreadable("time", str(error)) from None


def _version(schema: object, event_type: str) -> int:
    if schema is None:
        return 1
    version = _version_in(schema, event_type) if isinstance(schema, str) else None
    if version is None:
        raise Unreadable("dataschema", got(schema, f"give urn:seatledger:{event_type}:1, or leave it out"))
    return version


@lru_cache(maxsize=256)
def _version_in(schema: str, event_type: str) -> int | None:
    form = _SCHEMA.fullmatch(schema)
    return int(form[2]) if form is not None and form[1] == event_type else None


def _sequence(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_SEQUENCE:
        return value
    raise Unreadable("sequence", got(value, "give a whole number of 0 or more, or leave it out"))


def _check_json(content_type: object) -> None:
    if not isinstance(content_type, str) or content_type.partition(";")[0].strip().lower() != _JSON:
        raise Unreadable("datacontenttype", got(content_type, f"give {_JSON}"))
