"""The command of orders: `emit`, which publishes a file of events as an upstream system would."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from services import presentation
from services.broker_failures import why, without_words
from shared.errors import BAD_REQUEST, UNAVAILABLE, UserError
from shared.events.envelope import CloudEvent, to_record
from shared.events.files import FileEvent, FileProblem, read_events
from shared.events.unknown_fields import unknown_fields
from shared.log.topics import topic_of_type
from shared.log.writer import KafkaError, LogWriter, Outgoing, Refused, check_size

# One wait for the broker's acknowledgement each; 20,000 events/s and more need some thousand in flight.
_CHUNK = 5_000
# A paced publication looks at the clock so often.
_STEP_S = 0.1


@dataclass(slots=True)
class _SoFar:
    """How many events are to be published (0: not known yet), and what the broker has acknowledged, by topic."""

    events: int = 0
    sent: Counter[str] = field(default_factory=Counter)


def emit(file: str, *, broker: Callable[[], str], rate: float | None = None) -> None:
    """Publish the events of a file ("-": standard input) at `broker`, which gives host:port, in its order.

    `rate` is events a second at most; None: as fast as the broker takes them. UserError names every line that is wrong,
    and then nothing is published. The same file again has the same event ids, so readers take it in once.
    """
    so_far, address = _SoFar(), ""
    try:
        events = _validated(file)
        so_far.events, address = len(events), broker()
        with without_words():
            asyncio.run(_publish(events, address, rate, so_far))
    except KafkaError as error:
        raise UserError(
            f"The broker at {address} does not take the events ({why(error)}). Some may be "
            "published: emit the same file again when it answers; what is there already counts once",
            UNAVAILABLE,
        ) from None
    except KeyboardInterrupt:
        presentation.note([_stopped(so_far)])
        raise
    presentation.say(summary(so_far.sent))


def summary(topics: Counter[str]) -> str:
    """sent 1,234 events (orders.events 12, subscriptions.events 1,222); what was sent before counts once

    Whether one was sent before, only who reads the log finds out: by its id.
    """
    by_topic = ", ".join(f"{topic} {count:,}" for topic, count in sorted(topics.items()))
    return f"sent {topics.total():,} events" + (f" ({by_topic}); what was sent before counts once" if by_topic else "")


def _stopped(so_far: _SoFar) -> str:
    if not so_far.events:
        return "stopped before anything was published"
    return (
        f"stopped: {so_far.sent.total():,} of {so_far.events:,} events are published, and those on their way may be; "
        "emit the same file again to go on, what is there already counts once"
    )


def portions(
    events: Sequence[CloudEvent], rate: float | None, now: Callable[[], float]
) -> Iterator[tuple[float, Sequence[CloudEvent]]]:
    """What is published at once, and how many seconds to wait before. `now` is a clock in seconds.

    No more than `rate` a second from the first event on: what a slow broker held up is not made up for.
    """
    if rate is None:
        for start in range(0, len(events), _CHUNK):
            yield 0.0, events[start : start + _CHUNK]
        return
    size = min(_CHUNK, max(1, int(rate * _STEP_S)))
    due = now()
    for start in range(0, len(events), size):
        portion = events[start : start + size]
        at = now()
        wait_s = max(0.0, due - at)
        due = at + wait_s + len(portion) / rate
        yield wait_s, portion


def _validated(file: str) -> Sequence[CloudEvent]:
    """The events of a file that can all be published. UserError names every line that is wrong."""
    content = read_events(file, "content")
    if content.problems:
        raise UserError(presentation.problems_text(content.problems), BAD_REQUEST)
    presentation.note(unknown_fields(content.events))
    if not content.events:
        presentation.note([f"{file} holds no events"])
    if problems := [problem for found in content.events if (problem := _too_large(found)) is not None]:
        raise UserError(presentation.problems_text(problems), BAD_REQUEST)
    return [found.event for found in content.events]


def _too_large(found: FileEvent) -> FileProblem | None:
    try:
        check_size(_record(found.event))
    except Refused as refused:
        return FileProblem(found.line, None, "data", str(refused))
    return None


def _record(event: CloudEvent) -> Outgoing:
    key, value, headers = to_record(event)
    return Outgoing(topic_of_type(event.type).name, key, value, headers)


async def _publish(events: Sequence[CloudEvent], broker: str, rate: float | None, so_far: _SoFar) -> None:
    with presentation.flow_progress("Publishing", len(events)) as advance:
        async with LogWriter(broker, "seatledger-emit") as writer:
            for wait_s, portion in portions(events, rate, time.monotonic):
                await asyncio.sleep(wait_s)
                # Records are made for a portion only: a large file is held once, as its events.
                records = [_record(event) for event in portion]
                advance(await writer.write(records))
                so_far.sent.update(record.topic for record in records)
