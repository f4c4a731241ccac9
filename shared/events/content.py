"""What an event says, however it is formatted: canonical bytes, a fingerprint of them, ids made from them.

Content is type, time and data. Key order, whitespace, the envelope's mode, `sequence` and the tracing attributes are no
part of it; unknown fields of the data are: two events that differ only there do differ. Amounts and times inside the
data count as written, so "10.0" and "10.00" differ. Content is taken before upcasting: a later release finds the
same fingerprint for the same record.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Final
from uuid import UUID, uuid5

import orjson

from shared.events.values import Moment, in_utc

# Stored in ids for good: another namespace would publish every short event a second time.
NAMESPACE: Final = UUID("4c5d3c0e-6f6a-5a0e-9b61-5d3a7f0a1b52")
FINGERPRINT_BYTES: Final = 16
_CANONICAL: Final = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z


def canonical(event_type: str, time: Moment, data: Mapping[str, object]) -> bytes:
    """JSON with sorted keys and no whitespace of [type, time as an instant in UTC or a date, data].

    Raises orjson.JSONEncodeError (a TypeError) only for data that did not come from JSON.
    """
    when = in_utc(time) if isinstance(time, datetime) else time
    return orjson.dumps([event_type, when, data], option=_CANONICAL)


def fingerprint(event_type: str, time: Moment, data: Mapping[str, object]) -> bytes:
    """16 bytes that tell one content from another, as kept beside every fact."""
    return blake2b(canonical(event_type, time, data), digest_size=FINGERPRINT_BYTES).digest()


def id_of_content(event_type: str, time: Moment, data: Mapping[str, object]) -> str:
    """The id of a short event that is published: the same event sent again has the same id."""
    return str(uuid5(NAMESPACE, canonical(event_type, time, data).decode()))


def id_of_position(stream_id: str, sequence: int) -> str:
    """The id of an event of our own: its place in its stream, so sending it again gives the same id."""
    return str(uuid5(NAMESPACE, f"{stream_id}\0{sequence}"))
