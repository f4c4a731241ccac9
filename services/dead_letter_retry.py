"""What `seatledger dead-letters retry` does: records first, then streams, then the outbox; then it waits for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Literal

from psycopg import AsyncConnection

from services.dead_letter_list import nothing_of
from services.prepare import specs
from services.presentation import late_progress, list_document, say, table
from services.stopped_items import find
from services.stopped_names import KINDS, Filters, Name, OutboxName, kind_of, name_of
from shared.commands.operating import read_now
from shared.errors import UserError
from shared.projections.generations import Generation
from shared.projections.retrying import NoLetter, retry_record
from shared.projections.spec import Key, ProjectionSpec
from shared.projections.stopped import Folded, StreamName, parked_streams, retry_stream, until_folded
from shared.store import kept_letters, operations, outbox
from shared.store.dead_letters import Place

Database = Callable[[], str]
# How long projectors and relay are waited for: those that run answer within a second or two.
WAIT_S = 30.0
_POLL_S = 0.1
_PAGE = 1000
# What came of each stands in the table; its last sentence is to be read.
_NAMED = 5

Came = Literal["taken_in", "still_dead", "not_read", "flows", "parked", "waits"]
_GOOD: Collection[Came] = ("taken_in", "flows")
_WORDS: Mapping[Came, str] = {
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


def retry(database: Database, names: Sequence[str], filters: Filters, *, by: str | None, as_json: bool) -> None:
    """Retry those that are named or, where none is, those that the filters choose; print what came of each.

    UserError when one of the names is nobody's (nothing is retried then), and when some do not flow in the end.
    """
    wanted = [name_of(text) for text in names]
    compiled = list(specs())

    async def act(connection: AsyncConnection) -> list[Outcome]:
        chosen = await _there(connection, wanted) if wanted else await _chosen(connection, filters)
        return await retry_all(connection, compiled, chosen, by=by, wait_s=WAIT_S, silent=as_json)

    outcomes = read_now(database, act)
    if as_json:
        list_document([one.shape for one in outcomes])
    elif not outcomes:
        say("Nothing of that waits for anybody: nothing was retried")
    else:
        table("Retried", ("name", "outcome", "why"), [(one.name, _WORDS[one.came], one.why) for one in outcomes])
    if bad := [str(one.name) for one in outcomes if one.came not in _GOOD]:
        more = f" and {len(bad) - _NAMED:,} more" if len(bad) > _NAMED else ""
        raise UserError(f"{len(bad):,} of {len(outcomes):,} do not flow: {', '.join(bad[:_NAMED])}{more}")


async def retry_all(
    connection: AsyncConnection,
    specs: Collection[ProjectionSpec],
    names: Collection[Name],
    *,
    by: str | None,
    wait_s: float,
    silent: bool,
) -> list[Outcome]:
    """Retry them, and wait at most `wait_s` seconds for those that others carry out; an outcome each."""
    outcomes: list[Outcome] = []
    freed: set[tuple[Generation, Key]] = set()
    with _progress("Retrying", len(names), silent) as done:
        for name in sorted(set(names), key=lambda one: (KINDS.index(kind_of(one)), one)):
            if isinstance(name, Place):
                outcome = await _retry_record(connection, specs, name, by)
                freed |= set(outcome.asked)
            elif isinstance(name, StreamName):
                outcome = await _retry_stream(connection, specs, name, by, freed)
            else:
                outcome = await _unpark(connection, name, by)
            outcomes.append(outcome)
            done(1)
    outcomes = await _folded(connection, outcomes, wait_s, silent)
    return await _sent(connection, outcomes, wait_s, silent)


async def _chosen(connection: AsyncConnection, filters: Filters) -> list[Name]:
    chosen: list[Name] = []
    while page := await find(connection, filters, chosen[-1] if chosen else None, _PAGE):
        chosen += [item.name for item in page]
    return chosen


async def _there(connection: AsyncConnection, names: Sequence[Name]) -> Sequence[Name]:
    """The same; UserError for one that is nobody's."""
    streams = await parked_streams(connection)
    for name in names:
        if isinstance(name, StreamName) and name not in streams:
            raise nothing_of(name)
        if isinstance(name, OutboxName) and await outbox.why_kept_back(connection, name.stream) is None:
            raise nothing_of(name)
        if isinstance(name, Place) and await kept_letters.letter(connection, name) is None:
            raise nothing_of(name)
    return names


async def _retry_record(
    connection: AsyncConnection, specs: Collection[ProjectionSpec], place: Place, by: str | None
) -> Outcome:
    try:
        retried = await retry_record(connection, specs, place, by)
    except NoLetter:
        raise nothing_of(place) from None
    how = {one.generation.schema: one.how for one in retried.generations}
    asked = [(one.generation, key) for one in retried.generations for key in one.freed]
    if retried.reason is not None:
        return Outcome(place, "still_dead", retried.reason, how, asked)
    if not retried.is_taken_in:
        why = "no projection has read as far: it is taken in, or found dead again, when they come there"
        return Outcome(place, "not_read", why, how)
    standing = [
        f"{StreamName(one.generation.name, *key)}: {reason}"
        for one in retried.generations
        for key, reason in one.parked.items()
    ]
    if standing:
        return Outcome(place, "parked", f"taken in; parked still: {'; '.join(dict.fromkeys(standing))}", how, asked)
    return Outcome(place, "taken_in", None, how, asked)


async def _retry_stream(
    connection: AsyncConnection,
    specs: Collection[ProjectionSpec],
    name: StreamName,
    by: str | None,
    freed: Collection[tuple[Generation, Key]],
) -> Outcome:
    asked = await retry_stream(connection, specs, name, by)
    if asked.held_by:
        records = ", ".join(map(str, asked.held_by))
        return Outcome(
            name, "parked", f"an event of it is dead, without which it must not go on: retry or drop {records}"
        )
    with_records = [(one, key) for one, key in freed if (one.name, key) == (name.projection, name.key)]
    if asked.generations or with_records:
        return Outcome(name, "flows", asked=[*((one, name.key) for one in asked.generations), *with_records])
    if where := (await parked_streams(connection)).get(name):
        held = ", ".join(f"{one.generation.schema} of version {one.generation.version}" for one in where)
        return Outcome(name, "parked", f"it stands still in {held}, which this release does not project")
    return Outcome(name, "flows")


async def _unpark(connection: AsyncConnection, name: OutboxName, by: str | None) -> Outcome:
    async with connection.transaction():
        if await outbox.unpark(connection, name.stream):
            await operations.record(connection, "dead-letters retry", str(name), by=by)
    return Outcome(name, "flows")


async def _folded(
    connection: AsyncConnection, outcomes: Sequence[Outcome], wait_s: float, silent: bool
) -> list[Outcome]:
    """The outcomes with what came of the streams that are folded again for them."""
    asked = {one for outcome in outcomes for one in outcome.asked}
    with _progress("Folding again", len(asked), silent) as done:
        folded = await until_folded(connection, asked, wait_s, done)
    return [_with(outcome, folded) for outcome in outcomes]


def _with(outcome: Outcome, folded: Mapping[tuple[Generation, Key], Folded]) -> Outcome:
    parked, queued = {}, []
    for generation, key in outcome.asked:
        came, stream = folded[generation, key], str(StreamName(generation.name, *key))
        if came.queued:
            queued.append(generation.schema)
        elif came.parked is not None:
            parked[stream] = came.parked
    if parked:
        why = "; ".join(
            reason if stream == str(outcome.name) else f"{stream}: {reason}" for stream, reason in parked.items()
        )
        return replace(outcome, came="parked", why=f"{outcome.why}; {why}" if outcome.why else f"again: {why}")
    if queued and outcome.came in _GOOD:
        who = ", ".join(dict.fromkeys(queued))
        why = f"the projector of {who} has not folded it yet: does it run? (seatledger status)"
        return replace(outcome, came="waits", why=why)
    return outcome


async def _sent(connection: AsyncConnection, outcomes: Sequence[Outcome], wait_s: float, silent: bool) -> list[Outcome]:
    """The outcomes with what came of the streams that the relay sends again."""
    deadline = time.monotonic() + wait_s
    streams = [one for one in outcomes if isinstance(one.name, OutboxName)]
    with _progress("Sending again", len(streams), silent) as done:
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


def _progress(description: str, total: int, silent: bool) -> AbstractContextManager[Callable[[int], None]]:
    return nullcontext(lambda _: None) if silent else late_progress(description, total)
