"""Records on their way to the log, without a client of Kafka: who decides on a command needs none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Header = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to be written. `key` and `value` in bytes; None is a record without one."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header] = field(default=())


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One record that waits to be sent. `id` grows; rows of one `stream_id` go out in that order."""

    id: int
    stream_id: str
    record: Outgoing
