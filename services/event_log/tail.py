"""`seatledger events tail`: what is in the log of late, and what comes, an event a line."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from heapq import heappush, heappushpop

from services.event_log.entries import Asked, Entry, as_json_line, as_line, look
from services.event_log.opened import looking, spans
from services.presentation import flow_progress, say
from shared.errors import WrongUsage
from shared.log.records import Partition, Record
from shared.log.view import LogView, Span

# The first look back takes at least so much of each partition: most of what is asked for lies near the end.
_LOOK_BACK = 100
_FARTHER = 4
# Time of the log, topic, partition, offset: no two are the same, so entries are never compared.
_Placed = tuple[int, str, int, int, Entry]


def tail(broker: Callable[[], str], topics: Collection[str], asked: Asked, back: int | None, *, as_json: bool) -> None:
    """Show the last `back` of what is asked for, or all since `asked.since`, and then what comes.

    Until Ctrl-C, or until the log has passed `asked.until`. UserError when the broker does not answer.
    """
    if asked.is_over(_now()) and asked.since is None and back is None:
        raise WrongUsage("--until has passed, so nothing would be shown: give --since or -n too")
    shown = Shown(asked, as_json=as_json)
    try:
        asyncio.run(_tail(broker(), topics, back, shown))
    except KeyboardInterrupt:
        # It is how a tail ends: nothing is left half done.
        return


class Shown:
    """Prints what is asked for, a line each, seen at once also through a pipe."""

    def __init__(self, asked: Asked, *, as_json: bool) -> None:
        self.asked = asked
        self._as_json = as_json

    def record(self, record: Record) -> None:
        entry = look(record, self.asked)
        if entry is not None:
            self.entry(entry)

    def entry(self, entry: Entry) -> None:
        say(as_json_line(entry).decode() if self._as_json else as_line(entry))


async def _tail(broker: str, topics: Collection[str], back: int | None, shown: Shown) -> None:
    asked = shown.asked
    async with looking(broker, topics) as view:
        lying = await spans(view, asked)
        if back is not None:
            for entry in await last(view, lying, asked, back):
                shown.entry(entry)
        elif asked.since is not None:
            with flow_progress("Looking through the log", _count(lying), in_lines=True) as advance:
                async for record in view.read(lying):
                    shown.record(record)
                    advance(1)
        await _follow(view, {partition: span.end for partition, span in lying.items()}, shown)


async def _follow(view: LogView, places: Mapping[Partition, int], shown: Shown) -> None:
    """Show what comes from these offsets on; with an end, until everything before it has been shown."""
    if shown.asked.is_over(_now()):
        return
    async with aclosing(view.follow(places)) as following:
        async for records in following:
            for record in records:
                shown.record(record)
            if shown.asked.is_over(_now()):
                break
    at = await view.positions()
    rest = {partition: Span(at[partition], span.end) for partition, span in (await spans(view, shown.asked)).items()}
    async for record in view.read(rest):
        shown.record(record)


async def last(view: LogView, lying: Mapping[Partition, Span], asked: Asked, count: int) -> Sequence[Entry]:
    """The last `count` of what is asked for in these spans, by time of the log; the whole spans where there is less.

    It looks back step by step, in each partition only as far as something newer than what was found may lie.
    """
    newest: list[_Placed] = []
    step = max(count, _LOOK_BACK)
    unseen = dict(lying)
    with flow_progress("Looking back through the log", _count(lying)) as advance:
        while unseen:
            window = {one: Span(max(span.first, span.end - step), span.end) for one, span in unseen.items()}
            oldest: dict[Partition, int] = {}
            async for record in view.read(window):
                advance(1)
                oldest.setdefault(Partition(record.topic, record.partition), record.timestamp)
                entry = look(record, asked)
                if entry is not None:
                    _keep(newest, entry, count)
            full_from = newest[0][0] if len(newest) == count else None
            unseen = {
                one: Span(lying[one].first, span.first)
                for one, span in window.items()
                if lying[one].first < span.first
                and (full_from is None or one not in oldest or oldest[one] >= full_from)
            }
            step *= _FARTHER
    return [entry for *_, entry in sorted(newest)]


def _keep(newest: list[_Placed], entry: Entry, count: int) -> None:
    record = entry.record
    placed = (record.timestamp, record.topic, record.partition, record.offset, entry)
    if len(newest) < count:
        heappush(newest, placed)
    else:
        heappushpop(newest, placed)


def _count(lying: Mapping[Partition, Span]) -> int:
    return sum(max(0, span.end - span.first) for span in lying.values())


def _now() -> int:
    return time.time_ns() // 1_000_000
