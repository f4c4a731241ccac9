"""Handling commands: load, decide, append, answer, in one transaction; on a conflict all of it again.

Commands that wait at the same time share the transaction: its locks, reads and commit are paid once. Each is decided
for itself, in the order given; one that is refused, or breaks, changes nothing and keeps no other from going on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection

from shared.commands import idempotency, unprojected
from shared.commands.decision import Appending, CommandRefused, Decided
from shared.commands.desk import Asked, Desk, Session
from shared.commands.idempotency import Answered, Place
from shared.projections.generations import use_live
from shared.store.event_table import Conflict, append_all

C = TypeVar("C")
Outcome = Decided | CommandRefused | Exception

# Each turn one writer of a stream gets on; locks on what exists already keep conflicts to streams that are new.
_TURNS = 8


class Busy(Exception):
    """Other writers were faster each time: ask again."""


async def handle(connection: AsyncConnection, desk: Desk[C], asked: Sequence[Asked[C]]) -> list[Outcome]:
    """What became of each command, in the order given: carried out, refused, or broken (any other exception).

    `connection` is in autocommit mode. Raises psycopg.Error when the database does not answer, and Busy: then nothing
    was carried out.
    """
    for _ in range(_TURNS):
        try:
            async with connection.transaction():
                return await _attempt(connection, desk, asked)
        except (Conflict, psycopg.errors.UniqueViolation) as conflict:
            _log().info("decide again", commands=len(asked), reason=str(conflict).splitlines()[0])
    raise Busy(f"other writers changed the same things {_TURNS} times in a row: ask again")


async def _attempt(connection: AsyncConnection, desk: Desk[C], asked: Sequence[Asked[C]]) -> list[Outcome]:
    await use_live(connection, desk.projection)
    places = [idempotency.place_of(one) for one in asked]
    before = dict(await idempotency.answered(connection, (place for place in places if place is not None)))
    new = [one for one, place in zip(asked, places, strict=True) if place not in before]
    session = await desk.open(connection, new)
    outcomes: list[Outcome] = []
    kept: dict[Place, Answered] = {}
    appended: list[Appending] = []
    for one, place in zip(asked, places, strict=True):
        known = None if place is None else before.get(place)
        outcome = _again(known, one) if known is not None else _decide(session, one)
        outcomes.append(outcome)
        if known is None and isinstance(outcome, Decided):
            appended += outcome.appending
            if place is not None:
                before[place] = kept[place] = Answered(idempotency.fingerprint_of(one), outcome)
    # Nothing here waits for an answer before the next is asked.
    async with connection.pipeline():
        await _append(connection, appended)
        await idempotency.keep(connection, kept)
    return outcomes


def _decide(session: Session[C], asked: Asked[C]) -> Outcome:
    try:
        return session.decide(asked)
    except CommandRefused as refused:
        return refused
    except Exception as error:  # a fault of ours: this command is answered so, the others go on
        _log().exception("command broke", command=type(asked.command).__name__)
        return error


def _again(known: Answered, asked: Asked[C]) -> Outcome:
    try:
        return idempotency.again(known, asked)
    except CommandRefused as refused:
        return refused


async def _append(connection: AsyncConnection, appended: Sequence[Appending]) -> None:
    if appended:
        await append_all(connection, [(some.stream_id, some.expected, some.events) for some in appended])
        await unprojected.remember(connection, (fact for some in appended for fact in some.facts))


def _log() -> Any:
    # Takes longer to import than all else that a command of the command line does, which hardly ever logs.
    import structlog

    return structlog.get_logger("commands")
