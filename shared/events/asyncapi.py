"""AsyncAPI 3 from the code: topics as channels, events as messages.

Source: AsyncAPI 3.0.0 and its Kafka bindings 0.5.0. Which types go on which topic is the caller's to say: only the log
names topics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.events.registry import EVENT_TYPES
from shared.events.schemas import ENVELOPE, shared_schemas

_BINDING: Final = "0.5.0"
_DATA: Final = "data"


@dataclass(frozen=True, slots=True)
class Channel:
    """A topic as the document shows it; `key` says in words what its key is."""

    name: str
    key: str
    types: tuple[str, ...]
    partitions: int


def document(channels: Sequence[Channel], version: str) -> dict[str, Any]:
    """The AsyncAPI 3.0.0 document; `version` is the release's."""
    types = sorted({event_type for channel in channels for event_type in channel.types})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Seatledger events",
            "version": version,
            "license": {"name": "Apache-2.0"},
            "description": "CloudEvents 1.0 on Kafka. Written in binary mode, read in both modes. Unknown fields are "
            "ignored; a record that cannot be read goes to the dead letters with its reason.",
        },
        "defaultContentType": "application/json",
        "channels": {_id(channel): _channel(channel) for channel in channels},
        "operations": {f"receive_{_id(channel)}": _operation(channel) for channel in channels},
        "components": {
            "messages": {event_type: _message(event_type) for event_type in types},
            "messageTraits": {"cloudevent": _cloudevent_headers()},
            "schemas": shared_schemas(types, "#/components/schemas/{model}"),
        },
    }


def _id(channel: Channel) -> str:
    return channel.name.replace(".", "_").replace("-", "_")


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "address": channel.name,
        "description": f"Key: {channel.key}. Kept for ever, uncompacted.",
        "messages": {event_type: {"$ref": f"#/components/messages/{event_type}"} for event_type in channel.types},
        "bindings": {"kafka": {"topic": channel.name, "partitions": channel.partitions, "bindingVersion": _BINDING}},
    }


def _operation(channel: Channel) -> dict[str, Any]:
    reference = f"#/channels/{_id(channel)}"
    return {
        "action": "receive",
        "channel": {"$ref": reference},
        "messages": [{"$ref": f"{reference}/messages/{event_type}"} for event_type in channel.types],
    }


def _message(event_type: str) -> dict[str, Any]:
    return {
        "name": event_type,
        "title": event_type,
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
        "payload": {"$ref": f"#/components/schemas/{EVENT_TYPES[event_type].model.__name__}"},
    }


def _cloudevent_headers() -> dict[str, Any]:
    """The attributes of the envelope as headers, which are text."""
    properties = {f"ce_{name}": schema for name, schema in ENVELOPE["properties"].items() if name != _DATA}
    del properties["ce_datacontenttype"]
    properties["content-type"] = ENVELOPE["properties"]["datacontenttype"]
    required = [f"ce_{name}" for name in ENVELOPE["required"] if name != _DATA]
    return {
        "headers": {"type": "object", "required": required, "properties": properties},
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": _BINDING}},
    }
