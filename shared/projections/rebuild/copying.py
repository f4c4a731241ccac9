"""Rows as binary COPY wants them, written by hand for the tables that get most of a rebuild's rows.

PostgreSQL's format: 19 bytes of header, then for each row the number of columns (int16) and for each column its length
(int32) and bytes; at the end -1. `psycopg` can write any row so, in several times the time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from struct import Struct

from shared.log.records import Record
from shared.projections.spec import Key

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"

_LENGTH = Struct(">i").pack
_COLUMNS = Struct(">h").pack
_EVENT = Struct(">hi16si16s").pack
_PLACE = Struct(">iiiq").pack
_BIGINT = Struct(">iq").pack
_INT = Struct(">ii").pack
_NULL = b"\xff\xff\xff\xff"
# PostgreSQL counts microseconds from here.
_EPOCH_2000 = datetime(2000, 1, 1, tzinfo=UTC)
_TEXT_OID = 25


def text(value: str) -> bytes:
    """A text column."""
    data = value.encode()
    return _LENGTH(len(data)) + data


def _bytes(value: bytes) -> bytes:
    return _LENGTH(len(value)) + value


def _instant(value: datetime | None) -> bytes:
    if value is None:
        return _NULL
    since = value - _EPOCH_2000
    return _BIGINT(8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def _texts(values: Collection[str]) -> bytes:
    """A text[] column of one dimension."""
    head = Struct(">iii").pack(1 if values else 0, 0, _TEXT_OID)
    if values:
        head += Struct(">ii").pack(len(values), 1)
    return _bytes(head + b"".join(map(text, values)))


_topics: dict[str, bytes] = {}


def event_row(identity: bytes, fingerprint: bytes, record: Record) -> bytes:
    """identity, fingerprint, topic, partition, offset."""
    topic = _topics.get(record.topic)
    if topic is None:
        topic = _topics[record.topic] = text(record.topic)
    return _EVENT(5, 16, identity, 16, fingerprint) + topic + _PLACE(4, record.partition, 8, record.offset)


def packed_row(key: Key, facts: Iterable[bytes]) -> bytes:
    """scope, scope_id, facts."""
    return _COLUMNS(3) + text(key.scope) + text(key.scope_id) + _bytes(b"\n".join(facts))


def state_row(key: Key, state: bytes, depends_on: Collection[str], next_change: datetime | None) -> bytes:
    """scope, scope_id, state, depends_on, next_change_at; `touched` is still to come."""
    return (
        _COLUMNS(6) + text(key.scope) + text(key.scope_id) + _bytes(state) + _texts(depends_on) + _instant(next_change)
    )


def touched(number: int) -> bytes:
    """The last column of a state: when it was folded, by the generation's own count."""
    return _BIGINT(8, number)


def dependency_row(name: Key, dependent: Key) -> bytes:
    """scope, scope_id, dependent_scope, dependent_id."""
    return _COLUMNS(4) + text(name.scope) + text(name.scope_id) + text(dependent.scope) + text(dependent.scope_id)


def pending_row(key: Key, since: datetime, facts: int) -> bytes:
    """scope, scope_id, since, facts."""
    return _COLUMNS(4) + text(key.scope) + text(key.scope_id) + _instant(since) + _INT(4, facts)
