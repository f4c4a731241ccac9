"""Events as one JSON object each: CloudEvents in structured form, what `emit` takes and an export writes."""

from __future__ import annotations

import orjson

from shared.events.envelope import CloudEvent, attributes_of


def to_structured(event: CloudEvent) -> bytes:
    """The whole event on one line, without its end. Read again it has the same fingerprint.

    `event.data` has to be JSON: an event that `reading.read` gave.
    """
    return orjson.dumps({**attributes_of(event), "data": orjson.loads(event.data)})
