"""Events in files, long or short: what `emit` publishes and `simulate` folds.

Short events have `type`, `time` and `data` only. What they leave out comes from their place (`numbering` "position",
for `simulate`) or from their content ("content", for `emit`: the same file twice is published once in effect).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

import orjson

from shared.events.content import id_of_content
from shared.events.envelope import CloudEvent, event_of, split_structured
from shared.events.errors import UnknownVersion, Unreadable
from shared.events.formats import Item, Malformed, as_text, parse
from shared.events.models.base import EventModel
from shared.events.reading import ReadEvent, addressed, read

STANDARD_INPUT: Final = "-"
SOURCE: Final = "urn:seatledger:file"
Numbering = Literal["position", "content"]


class FileEvent(NamedTuple):
    """One event of a file, read and addressed (subject and Kafka key as its data says)."""

    line: int
    event: CloudEvent
    model: EventModel
    fingerprint: bytes


class FileProblem(NamedTuple):
    """Why the file is not usable: `line` from 1 (0: the whole file), `item` from 1 where it is a list."""

    line: int
    item: int | None
    field: str
    what: str

    def __str__(self) -> str:
        """line 3, data.quantity: got -1; give a whole number of 0 or more"""
        place = f"line {self.line}" if self.line else ""
        place += f" (item {self.item})" if self.item else ""
        return f"{place}{', ' if place and self.field else ''}{self.field}: {self.what}"


class FileContent(NamedTuple):
    """All events in the order of the file; use them only if there are no problems."""

    events: list[FileEvent]
    problems: list[FileProblem]


def read_events(path: Path | str, numbering: Numbering) -> FileContent:
    """The events of a file ("-": standard input), and everything that is wrong with it. Raises nothing."""
    content = FileContent([], [])
    for found in iter_events(path, numbering):
        if isinstance(found, FileProblem):
            content.problems.append(found)
        else:
            content.events.append(found)
    return content


def iter_events(path: Path | str, numbering: Numbering) -> Iterator[FileEvent | FileProblem]:
    """As `read_events`, one at a time, in the order of the file."""
    try:
        text = as_text(sys.stdin.buffer.read() if str(path) == STANDARD_INPUT else Path(path).read_bytes())
    except OSError as error:
        yield FileProblem(0, None, str(path), f"cannot be read ({error.strerror}); give a file of events")
        return
    except Unreadable as error:
        yield FileProblem(0, None, str(path), error.what)
        return
    first_lines: dict[tuple[str, str], tuple[int, bytes]] = {}
    for position, item in enumerate(parse(text, str(path)), 1):
        found = _read_item(item, position, numbering)
        if isinstance(found, FileEvent):
            key = (found.event.source, found.event.id)
            line, fingerprint = first_lines.setdefault(key, (found.line, found.fingerprint))
            if fingerprint != found.fingerprint:
                what = f'"{found.event.id}" stands on line {line} too, with other content; give each event its own id'
                found = FileProblem(found.line, item.item, "id", what)
        yield found


def _read_item(item: Item | Malformed, position: int, numbering: Numbering) -> FileEvent | FileProblem:
    if isinstance(item, Malformed):
        return FileProblem(item.line, item.item, "", item.what)
    try:
        event, model, fingerprint = _read_value(item.value, position, numbering)
    except Unreadable as error:
        return FileProblem(item.line, item.item, error.where, error.what)
    except UnknownVersion as error:
        where, _, what = error.reason.partition(": ")
        return FileProblem(item.line, item.item, where, what)
    return FileEvent(item.line, addressed(event, model), model, fingerprint)


def _read_value(value: object, position: int, numbering: Numbering) -> ReadEvent:
    attributes, data = split_structured(value)
    attributes = {"specversion": "1.0", "source": SOURCE} | attributes
    if attributes.get("id") is not None:
        return read(event_of(attributes, data))
    if numbering == "position":
        return read(event_of(attributes | {"id": str(position)}, data))
    event = event_of({"sequence": position} | attributes | {"id": str(position)}, data)
    content_id = id_of_content(event.type, event.time, orjson.loads(data))
    return read(event._replace(id=content_id))
