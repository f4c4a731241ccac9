"""`seatledger events export`: the events of the log as a file that `emit` takes, to no effect where they are known."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from services.event_log.entries import Asked, Entry, as_json_line, look, printable
from services.event_log.opened import looking, spans
from services.event_log.places import Refused, refused_records
from services.presentation import flow_progress, note
from shared.errors import BAD_REQUEST, UserError, WrongUsage
from shared.log.topics import DEAD_LETTERS, TOPICS
from shared.store.dead_letters import Place

STANDARD_OUTPUT = "-"
_NAMED = 20


@dataclass(slots=True)
class Exported:
    """How many events of each topic were written, and what was left out: how many records, and the first of them."""

    events: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    named: list[str] = field(default_factory=list)

    def leave_out(self, place: str, why: str) -> None:
        self.left_out += 1
        if len(self.named) < _NAMED:
            self.named.append(f"{place}: {printable(why)}")


def export(
    broker: Callable[[], str],
    database: Callable[[], str],
    file: str,
    topics: Collection[str],
    asked: Asked,
    *,
    skip_unreadable: bool,
) -> None:
    """Write the events of the log, up to where it ends now, to `file` ("-": standard output), a line each.

    UserError when records were left out because they are no events or were refused (`skip_unreadable`: that is only
    said), and when the broker or the database does not answer; a file is there only when it is whole.
    """
    wanted = frozenset(topics) or frozenset(topic.name for topic in TOPICS) - {DEAD_LETTERS.name}
    if DEAD_LETTERS.name in wanted:
        raise WrongUsage(
            f"--topic {DEAD_LETTERS.name}: its records are copies of others that were refused, not events to be "
            "emitted again; seatledger events tail shows them"
        )
    done = Exported()
    try:
        with written(file) as out:
            asyncio.run(_export(broker(), database, out, wanted, asked, done))
    except KeyboardInterrupt:
        kept = "what was written is no whole export" if file == STANDARD_OUTPUT else f"{file} was not written"
        note([f"stopped after {done.events.total():,} events: {kept}"])
        raise
    by_topic = ", ".join(f"{topic} {count:,}" for topic, count in sorted(done.events.items()))
    note([f"exported {done.events.total():,} events" + (f" ({by_topic})" if by_topic else "")])
    if done.left_out:
        said = "\n".join([
            f"{done.left_out:,} records are left out of the export:",
            *done.named,
            *([f"and {done.left_out - len(done.named):,} more"] if done.left_out > len(done.named) else []),
        ])  # fmt: skip
        if not skip_unreadable:
            raise UserError(f"{said}\nall others are exported; with --skip-unreadable that is no failure")
        note([said])


@contextmanager
def written(file: str) -> Iterator[BinaryIO]:
    """Where an export goes. A file takes its name when the block ends well, and is not there otherwise.

    UserError where it cannot be written.
    """
    if file == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(file)
    # A device or a pipe cannot be replaced.
    special = path.exists() and not path.is_file()
    part = path if special else path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as out:
            yield out
        if not special:
            part.replace(path)
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror}); give another file, or -", BAD_REQUEST) from None
    finally:
        if not special:
            part.unlink(missing_ok=True)


async def _export(
    broker: str, database: Callable[[], str], out: BinaryIO, topics: Collection[str], asked: Asked, done: Exported
) -> None:
    async with looking(broker, topics) as view:
        lying = await spans(view, asked)
        dead = await _refused(database, topics)
        with flow_progress("Exporting", sum(max(0, span.end - span.first) for span in lying.values())) as advance:
            async for record in view.read(lying):
                advance(1)
                entry = look(record, asked)
                if entry is not None:
                    _write(entry, dead, out, done)


async def _refused(database: Callable[[], str], topics: Collection[str]) -> Mapping[Place, Refused]:
    """The dead letters among what is exported: events that can be read, but whose id had been used before, say."""
    try:
        dsn = database()
    except UserError:
        note([
            "No database is known here (SEATLEDGER_DATABASE): events that were refused because their id had been used "
            "are exported too"
        ])  # fmt: skip
        return {}
    return await refused_records(dsn, sorted(topics))


def _write(entry: Entry, dead: Mapping[Place, Refused], out: BinaryIO, done: Exported) -> None:
    record = entry.record
    if entry.kind != "event":
        done.leave_out(entry.place, entry.reason)
        return
    refused = dead.get(Place(record.topic, record.partition, record.offset))
    if refused is not None and refused.logged_at == record.timestamp:
        done.leave_out(entry.place, f"refused as it came in: {refused.reason}")
        return
    out.write(as_json_line(entry) + b"\n")
    done.events[record.topic] += 1
