"""What `seatledger dead-letters drop` does: records are done without from now on, and kept with their bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection

from services.dead_letter_list import nothing_of
from services.presentation import list_document, note, table
from services.stopped_names import Name, OutboxName, name_of
from shared.commands.operating import read_now
from shared.errors import UserError
from shared.projections.arrivals import about
from shared.projections.stopped import StreamName, parked_streams
from shared.store import dead_letters, kept_letters, operations
from shared.store.dead_letters import DROPPED, TAKEN_IN, Place

Database = Callable[[], str]


@dataclass(frozen=True, slots=True)
class _Dropped:
    """A record that is dropped, perhaps before (`already`), and the streams that stand still for want of it."""

    place: Place
    already: bool
    parked: Sequence[str]


def drop(database: Database, names: Sequence[str], *, reason: str, by: str | None, as_json: bool) -> None:
    """Drop the records of these names. UserError, with none of them dropped, when one of them cannot be."""
    places = [_record(name_of(text)) for text in names]
    dropped = read_now(database, lambda connection: _drop(connection, sorted(set(places)), reason, by))
    if as_json:
        list_document([
            {"name": str(one.place), "status": DROPPED, "already": one.already, "parked": one.parked}
            for one in dropped
        ])  # fmt: skip
        return
    if now := [(one.place,) for one in dropped if not one.already]:
        table("Dropped", ("name",), now)
    note(f"{one.place} was dropped before: nothing was changed" for one in dropped if one.already)
    standing = dict.fromkeys(stream for one in dropped for stream in one.parked)
    note(f"{one} stood still for it and goes on without it by: seatledger dead-letters retry {one}" for one in standing)


def _record(name: Name) -> Place:
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


async def _drop(
    connection: AsyncConnection, places: Sequence[Place], reason: str, by: str | None
) -> Sequence[_Dropped]:
    """In one transaction."""
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
            dropped.append(_Dropped(place, status == DROPPED, await _standing_still_for(connection, place)))
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
