"""What `seatledger dead-letters list` and `show` do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from services.operation_commands import operation_shape
from services.presentation import Page, document, list_document, say, table
from shared.commands.operating import read_now
from shared.errors import WrongUsage
from shared.stopped import in_full
from shared.stopped.in_full import Found, payload_of, readable, text_of
from shared.stopped.items import find, moment
from shared.stopped.names import Filters, name_of

Database = Callable[[], str]
# A screenful or two; --raw gives all of it.
_SHOWN = 20_000


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
    found = read_now(database, lambda connection: in_full.found(connection, name))
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


def _shape(found: Found) -> Mapping[str, object]:
    shape = {**found.item.shape(datetime.now(UTC)), **found.more}
    if found.has_record:
        form, payload = payload_of(found.value)
        shape |= {
            "key": text_of(found.key),
            "headers": [[name, text_of(content)] for name, content in found.headers],
            "bytes": None if found.value is None else len(found.value),
            "payload_form": form,
            "payload": payload,
        }
    return shape | {"history": [operation_shape(one) for one in found.history]}


def _say(found: Found) -> None:
    item, shown = found.item, _shape(found)
    fields = [name for name in shown if name not in ("name", "headers", "payload", "history", "held", "generations")]
    rows = [(name.replace("_", " "), shown[name]) for name in fields if shown[name] is not None]
    table(f"{item.kind.capitalize()} {item.name}", ("what", "is"), rows)
    if held := found.more.get("held"):
        assert isinstance(held, list)
        table("Stands still in", tuple(held[0]), [tuple(one.values()) for one in held])
    if found.headers:
        table("Headers", ("name", "content"), [(name, text_of(content)) for name, content in found.headers])
    if found.has_record:
        say(f"Payload\n{_shown(found.value)}\n")
    if found.history:
        acts = [(moment(one.at), one.who, one.what, one.reason) for one in found.history]
        table("What was done", ("at", "who", "what", "reason"), acts)


def _shown(value: bytes | None) -> str:
    text = readable(value)
    if value is None or len(text) <= _SHOWN:
        return text
    return f"{text[:_SHOWN]}\n… {len(value):,} bytes in all; the whole of it: --raw"
