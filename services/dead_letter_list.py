"""What `seatledger dead-letters list` and `show` do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
from psycopg import AsyncConnection

from services.operation_commands import operation_shape
from services.presentation import Page, document, list_document, say, table
from services.stopped_items import Item, find, moment, outbox_item, record_item, stream_item
from services.stopped_names import Filters, Name, OutboxName, name_of
from shared.commands.operating import read_now
from shared.errors import NOT_FOUND, UserError, WrongUsage
from shared.log.outgoing import Header
from shared.projections.stopped import StreamName, facts_of, parked_streams
from shared.store import kept_letters, operations, outbox
from shared.store.dead_letters import Place
from shared.store.operations import Operation

Database = Callable[[], str]
# A screenful or two; --raw gives all of it.
_SHOWN = 20_000


@dataclass(frozen=True, slots=True)
class _Found:
    """One in full: its item, what else is known of it, what was done to it, and its record if it has one."""

    item: Item
    more: Mapping[str, object]
    history: Sequence[Operation]
    headers: Sequence[Header] = ()
    key: bytes | None = None
    value: bytes | None = None
    has_record: bool = True


def show_all(database: Database, filters: Filters, *, limit: int, after: str, as_json: bool) -> None:
    """Print those that are chosen, records first. UserError for an `after` that is no name."""
    behind = name_of(after) if after else None
    at = datetime.now(UTC)
    found = read_now(database, lambda connection: find(connection, filters, behind, limit + 1))
    page = Page(found, limit, lambda item: str(item.name))
    if as_json:
        list_document([item.shape(at) for item in page.items], page.next)
        return
    rows = [
        (str(item.name), item.kind, item.type, item.status, age((at - item.since).total_seconds()), item.reason)
        for item in page.items
    ]
    table("Dead letters and parked streams", ("name", "kind", "type", "status", "age", "reason"), rows, ("age",))
    page.say_more()


def show(database: Database, text: str, *, raw: bool, as_json: bool) -> None:
    """Print one with everything that is known, or (`raw`) its record's value as it came. UserError: there is none."""
    name = name_of(text)
    found = read_now(database, lambda connection: _found(connection, name))
    if raw:
        if not found.has_record:
            raise WrongUsage(f"{name} is a stream, which has no bytes of its own: --raw goes with a record")
        sys.stdout.flush()
        sys.stdout.buffer.write(found.value or b"")
        sys.stdout.buffer.flush()
    elif as_json:
        document(_shape(found))
    else:
        _say(found)


def age(seconds: float) -> str:
    """In the largest unit that gives a whole number of one or more: 45 s, 12 min, 3 h, 2 d."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(int(seconds), 0)} s"


def nothing_of(name: Name) -> UserError:
    """There is nothing of that name."""
    what = "no record of that place was ever dead" if isinstance(name, Place) else "that stream is not parked"
    return UserError(f"{name}: {what}; names are in: seatledger dead-letters list", NOT_FOUND)


async def _found(connection: AsyncConnection, name: Name) -> _Found:
    history = await operations.history(connection, str(name))
    if isinstance(name, Place):
        letter = await kept_letters.letter(connection, name)
        if letter is None:
            raise nothing_of(name)
        record = letter.record
        more = {"partition": name.partition, "offset": name.offset, "logged_at": moment(letter.logged_at)}
        return _Found(record_item(letter.kept), more, history, record.headers, record.key, record.value)
    if isinstance(name, OutboxName):
        kept_back = [one for one in await outbox.kept_back(connection) if one.stream_id == name.stream]
        if not kept_back:
            raise nothing_of(name)
        next_ = await outbox.next_of(connection, name.stream)
        if next_ is None:
            return _Found(outbox_item(kept_back[0]), {}, history, has_record=False)
        return _Found(outbox_item(kept_back[0]), {}, history, next_.headers, next_.key, next_.value)
    return await _found_stream(connection, name, history)


async def _found_stream(connection: AsyncConnection, name: StreamName, history: Sequence[Operation]) -> _Found:
    where = (await parked_streams(connection)).get(name)
    if where is None:
        raise nothing_of(name)
    held = [
        {
            "generation": one.generation.number,
            "status": one.generation.status,
            "version": one.generation.version,
            "reason": one.reason,
            "since": moment(one.since),
            "facts": await facts_of(connection, one.generation, name.key),
        }
        for one in where
    ]
    return _Found(stream_item(name, where), {"held": held}, history, has_record=False)


def _shape(found: _Found) -> Mapping[str, object]:
    shape = {**found.item.shape(datetime.now(UTC)), **found.more}
    if found.has_record:
        form, payload = _payload(found.value)
        shape |= {
            "key": _text(found.key),
            "headers": [[name, _text(content)] for name, content in found.headers],
            "bytes": None if found.value is None else len(found.value),
            "payload_form": form,
            "payload": payload,
        }
    return shape | {"history": [operation_shape(one) for one in found.history]}


def _say(found: _Found) -> None:
    item, shown = found.item, _shape(found)
    fields = [name for name in shown if name not in ("name", "headers", "payload", "history", "held", "generations")]
    rows = [(name.replace("_", " "), shown[name]) for name in fields if shown[name] is not None]
    table(f"{item.kind.capitalize()} {item.name}", ("what", "is"), rows)
    if held := found.more.get("held"):
        assert isinstance(held, list)
        table("Stands still in", tuple(held[0]), [tuple(one.values()) for one in held])
    if found.headers:
        table("Headers", ("name", "content"), [(name, _text(content)) for name, content in found.headers])
    if found.has_record:
        say(f"Payload\n{_readable(found.value)}\n")
    if found.history:
        acts = [(moment(one.at), one.who, one.what, one.reason) for one in found.history]
        table("What was done", ("at", "who", "what", "reason"), acts)


def _payload(value: bytes | None) -> tuple[str, object]:
    """json, text or hex, and the payload so. Numbers are shown as they are read: the bytes that came are --raw."""
    if value is None:
        return "none", None
    try:
        return "json", orjson.loads(value)
    except orjson.JSONDecodeError:
        text = _text(value)
        return ("hex" if text == f"0x{value.hex()}" else "text"), text


def _readable(value: bytes | None) -> str:
    form, payload = _payload(value)
    if value is None:
        return "(none)"
    # A terminal takes escape sequences for its own: JSON escapes them, and a text that holds any is shown as bytes.
    text = orjson.dumps(payload, option=orjson.OPT_INDENT_2).decode() if form == "json" else str(payload)
    if len(text) <= _SHOWN:
        return text
    return f"{text[:_SHOWN]}\n… {len(value):,} bytes in all; the whole of it: --raw"


def _text(content: bytes | None) -> str | None:
    """Bytes as the text that they are, else in hexadecimal."""
    if content is None:
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return f"0x{content.hex()}"
    return text if all(letter.isprintable() or letter in "\n\r\t" for letter in text) else f"0x{content.hex()}"
