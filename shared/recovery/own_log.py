"""Our own events as they lie in the log, read once from given offsets to its end."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass

from shared.errors import UserError
from shared.events.own import OWN_SOURCES
from shared.log.records import Partition, Record, record_of
from shared.log.span import Bounds, Span
from shared.log.topics import DEAD_LETTERS, TOPICS
from shared.log.view import LogView

_RECORDS_A_TURN = 5_000
_SOURCES = frozenset(source.encode() for source in OWN_SOURCES)
_ID = re.compile(rb"[0-9a-f-]{36}")
_TOPICS = frozenset(topic.name for topic in TOPICS) - {DEAD_LETTERS.name}


@dataclass(frozen=True, slots=True)
class Own:
    """A record that names one of our services as its source."""

    id: str
    record: Record

    @property
    def place(self) -> str:
        """Where it lies, as people name it."""
        return f"{self.record.topic}/{self.record.partition}/{self.record.offset}"


@dataclass(frozen=True, slots=True)
class Turn:
    """Some of the log: our own records in the order of each partition, and how far reading got."""

    own: Sequence[Own]
    reached: Mapping[Partition, int]


async def unread(broker: str, first: Mapping[Partition, int]) -> dict[Partition, Bounds]:
    """What the log at `broker` (host:port) has from these offsets on, in partitions not named from its begin.

    Only partitions with something. UserError where no topic is there; aiokafka's errors pass through.
    """
    view = LogView(broker, _TOPICS)
    try:
        await view.start()
        if not view.partitions:
            raise UserError(
                f"The broker at {broker} has no topic of ours: is it the right one? The first start makes them"
            )
        begins, ends = await view.beginnings(), await view.ends()
    finally:
        # Also where it could not be started: a consumer that is not closed says so.
        await view.stop()
    bounds = {one: Bounds(max(first.get(one, 0), begins[one]), end) for one, end in ends.items()}
    return {one: bound for one, bound in bounds.items() if bound.first < bound.end}


async def own_records(
    broker: str, bounds: Mapping[Partition, Bounds], told: Callable[[int], None]
) -> AsyncGenerator[Turn, None]:
    """What of the log within the bounds is ours; `told` how many offsets more were passed."""
    if not bounds:
        return
    passed = {partition: bound.first for partition, bound in bounds.items()}
    async with Span(broker, bounds) as span:
        async for pieces in span.pieces(_RECORDS_A_TURN):
            reached = {piece.partition: piece.next for piece in pieces}
            found = (_own(record_of(raw)) for piece in pieces for raw in piece.records if _is_own(raw.headers))
            own = [one for one in found if one is not None]
            yield Turn(own, reached)
            told(sum(next_ - passed[partition] for partition, next_ in reached.items()))
            passed |= reached


def _is_own(headers: Sequence[tuple[str, bytes | None]]) -> bool:
    """Ours are written in binary mode, so their headers tell: of the many others no value is looked at."""
    return any(name == "ce_source" and content in _SOURCES for name, content in headers)


def _own(record: Record) -> Own | None:
    """None for an id that no event of ours has: bytes of others, which need not be text."""
    event_id = next((content for name, content in record.headers if name == "ce_id"), b"")
    return Own(event_id.decode(), record) if _ID.fullmatch(event_id) else None
