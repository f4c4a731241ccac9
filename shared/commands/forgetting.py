"""What commands leave behind and nobody needs any more: a timer of the worker drops it."""

from __future__ import annotations

import asyncio

import structlog
from psycopg import AsyncConnection

from shared.commands import idempotency, unprojected
from shared.projections.generations import use_live
from shared.projections.worker import Timer
from shared.store.config import Config
from shared.store.pool import connect

# What a command has to look through stays short that way: two seconds of commands, and what the projector is behind.
_EVERY_S = 2.0
_log = structlog.get_logger("worker")


def forgetting(config: Config) -> Timer:
    """Drops own events that are projected by now, and answers that are older than a week."""

    async def run(_: asyncio.Event) -> None:
        async with await connect(config.database, application="seatledger forgetting") as connection:
            dropped = await forget(connection)
        if dropped:
            _log.info("forgotten", rows=dropped)

    return Timer("forgetting", _EVERY_S, run)


async def forget(connection: AsyncConnection) -> int:
    """Drop what is not needed any more; how many rows."""
    async with connection.transaction():
        await use_live(connection, unprojected.PROJECTION)
        return await unprojected.forget(connection) + await idempotency.forget(connection)
