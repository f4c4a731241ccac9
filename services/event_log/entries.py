"""Records of the log as the event tools show them: the event, or why there is none. Pure.

Who asks for types or subjects is shown what cannot be read, too, unless it can be told that it was not asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import orjson

from shared.events.envelope import CloudEvent, read_record
from shared.events.errors import UnknownVersion, Unreadable
from shared.events.reading import addressed, read
from shared.events.structured import to_structured
from shared.log.records import Record
from shared.log.topics import DEAD_LETTERS, largest_record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BRIEF = 120

Kind = Literal["event", "unreadable", "dead_letter"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which records: of these types and subjects (none named: all), that the log took from `since` on, before `until`.

    Both in milliseconds since 1970, as the log stamps its records (`log_ms`); None: no bound.
    """

    types: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    since: int | None = None
    until: int | None = None

    def in_time(self, record: Record) -> bool:
        return (self.since is None or record.timestamp >= self.since) and not self.is_over(record.timestamp)

    def is_over(self, at: int) -> bool:
        """Whether nothing is asked for of this moment and later."""
        return self.until is not None and at >= self.until


@dataclass(frozen=True, slots=True)
class Entry:
    """A record: an event that can be read (`reason` is ""), or what is known of it and why it is none.

    `event` is the envelope as it lies in the log, None where it cannot be read; `subject` is the data's own where the
    envelope names none.
    """

    record: Record
    kind: Kind
    event: CloudEvent | None
    subject: str | None = None
    reason: str = ""

    @property
    def place(self) -> str:
        """orders.events/3/17, as `events show` takes it."""
        return f"{self.record.topic}/{self.record.partition}/{self.record.offset}"

    @property
    def logged_at(self) -> str:
        """When the log took it: 2026-01-31T10:00:00.123Z"""
        moment = _EPOCH + timedelta(milliseconds=self.record.timestamp)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


EVERYTHING = Asked()


def log_ms(moment: datetime) -> int:
    """The first millisecond since 1970 that is not before the moment."""
    return -((_EPOCH - moment) // timedelta(milliseconds=1))


def look(record: Record, asked: Asked = EVERYTHING) -> Entry | None:
    """The record as it is shown; None where it was not asked for. Raises nothing, whatever the record holds."""
    if not asked.in_time(record):
        return None
    dead = _dead_letter(record)
    try:
        event = read_record(record.key, record.value, record.headers, largest_record(record.topic))
    except Unreadable as unreadable:
        return Entry(record, "dead_letter" if dead else "unreadable", None, reason=dead or unreadable.reason)
    if (asked.types and event.type not in asked.types) or not _may_be_about(event.subject, asked):
        return None
    subject, reason = _read(event)
    if not _may_be_about(subject, asked):
        return None
    if dead:
        return Entry(record, "dead_letter", event, subject, dead)
    return Entry(record, "unreadable" if reason else "event", event, subject, reason)


def as_line(entry: Entry) -> str:
    """For people: when, where, what, about what, its id, and what it says in short."""
    if entry.event is None:
        return f"{entry.logged_at}  {entry.place}  {_what(entry)}: {printable(entry.reason)}"
    said = brief(entry.event.data) if entry.kind == "event" else f"{_what(entry)}: {printable(entry.reason)}"
    named = (entry.event.type, entry.subject or "-", entry.event.id)
    return "  ".join([entry.logged_at, entry.place, *map(printable, named), said])


def as_json_line(entry: Entry) -> bytes:
    """For programs: the event as a CloudEvent, or {"unreadable": …} or {"dead_letter": …} with place and reason."""
    if entry.kind == "event" and entry.event is not None:
        return to_structured(entry.event)
    record = entry.record
    place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
    return orjson.dumps({entry.kind: {**place, "logged_at": entry.logged_at, "reason": unicode_text(entry.reason)}})


def brief(data: bytes) -> str:
    """subscription_id=sub-1 quantity=8 customer=cus-1 items=[3], cut short"""
    found = orjson.loads(data)
    text = " ".join(_said(name, value) for name, value in found.items() if value is not None)
    return printable(text if len(text) <= _BRIEF else text[: _BRIEF - 1] + "…")


def printable(text: str) -> str:
    """Without what would move a terminal's cursor: what is in the log was written by others."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def unicode_text(text: str) -> str:
    """Without half surrogate pairs, which a reason may quote and JSON cannot hold."""
    return text.encode(errors="replace").decode()


def _said(name: str, value: object) -> str:
    if isinstance(value, list):
        return f"{name}=[{len(value)}]"
    if isinstance(value, Mapping):
        return f"{name}={value['id']}" if isinstance(value.get("id"), str) else f"{name}={{…}}"
    return f"{name}={value if isinstance(value, str) else orjson.dumps(value).decode()}"


def _what(entry: Entry) -> str:
    return "dead letter" if entry.kind == "dead_letter" else "unreadable"


def _may_be_about(subject: str | None, asked: Asked) -> bool:
    return subject is None or not asked.subjects or subject in asked.subjects


def _read(event: CloudEvent) -> tuple[str | None, str]:
    """The event's subject, and why it cannot be read ("": it can)."""
    try:
        found = read(event)
    except (Unreadable, UnknownVersion) as refused:
        return event.subject, refused.reason
    except Exception as error:  # a fault of ours, which a projector makes a dead letter of in the same words
        return event.subject, f"cannot be taken in here: {type(error).__name__}: {error}"
    return addressed(event, found.model).subject, ""


def _dead_letter(record: Record) -> str:
    """Which record a dead letter is a copy of, and why it is one: "of orders.events/0/5: …"; "" for all others."""
    if record.topic != DEAD_LETTERS.name:
        return ""
    said = {name: content.decode(errors="replace") for name, content in record.headers}
    place = "/".join(said.get(f"dead-letter-{part}", "?") for part in ("topic", "partition", "offset"))
    return f"of {place}: {said.get('dead-letter-reason', 'no reason is given')}"
