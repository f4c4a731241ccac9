"""Dead records taken in again, from their kept bytes, by every generation that has read past them.

One transaction for all of it, so that nothing is half done: each generation takes the record in as its projector would
(the same runner, the same locks in the same order, no position moves), the letter gets its status, and the act is on
record. Positions of the partition stand still meanwhile: who has not read as far reads the record itself, and what it
finds then is kept by the rules of `shared.store.dead_letters`. A generation that can take the record in does, also
where another one cannot, as it would have been when it came; the letter is dead then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

import psycopg
from psycopg import AsyncConnection

from shared.log.records import Partition
from shared.projections import waiting
from shared.projections.arrivals import about, read_arrivals, topics_about
from shared.projections.generations import Generation, compiled_in, use
from shared.projections.position import standing_still
from shared.projections.runner import Runner, refused
from shared.projections.spec import Key, ProjectionSpec
from shared.projections.writes import RowWriter
from shared.store import dead_letters, kept_letters, operations
from shared.store.dead_letters import DEAD, TAKEN_IN, DeadLetter, Place, Status
from shared.store.kept_letters import Letter

# A batch of a projector that locks in the other direction is done when PostgreSQL has found the deadlock.
_TRIES = 3

How = Literal["taken_in", "had_it", "dead", "not_read"]


class NoLetter(Exception):
    """No record of that place was ever dead."""


@dataclass(frozen=True, slots=True)
class InGeneration:
    """What came of a record in one generation. `reason`: why it is dead there.

    `freed` are streams that stood still for this record and are folded again, `parked` those that stand still for
    something else, with the reason.
    """

    generation: Generation
    how: How
    reason: str | None = None
    freed: Sequence[Key] = ()
    parked: dict[Key, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retried:
    """What came of a record. `status` is what it has now; `reason` why it is dead still, None where it is not."""

    place: Place
    status: Status
    reason: str | None
    generations: Sequence[InGeneration]

    @property
    def is_taken_in(self) -> bool:
        return self.status == TAKEN_IN


async def retry_record(
    connection: AsyncConnection, specs: Collection[ProjectionSpec], place: Place, by: str | None = None
) -> Retried:
    """Take a dead record in again, whatever its status. Raises NoLetter; with any error nothing has changed.

    Where no projection has read past it, it stays as it is: it is read when they come there.
    """
    for _ in range(_TRIES - 1):
        try:
            return await _retry(connection, specs, place, by)
        except psycopg.errors.DeadlockDetected:
            continue
    return await _retry(connection, specs, place, by)


async def _retry(
    connection: AsyncConnection, specs: Collection[ProjectionSpec], place: Place, by: str | None
) -> Retried:
    async with connection.transaction():
        await dead_letters.by_one_operator(connection)
        letter = await kept_letters.letter(connection, place)
        if letter is None:
            raise NoLetter
        found = []
        for generation, spec in await compiled_in(connection, specs):
            if place.topic in spec.topics:
                await use(connection, generation)
                found.append(await _in_generation(connection, generation, spec, letter))
        reason = next((one.reason for one in found if one.how == "dead"), None)
        status = _status(letter.kept.status, found)
        # Last, as a projector buries last: whoever holds the letter's row waits for nobody.
        await dead_letters.settle(connection, place, status, reason)
        detail = {"status": status, "generations": {one.generation.schema: one.how for one in found}}
        await operations.record(connection, "dead-letters retry", str(place), reason, detail, by)
    return Retried(place, status, reason, found)


def _status(before: Status, found: Sequence[InGeneration]) -> Status:
    if any(one.how == "dead" for one in found):
        return DEAD if before == TAKEN_IN else before
    return TAKEN_IN if any(one.how != "not_read" for one in found) else before


async def _in_generation(
    connection: AsyncConnection, generation: Generation, spec: ProjectionSpec, letter: Letter
) -> InGeneration:
    """Take the record in by one generation, to which the search_path is set."""
    record, place = letter.record, letter.kept.place
    next_ = await standing_still(connection, Partition(place.topic, place.partition))
    if next_ is None or next_ <= place.offset:
        return InGeneration(generation, "not_read")
    runner = Runner(spec, connection, await RowWriter.of(connection, spec))
    arrivals = read_arrivals(spec, [record])
    dead: list[DeadLetter]
    try:
        async with connection.transaction():
            applied, dead = await runner.take(arrivals)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        return InGeneration(generation, "dead", refused(record, error).reason)
    if dead:
        return InGeneration(generation, "dead", dead[0].reason)
    concerned = {Key(fact.scope, fact.scope_id) for one in arrivals.arrived for fact in one.facts}
    concerned |= {about(place.topic, one.event.subject) for one in arrivals.arrived if one.event.subject}
    freed, parked = await _free(connection, concerned, letter)
    return InGeneration(generation, "had_it" if applied.duplicates else "taken_in", None, freed, parked)


async def _free(
    connection: AsyncConnection, concerned: Collection[Key], letter: Letter
) -> tuple[list[Key], dict[Key, str]]:
    """Have those streams folded again that stood still for want of this record alone; the others that are parked."""
    freed, parked = [], {}
    for key, reason in sorted((await waiting.why_parked(connection, concerned)).items()):
        holding = await held_back_by(connection, key, reason)
        if reason != letter.kept.reason or set(holding) - {letter.kept.place}:
            parked[key] = reason
        elif await waiting.retry(connection, key):
            freed.append(key)
    return freed, parked


async def held_back_by(connection: AsyncConnection, key: Key, reason: str) -> list[Place]:
    """The dead records for which a stream is parked with this reason: events of a version that was not known.

    Folded without them its rows would be those of a stream to which they never happened.
    """
    return await kept_letters.holding(connection, topics_about(key.scope), key.scope_id, reason)
