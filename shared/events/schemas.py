"""JSON Schema of the contract, from the models: what upstream systems may send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from shared.events.models.fields import MAX_ID_LENGTH
from shared.events.registry import EVENT_TYPES
from shared.events.upcasting import versions_of
from shared.events.values import DECIMAL_PATTERN

JSON_SCHEMA: Final = "https://json-schema.org/draft/2020-12/schema"

_NAME: Final = {"type": "string", "minLength": 1, "maxLength": MAX_ID_LENGTH}

ENVELOPE: Final[dict[str, Any]] = {
    "type": "object",
    "description": "CloudEvents 1.0. In binary mode each attribute is a header ce_<name>, the value the data alone.",
    "required": ["specversion", "id", "source", "type", "time", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": _NAME | {"description": "Unique together with source; the same pair with other content is refused."},
        "source": _NAME,
        "type": {"enum": sorted(EVENT_TYPES)},
        "subject": _NAME | {"description": "The id of the aggregate."},
        "time": {
            "description": "When the fact became known, with offset; a date is its midnight in the customer's zone.",
            "anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}],
        },
        "dataschema": {
            "description": "Absent: version 1.",
            "type": "string",
            "pattern": "^urn:seatledger:[A-Za-z0-9]+:[0-9]+$",
        },
        "datacontenttype": {"const": "application/json"},
        "partitionkey": _NAME | {"description": "The Kafka key."},
        "sequence": {
            "description": "Grows by one per subject within a source.",
            "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+$"}],
        },
        "correlationid": _NAME,
        "causationid": _NAME,
        "traceparent": _NAME,
        "data": {"type": "object"},
    },
}


def schema_of(event_type: str) -> dict[str, Any]:
    """The JSON Schema of that event's data at its current version, complete in itself."""
    known = EVENT_TYPES[event_type]
    return {
        "$schema": JSON_SCHEMA,
        "$id": f"urn:seatledger:{event_type}:{known.version}",
    } | known.model.model_json_schema()


def events_document(topic_of: Mapping[str, str]) -> dict[str, Any]:
    """Envelope and every event with its versions, topic (`topic_of`: type to topic name) and schema."""
    return {
        "decimal": f"^{DECIMAL_PATTERN}$",
        "envelope": {"$schema": JSON_SCHEMA} | ENVELOPE,
        "events": {
            name: {
                "version": known.version,
                "versions_read": versions_of(name, known.version),
                "dataschema": f"urn:seatledger:{name}:{known.version}",
                "topic": topic_of.get(name),
                "schema": schema_of(name),
            }
            for name, known in sorted(EVENT_TYPES.items())
        },
    }


def shared_schemas(event_types: Iterable[str], reference: str) -> dict[str, Any]:
    """The schemas of these events and of all their parts by name, referring to each other as `reference` says."""
    models = [(EVENT_TYPES[name].model, "validation") for name in event_types]
    _, definitions = models_json_schema(models, ref_template=reference)  # type: ignore[arg-type]  # list invariance
    return dict(definitions["$defs"])
