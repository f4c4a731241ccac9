"""`seatledger events show`: one event as a whole, by its id or by where it lies."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping

import orjson

from services.event_log.entries import Entry, look, printable, unicode_text
from services.event_log.opened import looking, spans
from services.event_log.places import places_of
from services.presentation import document, flow_progress, note, say, table
from shared.errors import BAD_REQUEST, NOT_FOUND, UserError
from shared.events.envelope import attributes_of
from shared.log.records import Partition
from shared.log.topics import DEAD_LETTERS, TOPICS
from shared.log.view import LogView, Span
from shared.store.dead_letters import Place

_PLACE = re.compile(r"(.+)/([0-9]{1,9})/([0-9]{1,18})")
_TOPICS = tuple(topic.name for topic in TOPICS)
# Dead letters are copies: an event is looked for where it came in.
_OF_EVENTS = tuple(name for name in _TOPICS if name != DEAD_LETTERS.name)


def show(
    broker: Callable[[], str], database: Callable[[], str], what: str, source: str | None, *, as_json: bool
) -> None:
    """Show the event `what`: its id, or TOPIC/PARTITION/OFFSET. UserError says why there is none to show.

    By id it is looked up in the database; where that has none, or there is none, the log is looked through.
    """
    place = place_in(what) if source is None else None
    entry = asyncio.run(_by_id(broker, database, what, source) if place is None else _at(broker(), place))
    if as_json:
        document(shape(entry))
    else:
        _tables(entry)


def place_in(text: str) -> Place | None:
    """orders.events/3/17 as a place; None for what is none, which is an id."""
    form = _PLACE.fullmatch(text)
    return Place(form[1], int(form[2]), int(form[3])) if form is not None and form[1] in _TOPICS else None


def shape(entry: Entry) -> dict[str, object]:
    """The public shape: the event in structured form (null where there is none), and the record that it lies in."""
    record, event = entry.record, entry.event
    whole = None
    if event is not None and entry.kind == "event":
        whole = {**attributes_of(event), "data": orjson.loads(event.data)}
    return {
        "kind": entry.kind,
        "reason": unicode_text(entry.reason) or None,
        "event": whole,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "logged_at": entry.logged_at,
        "key": None if record.key is None else _text(record.key),
        "headers": [{"name": name, "value": _text(content)} for name, content in record.headers],
        "value": _text(record.value or b"") if whole is None else None,
    }


async def _at(broker: str, place: Place) -> Entry:
    async with looking(broker, [place.topic]) as view:
        entry = await entry_at(view, place)
        if entry is not None:
            return entry
        end = (await view.ends()).get(Partition(place.topic, place.partition))
    if end is None:
        why = f"{place.topic} has no partition {place.partition}"
    elif place.offset >= end:
        why = f"nothing lies there yet, the partition ends before offset {end}"
    else:
        why = "no record lies there, the offset is a transaction's marker or of a record that was taken back"
    raise UserError(f"{place}: {why}", NOT_FOUND)


async def entry_at(view: LogView, place: Place) -> Entry | None:
    """The record at a place; None where none lies."""
    partition = Partition(place.topic, place.partition)
    lying = (await spans(view)).get(partition, Span(0, 0))
    if not lying.first <= place.offset < lying.end:
        return None
    async for record in view.read({partition: Span(place.offset, place.offset + 1)}):
        return look(record)
    return None


async def _by_id(broker: Callable[[], str], database: Callable[[], str], event_id: str, source: str | None) -> Entry:
    address = broker()
    try:
        known = await places_of(database(), event_id, source)
    except UserError as error:
        note([f"{error}; the log is looked through instead"])
        known = {}
    if len(known) > 1:
        raise _several(event_id, {its: str(place) for its, place in known.items()})
    for its_source, place in known.items():
        async with looking(address, [place.topic]) as view:
            entry = await entry_at(view, place)
        if entry is not None and _is(entry, event_id, its_source):
            return entry
        note([f"{place}: the database has the event there, and the log another record; the log is looked through"])
    found = await _look_through(address, event_id, source)
    if len(found) > 1:
        raise _several(event_id, {its: entry.place for its, entry in found.items()})
    for entry in found.values():
        return entry
    of = "" if source is None else f" from {source!r}"
    raise UserError(
        f"no event of the log has the id {event_id!r}{of}: seatledger events tail -n 20 shows the last", NOT_FOUND
    )


async def _look_through(broker: str, event_id: str, source: str | None) -> dict[str, Entry]:
    """The first record of each source with that id."""
    found: dict[str, Entry] = {}
    async with looking(broker, _OF_EVENTS) as view:
        lying = await spans(view)
        with flow_progress("Looking through the log", sum(span.end - span.first for span in lying.values())) as advance:
            async for record in view.read(lying):
                advance(1)
                entry = look(record)
                if entry is not None and entry.event is not None and _is(entry, event_id, source):
                    found.setdefault(entry.event.source, entry)
    return found


def _is(entry: Entry, event_id: str, source: str | None) -> bool:
    event = entry.event
    return event is not None and event.id == event_id and source in (None, event.source)


def _several(event_id: str, places: Mapping[str, str]) -> UserError:
    each = ", ".join(f"{source} ({place})" for source, place in sorted(places.items()))
    return UserError(
        f"{event_id!r} is the id of events from {len(places)} sources, choose one with --source: {each}", BAD_REQUEST
    )


def _tables(entry: Entry) -> None:
    record, event = entry.record, entry.event
    if entry.reason:
        say(f"{'Dead letter' if entry.kind == 'dead_letter' else 'Unreadable'}: {printable(entry.reason)}\n")
    if event is not None:
        attributes = [(name, printable(str(value))) for name, value in attributes_of(event).items()]
        table("Event", ("attribute", "value"), attributes)
    key = None if record.key is None else printable(_text(record.key))
    lies = (record.topic, record.partition, record.offset, entry.logged_at, key)
    table("Record", ("topic", "partition", "offset", "logged at", "key"), [lies], right=("partition", "offset"))
    headers = [(printable(name), printable(_text(content))) for name, content in record.headers]
    table("Headers", ("name", "value"), headers)
    say("Data" if entry.kind == "event" else "Value")
    text = _text(record.value or b"")
    if event is not None and entry.kind == "event":
        text = json.dumps(orjson.loads(event.data), indent=2, ensure_ascii=False)
    for line in text.splitlines():
        say(printable(line))


def _text(content: bytes) -> str:
    return content.decode(errors="backslashreplace")
