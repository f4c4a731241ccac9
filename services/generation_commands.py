"""What `seatledger generations` does: list, drop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psycopg import AsyncConnection

from services.presentation import list_document, say, table
from shared.commands.operating import read_now
from shared.errors import NOT_FOUND, UserError
from shared.projections.generations import Generation, generations, retire
from shared.projections.rebuild.interrupted import give_up
from shared.projections.rebuild.records import AlreadyRebuilding
from shared.store import operations

_LIST = """
SELECT name || '_g' || number AS generation, name AS projection, version, status, created_at, drop_after, (
    SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = name || '_g' || number AND c.relkind = 'r'
) AS bytes
FROM store.generation ORDER BY name, number
"""
_COLUMNS = ("generation", "projection", "version", "status", "created_at", "drop_after", "bytes")


def show_all(database: Callable[[], str], *, as_json: bool) -> None:
    """Print all generations."""

    async def read(connection: AsyncConnection) -> list[tuple[Any, ...]]:
        return await (await connection.execute(_LIST)).fetchall()

    rows = read_now(database, read)
    if as_json:
        list_document([dict(zip(_COLUMNS, row, strict=True)) for row in rows])
        return
    shown = [
        (name, projection, version, status, f"{created:%Y-%m-%d %H:%M}",
         "" if drop_after is None else f"{drop_after:%Y-%m-%d %H:%M}", f"{size / 1e6:,.1f}")
        for name, projection, version, status, created, drop_after, size in rows
    ]  # fmt: skip
    columns = ("generation", "projection", "version", "status", "made", "dropped after", "MB")
    table("Generations", columns, shown, right=("version", "MB"))


def drop(name: str, database: Callable[[], str], *, as_json: bool) -> None:
    """Have one dropped that is not live: an interrupted rebuild at once, with all that it made.

    UserError where there is none of that name, or it is live, or being built.
    """

    async def dropped(connection: AsyncConnection) -> list[str]:
        found = next((one for one in await generations(connection) if one.schema == name), None)
        if found is None:
            raise UserError(f"there is no generation {name}: see `seatledger generations list`", NOT_FOUND)
        if found.status == "dropping":
            raise UserError(f"{name} is being dropped already: nothing was changed, and it is gone within seconds")
        if found.status == "building":
            return await _given_up(connection, found)
        if found.status not in ("kept", "as_of", "catching_up"):
            raise UserError(f"{name} is {found.status}: only what is kept beside the live one can be dropped")
        async with connection.transaction():
            if not await retire(connection, found):
                raise UserError(f"{name} is not {found.status} any more: see `seatledger generations list`")
            await operations.record(connection, "generations drop", name)
        return []

    gone = read_now(database, dropped)
    if as_json:
        list_document(
            [{"generation": one, "status": "gone"} for one in gone] or [{"generation": name, "status": "dropping"}]
        )
    elif gone:
        say(f"What an interrupted rebuild had made is gone: {', '.join(gone)}")
    else:
        say(f"{name} is dropped within seconds by the worker of its service")


async def _given_up(connection: AsyncConnection, generation: Generation) -> list[str]:
    """All that the rebuild had made which was interrupted while it made this one."""
    try:
        async with connection.transaction():
            gone = [one.schema for one in await give_up(connection, generation)]
            for name in gone:
                await operations.record(connection, "generations drop", name)
    except AlreadyRebuilding:
        raise UserError(
            f"{generation.schema} is being built, by a replay, verify or as-of that goes on: wait for it, or end it"
        ) from None
    if not gone:
        raise UserError(f"{generation.schema} is not building any more: see `seatledger generations list`")
    return gone
