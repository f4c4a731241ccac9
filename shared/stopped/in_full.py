"""One of what does not flow with all that is known of it: its record, readable, and what was done to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from psycopg import AsyncConnection

from shared.errors import NOT_FOUND, UserError
from shared.log.outgoing import Header
from shared.projections.stopped import StreamName, facts_of, parked_streams
from shared.stopped.items import Item, moment, outbox_item, record_item, stream_item
from shared.stopped.names import Name, OutboxName
from shared.store import kept_letters, operations, outbox
from shared.store.dead_letters import Place
from shared.store.operations import Operation


@dataclass(frozen=True, slots=True)
class Found:
    """One in full: its item, what else is known of it, what was done to it, and its record if it has one."""

    item: Item
    more: Mapping[str, object]
    history: Sequence[Operation]
    headers: Sequence[Header] = ()
    key: bytes | None = None
    value: bytes | None = None
    has_record: bool = True


def nothing_of(name: Name) -> UserError:
    """There is nothing of that name."""
    what = "no record of that place was ever dead" if isinstance(name, Place) else "that stream is not parked"
    return UserError(f"{name}: {what}; names are in: seatledger dead-letters list", NOT_FOUND)


async def found(connection: AsyncConnection, name: Name) -> Found:
    """The one of that name. UserError: there is none."""
    history = await operations.history(connection, str(name))
    if isinstance(name, Place):
        letter = await kept_letters.letter(connection, name)
        if letter is None:
            raise nothing_of(name)
        record = letter.record
        more = {"partition": name.partition, "offset": name.offset, "logged_at": moment(letter.logged_at)}
        return Found(record_item(letter.kept), more, history, record.headers, record.key, record.value)
    if isinstance(name, OutboxName):
        kept_back = [one for one in await outbox.kept_back(connection) if one.stream_id == name.stream]
        if not kept_back:
            raise nothing_of(name)
        next_ = await outbox.next_of(connection, name.stream)
        if next_ is None:
            return Found(outbox_item(kept_back[0]), {}, history, has_record=False)
        return Found(outbox_item(kept_back[0]), {}, history, next_.headers, next_.key, next_.value)
    return await _found_stream(connection, name, history)


async def _found_stream(connection: AsyncConnection, name: StreamName, history: Sequence[Operation]) -> Found:
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
    return Found(stream_item(name, where), {"held": held}, history, has_record=False)


def payload_of(value: bytes | None) -> tuple[str, object]:
    """json, text or hex, and the payload so. Numbers are shown as they are read: the bytes that came are --raw."""
    if value is None:
        return "none", None
    try:
        return "json", orjson.loads(value)
    except orjson.JSONDecodeError:
        text = text_of(value)
        return ("hex" if text == f"0x{value.hex()}" else "text"), text


def readable(value: bytes | None) -> str:
    """The payload on lines of its own, "(none)" without one.

    Screens take escape sequences for their own: JSON escapes them, and a text that holds any is shown as bytes.
    """
    form, payload = payload_of(value)
    if value is None:
        return "(none)"
    return orjson.dumps(payload, option=orjson.OPT_INDENT_2).decode() if form == "json" else str(payload)


def text_of(content: bytes | None) -> str | None:
    """Bytes as the text that they are, else in hexadecimal."""
    if content is None:
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return f"0x{content.hex()}"
    return text if all(letter.isprintable() or letter in "\n\r\t" for letter in text) else f"0x{content.hex()}"
