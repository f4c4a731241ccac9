"""Rebuilds that were interrupted: gone on with by the same command of the same release, kept for it, or removed.

What a replay has begun may be the work of hours: only a replay of the same projections takes it away, or who drops it.
What a verify or an as-of left is of use to nobody but the same command.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from psycopg import AsyncConnection

from shared.projections.generations import Generation, built_by, drop
from shared.projections.rebuild import records
from shared.projections.rebuild.wanted import Wanted

_REBUILD_OF = "SELECT rebuild FROM store.generation WHERE (name, number, status) = (%s, %s, 'building')"
_COMMAND = {"replay": "replay", "verify": "verify", "as_of": "as-of"}


async def taken_up(connection: AsyncConnection, wanted: Wanted) -> records.Record | None:
    """The interrupted rebuild to go on with, or None; those that nobody goes on with are removed."""
    found = None
    for record in await records.unfinished(connection):
        built = await built_by(connection, record.number)
        names = ", ".join(one.schema for one in built)
        command = _COMMAND[record.purpose]
        if found is None and _is_same(wanted, record):
            why = _why_not(wanted, record, built)
            if why is None:
                found = record
                continue
            wanted.note(f"An interrupted {command} {why}: what it had built is removed, and this one begins anew")
        elif record.purpose == "replay" and not _replaces(wanted, record):
            wanted.note(
                f"An interrupted replay stays as it is ({names}): replay {' and '.join(record.projections)} again to "
                f"go on with it, or remove it with `seatledger generations drop {built[0].schema if built else ''}`"
            )
            continue
        elif record.purpose == "replay":
            wanted.note(f"What an interrupted replay of other projections had built is removed: {names}")
        await discard(connection, record.number)
    return found


async def discard(connection: AsyncConnection, number: int) -> list[Generation]:
    """Remove what a rebuild made, and what it keeps on this machine; the generations that are gone."""
    gone = await built_by(connection, number)
    for generation in gone:
        await drop(connection, generation)
    for record in await records.unfinished(connection):
        if record.number == number:
            shutil.rmtree(record.folder, ignore_errors=True)
    await records.forget(connection, number)
    return gone


async def give_up(connection: AsyncConnection, generation: Generation) -> list[Generation]:
    """Remove an interrupted rebuild by one of the generations that it built, in the caller's transaction; all of those.

    Raises AlreadyRebuilding where it is not interrupted but goes on; empty where it is finished, or gone, meanwhile.
    """
    await records.hold(connection)
    row = await (await connection.execute(_REBUILD_OF, [generation.name, generation.number])).fetchone()
    return [] if row is None else await discard(connection, row[0])


def _is_same(wanted: Wanted, record: records.Record) -> bool:
    there = (record.purpose, list(record.projections), record.until)
    return there == (wanted.purpose, wanted.projections, wanted.until)


def _why_not(wanted: Wanted, record: records.Record, built: Sequence[Generation]) -> str | None:
    """What keeps this release, here, from going on with it."""
    if record.release != wanted.release:
        return "was of another release of the code"
    if {(one.name, one.version) for one in built} != {(spec.name, spec.version) for spec in wanted.specs}:
        return "had hardly begun"
    if not (record.folder.is_dir() or record.loaded):
        return f"has its files no more, or on another machine ({record.folder})"
    return None


def _replaces(wanted: Wanted, record: records.Record) -> bool:
    """Whether a replay makes what an interrupted one was to make, or a part of it."""
    return wanted.purpose == "replay" and not set(record.projections).isdisjoint(wanted.projections)
