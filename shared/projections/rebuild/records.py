"""Rebuilds as the database knows them: what they build, how far they are, and how to take one up again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from shared.store.locks import holder, is_taken, try_lock

Purpose = Literal["replay", "verify", "as_of"]

_LOCK = 7_201_005
_ADD = """
INSERT INTO store.rebuild (release, purpose, projections, until, buckets, folder) VALUES (%s, %s, %s, %s, %s, %s)
RETURNING number
"""
_UNFINISHED = """
SELECT number, release, purpose, projections, until, buckets, folder, indexes, spooled_at IS NOT NULL,
    loaded_at IS NOT NULL
FROM store.rebuild ORDER BY number
"""
_INDEXES = "UPDATE store.rebuild SET indexes = %s WHERE number = %s"
_SPOOLED = "UPDATE store.rebuild SET spooled_at = now() WHERE number = %s"
_LOADED = "UPDATE store.rebuild SET loaded_at = now() WHERE number = %s"
_DONE = "SELECT bucket FROM store.rebuild_bucket WHERE rebuild = %s"
_EVENTS_DONE = "SELECT coalesce(sum(events), 0) FROM store.rebuild_bucket WHERE rebuild = %s"
_FORGET = "DELETE FROM store.rebuild WHERE number = %s"


class AlreadyRebuilding(Exception):
    """Another process rebuilds: one at a time in an installation."""


@dataclass(frozen=True, slots=True)
class Record:
    """One rebuild that is not finished. `indexes` are statements by schema; see the columns of store.rebuild."""

    number: int
    release: str
    purpose: Purpose
    projections: Sequence[str]
    until: datetime | None
    buckets: int
    folder: Path
    indexes: Mapping[str, Sequence[str]]
    spooled: bool
    loaded: bool


async def hold(connection: AsyncConnection) -> None:
    """Be the only rebuild as long as this connection lives. Raises AlreadyRebuilding."""
    if not await try_lock(connection, _LOCK):
        who = await holder(connection, _LOCK)
        raise AlreadyRebuilding(f"another replay, verify, rollback or as-of goes on: {who}; wait for it, or end it")


async def unfinished(connection: AsyncConnection) -> list[Record]:
    """Rebuilds that were begun and neither finished nor given up, the oldest first."""
    rows = await (await connection.execute(_UNFINISHED)).fetchall()
    return [
        Record(number, release, purpose, projections, until, buckets, Path(folder), indexes, spooled, loaded)
        for number, release, purpose, projections, until, buckets, folder, indexes, spooled, loaded in rows
    ]


async def begin(
    connection: AsyncConnection, release: str, purpose: Purpose, projections: Sequence[str], until: datetime | None,
    buckets: int, folder: Path,
) -> int:  # fmt: skip
    """Write down that a rebuild begins; its number."""
    values = [release, purpose, list(projections), until, buckets, str(folder)]
    row = await (await connection.execute(_ADD, values)).fetchone()
    assert row is not None
    return int(row[0])


async def keep_indexes(connection: AsyncConnection, number: int, indexes: Mapping[str, Sequence[str]]) -> None:
    """Remember what the tables have to get when they are full."""
    await connection.execute(_INDEXES, [Jsonb({schema: list(some) for schema, some in indexes.items()}), number])


async def spooled(connection: AsyncConnection, number: int) -> None:
    """The log is in the buckets."""
    await connection.execute(_SPOOLED, [number])


async def loaded(connection: AsyncConnection, number: int) -> None:
    """The buckets are in the tables, which have their indexes."""
    await connection.execute(_LOADED, [number])


async def events_done(connection: AsyncConnection, number: int) -> int:
    """How many events are in the tables."""
    row = await (await connection.execute(_EVENTS_DONE, [number])).fetchone()
    assert row is not None
    return int(row[0])


async def buckets_done(connection: AsyncConnection, number: int) -> set[str]:
    """The names of the buckets that are in the tables."""
    return {name for (name,) in await (await connection.execute(_DONE, [number])).fetchall()}


async def forget(connection: AsyncConnection, number: int) -> None:
    """It is finished, or given up."""
    await connection.execute(_FORGET, [number])


async def is_held(connection: AsyncConnection) -> bool:
    """Whether somebody rebuilds now."""
    return await is_taken(connection, _LOCK)
