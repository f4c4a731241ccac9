"""Parked streams over all generations: which there are, folding them again, and what comes of that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from psycopg import AsyncConnection

from shared.projections import recompute, waiting
from shared.projections.generations import Generation, compiled_in, generations, use
from shared.projections.retrying import held_back_by
from shared.projections.spec import Key, ProjectionSpec
from shared.store import operations
from shared.store.dead_letters import Place

_PARKED = "SELECT scope, scope_id, reason, since FROM parked ORDER BY scope, scope_id"
_FACTS = "SELECT count(*) FROM facts WHERE (scope, scope_id) = (%s, %s)"
_POLL_S = 0.1


class StreamName(NamedTuple):
    """A stream of a projection. `str` is the name that operators give: PROJECTION/SCOPE/ID."""

    projection: str
    scope: str
    scope_id: str

    def __str__(self) -> str:
        return f"{self.projection}/{self.scope}/{self.scope_id}"

    @property
    def key(self) -> Key:
        return Key(self.scope, self.scope_id)


@dataclass(frozen=True, slots=True)
class Parked:
    """A stream that stands still in one generation, since when and why."""

    generation: Generation
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a parked stream is folded again; or, with nothing asked, the dead records that it has to wait for."""

    generations: Sequence[Generation] = ()
    held_by: Sequence[Place] = ()


@dataclass(frozen=True, slots=True)
class Folded:
    """What came of folding a stream again: it flows, it is `parked` again with a reason, or it is `queued` still."""

    parked: str | None = None
    queued: bool = False


async def parked_streams(connection: AsyncConnection) -> dict[StreamName, list[Parked]]:
    """All that are parked, sorted; a stream's live generation first."""
    found: dict[StreamName, list[Parked]] = {}
    for generation in sorted(await generations(connection), key=lambda one: (one.status != "live", one.number)):
        async with connection.transaction():
            await use(connection, generation)
            rows = await (await connection.execute(_PARKED)).fetchall()
        for scope, scope_id, reason, since in rows:
            name = StreamName(generation.name, scope, scope_id)
            found.setdefault(name, []).append(Parked(generation, reason, since))
    return dict(sorted(found.items()))


async def facts_of(connection: AsyncConnection, generation: Generation, key: Key) -> int:
    """How many facts a generation has of a stream."""
    async with connection.transaction():
        await use(connection, generation)
        row = await (await connection.execute(_FACTS, key)).fetchone()
    assert row is not None
    return int(row[0])


async def retry_stream(
    connection: AsyncConnection, specs: Collection[ProjectionSpec], name: StreamName, by: str | None = None
) -> Asked:
    """Have every generation that this release projects, and that holds the stream parked, fold it again.

    Nothing is asked while a dead record holds the stream back: that is retried, or dropped, first.
    """
    asked: list[Generation] = []
    async with connection.transaction():
        for generation, _ in await compiled_in(connection, specs):
            if generation.name != name.projection:
                continue
            await use(connection, generation)
            reason = (await waiting.why_parked(connection, [name.key])).get(name.key)
            if reason is None:
                continue
            if holding := await held_back_by(connection, name.key, reason):
                return Asked(held_by=holding)
            if await waiting.retry(connection, name.key):
                asked.append(generation)
        if asked:
            detail = {"generations": [one.schema for one in asked]}
            await operations.record(connection, "dead-letters retry", str(name), detail=detail, by=by)
    return Asked(asked)


async def until_folded(
    connection: AsyncConnection,
    asked: Collection[tuple[Generation, Key]],
    seconds: float,
    done: Callable[[int], None],
) -> dict[tuple[Generation, Key], Folded]:
    """Wait for the projectors that fold streams again, at most so long; `done` is told how many more are folded."""
    deadline = time.monotonic() + seconds
    folded: dict[tuple[Generation, Key], Folded] = {}
    while True:
        left = [one for one in asked if one not in folded]
        now = await _look(connection, left)
        news = {one: came for one, came in now.items() if not came.queued}
        folded |= news
        done(len(news))
        if len(news) == len(left) or time.monotonic() > deadline:
            return folded | {one: came for one, came in now.items() if came.queued}
        await asyncio.sleep(_POLL_S)


async def _look(
    connection: AsyncConnection, asked: Collection[tuple[Generation, Key]]
) -> dict[tuple[Generation, Key], Folded]:
    found = {}
    for generation in {one for one, _ in asked}:
        keys = [key for one, key in asked if one == generation]
        async with connection.transaction():
            await use(connection, generation)
            # In this order: a stream leaves the queue in the transaction that parks it again.
            queued = await recompute.queued(connection, keys)
            parked = await waiting.why_parked(connection, keys)
        for key in keys:
            found[generation, key] = Folded(queued=True) if key in queued else Folded(parked.get(key))
    return found
