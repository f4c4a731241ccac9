"""What comes of things that are retried: of what projectors and relay carry out, once they were waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Literal

from psycopg import AsyncConnection

from shared.projections.generations import Generation
from shared.projections.spec import Key
from shared.projections.stopped import Folded, StreamName, until_folded
from shared.stopped.names import Name, OutboxName
from shared.store import outbox

# Begins to show how far something is: what is done, and of how many; what it gives is told how many more are done.
Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
_POLL_S = 0.1

Came = Literal["taken_in", "still_dead", "not_read", "flows", "parked", "waits"]
GOOD: Collection[Came] = ("taken_in", "flows")
WORDS: Mapping[Came, str] = {
    "taken_in": "taken in",
    "still_dead": "still dead",
    "not_read": "not read yet",
    "flows": "flows again",
    "parked": "parked",
    "waits": "waits",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one. `came` of a record that was taken in while streams of it stand still is "parked".

    `generations` says how each took a record in; `asked` are the streams that are folded again for it.
    """

    name: Name
    came: Came
    why: str | None = None
    generations: Mapping[str, str] = field(default_factory=dict)
    asked: Sequence[tuple[Generation, Key]] = ()

    @property
    def shape(self) -> Mapping[str, object]:
        return {
            "name": str(self.name),
            "outcome": self.came,
            "reason": self.why,
            "generations": dict(self.generations),
        }


async def folded(
    connection: AsyncConnection, outcomes: Sequence[Outcome], wait_s: float, progress: Progress
) -> list[Outcome]:
    """The outcomes with what came of the streams that are folded again for them."""
    asked = {one for outcome in outcomes for one in outcome.asked}
    with progress("Folding again", len(asked)) as done:
        came = await until_folded(connection, asked, wait_s, done)
    return [_with(outcome, came) for outcome in outcomes]


def _with(outcome: Outcome, of_streams: Mapping[tuple[Generation, Key], Folded]) -> Outcome:
    parked, queued = {}, []
    for generation, key in outcome.asked:
        came, stream = of_streams[generation, key], str(StreamName(generation.name, *key))
        if came.queued:
            queued.append(generation.schema)
        elif came.parked is not None:
            parked[stream] = came.parked
    if parked:
        why = "; ".join(
            reason if stream == str(outcome.name) else f"{stream}: {reason}" for stream, reason in parked.items()
        )
        return replace(outcome, came="parked", why=f"{outcome.why}; {why}" if outcome.why else f"again: {why}")
    if queued and outcome.came in GOOD:
        who = ", ".join(dict.fromkeys(queued))
        why = f"the projector of {who} has not folded it yet: does it run? (seatledger status)"
        return replace(outcome, came="waits", why=why)
    return outcome


async def sent(
    connection: AsyncConnection, outcomes: Sequence[Outcome], wait_s: float, progress: Progress
) -> list[Outcome]:
    """The outcomes with what came of the streams that the relay sends again."""
    deadline = time.monotonic() + wait_s
    streams = [one for one in outcomes if isinstance(one.name, OutboxName)]
    with progress("Sending again", len(streams)) as done:
        seen = {}
        for outcome in streams:
            seen[outcome.name] = await _of_relay(connection, outcome, deadline)
            done(1)
    return [seen.get(one.name, one) for one in outcomes]


async def _of_relay(connection: AsyncConnection, outcome: Outcome, deadline: float) -> Outcome:
    assert isinstance(outcome.name, OutboxName)
    stream = outcome.name.stream
    while True:
        # In this order: a stream is parked before its rows could go out.
        waits = await outbox.next_of(connection, stream)
        reason = await outbox.why_kept_back(connection, stream)
        if reason is not None:
            return replace(outcome, came="parked", why=f"again: {reason}")
        if waits is None:
            return outcome
        if time.monotonic() > deadline:
            return replace(outcome, came="waits", why="the relay has not sent it yet: does it run? (seatledger status)")
        await asyncio.sleep(_POLL_S)
