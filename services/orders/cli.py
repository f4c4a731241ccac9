"""The command of orders: `emit`, which publishes a file of events as an upstream system would."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from services import presentation
from shared.errors import BAD_REQUEST, UNAVAILABLE, UserError
from shared.events.envelope import to_record
from shared.events.files import FileEvent, FileProblem, read_events
from shared.events.unknown_fields import unknown_fields
from shared.log.topics import topic_of_type
from shared.log.writer import KafkaError, LogWriter, Outgoing, Refused, check_size

# One wait for the broker's acknowledgement each; 20,000 events/s and more need some thousand in flight.
_CHUNK = 5_000


def emit(file: str, *, broker: Callable[[], str]) -> None:
    """Publish the events of a file ("-": standard input) at `broker`, which gives host:port, in its order.

    UserError names every line that is wrong, and then nothing is published. The same file again has the same event
    ids, so readers take it in once.
    """
    content = read_events(file, "content")
    if content.problems:
        raise UserError(presentation.problems_text(content.problems), BAD_REQUEST)
    presentation.note(unknown_fields(content.events))
    if not content.events:
        presentation.note([f"{file} holds no events"])
    records, address = _records(content.events), broker()
    try:
        asyncio.run(_publish(records, address))
    except KafkaError as error:
        raise UserError(
            f"The broker at {address} does not take the events ({error or type(error).__name__}). Some may be "
            "published: emit the same file again when it answers; what is there already counts once",
            UNAVAILABLE,
        ) from None
    presentation.say(summary(Counter(record.topic for record in records)))


def summary(topics: Counter[str]) -> str:
    """sent 1,234 events (orders.events 12, subscriptions.events 1,222); what was sent before counts once

    Whether one was sent before, only who reads the log finds out: by its id.
    """
    by_topic = ", ".join(f"{topic} {count:,}" for topic, count in sorted(topics.items()))
    return f"sent {topics.total():,} events" + (f" ({by_topic}); what was sent before counts once" if by_topic else "")


def _records(events: Sequence[FileEvent]) -> list[Outgoing]:
    """The records of all events. UserError names those that their topic does not take."""
    records, problems = [], []
    for found in events:
        key, value, headers = to_record(found.event)
        record = Outgoing(topic_of_type(found.event.type).name, key, value, headers)
        try:
            check_size(record)
        except Refused as refused:
            problems.append(FileProblem(found.line, None, "data", str(refused)))
        records.append(record)
    if problems:
        raise UserError(presentation.problems_text(problems), BAD_REQUEST)
    return records


async def _publish(records: Sequence[Outgoing], broker: str) -> None:
    with presentation.late_progress("Publishing", len(records)) as advance:
        async with LogWriter(broker, "seatledger-emit") as writer:
            for start in range(0, len(records), _CHUNK):
                advance(await writer.write(records[start : start + _CHUNK]))
