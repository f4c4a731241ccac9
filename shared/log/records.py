"""Records as they lie in the log, and where a reader stands in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shared.log.outgoing import Header


class Partition(NamedTuple):
    """One partition of one topic; sorts by topic, then number."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it lies in the log. `timestamp` in milliseconds since 1970, stamped by the broker."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where to go on: the next offset, and the last record that was read (its offset and `identity`), if any."""

    next: int
    last_offset: int | None = None
    last_identity: str | None = None


@dataclass(frozen=True, slots=True)
class Polled:
    """Records by partition, in order, and the next position of every partition that moved (also by markers alone)."""

    records: Mapping[Partition, Sequence[Record]] = field(default_factory=dict)
    positions: Mapping[Partition, int] = field(default_factory=dict)


def identity(record: Record) -> str:
    """What tells a record from another at the same offset: the event's source and id, else a digest of its bytes."""
    source = event_id = None
    for name, value in record.headers:
        if name == "ce_source":
            source = value
        elif name == "ce_id":
            event_id = value
    if source is not None and event_id is not None:
        return f"{source.decode(errors='replace')} {event_id.decode(errors='replace')}"
    digest = hashlib.blake2b(record.key or b"", digest_size=16)
    digest.update(record.value or b"")
    return digest.hexdigest()


def record_of(raw: Any) -> Record:
    """From aiokafka's ConsumerRecord, which is untyped. A header without content is one with none: b""."""
    headers = raw.headers
    for header in headers:
        if header[1] is None:
            headers = [(name, content or b"") for name, content in headers]
            break
    return Record(raw.topic, raw.partition, raw.offset, raw.timestamp, raw.key, raw.value, headers)
