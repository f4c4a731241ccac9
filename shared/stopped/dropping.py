"""Doing without dead records from now on; they are kept with their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection

from shared.errors import UserError
from shared.projections.arrivals import about
from shared.projections.stopped import StreamName, parked_streams
from shared.stopped.in_full import nothing_of
from shared.stopped.names import Name, OutboxName
from shared.store import dead_letters, kept_letters, operations
from shared.store.dead_letters import DROPPED, TAKEN_IN, Place


@dataclass(frozen=True, slots=True)
class Dropped:
    """A record that is dropped, perhaps before (`already`), and the streams that stand still for want of it."""

    place: Place
    already: bool
    parked: Sequence[str]


def record(name: Name) -> Place:
    """The record of that name. UserError where a stream has it: those cannot be dropped."""
    if isinstance(name, StreamName):
        raise UserError(
            f"{name} cannot be dropped: the facts of a parked stream are kept. Mend what its reason names (by a "
            "release that knows better, by a fact that was missing) and retry it"
        )
    if isinstance(name, OutboxName):
        raise UserError(
            f"{name} cannot be dropped: what was decided here has to reach the log, or the projections never have it. "
            "Raise what the broker takes and retry it"
        )
    return name


async def drop(connection: AsyncConnection, places: Sequence[Place], reason: str, by: str | None) -> Sequence[Dropped]:
    """Drop records, in one transaction. UserError, with none of them dropped, when one of them cannot be."""
    dropped = []
    async with connection.transaction():
        await dead_letters.by_one_operator(connection)
        for place in places:
            status = await dead_letters.status_of(connection, place)
            if status is None:
                raise nothing_of(place)
            if status == TAKEN_IN:
                raise UserError(f"{place} was taken in: there is nothing to drop, and nothing was dropped")
            if status != DROPPED:
                await dead_letters.settle(connection, place, DROPPED)
                await operations.record(connection, "dead-letters drop", str(place), reason, by=by)
            dropped.append(Dropped(place, status == DROPPED, await _standing_still_for(connection, place)))
    return dropped


async def _standing_still_for(connection: AsyncConnection, place: Place) -> list[str]:
    letter = await kept_letters.letter(connection, place)
    if letter is None or letter.kept.subject is None:
        return []
    key = about(place.topic, letter.kept.subject)
    return [
        str(name)
        for name, where in (await parked_streams(connection)).items()
        if name.key == key and any(one.reason == letter.kept.reason for one in where)
    ]
