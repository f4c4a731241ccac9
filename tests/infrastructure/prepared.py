"""A database that is prepared, without a broker: every table, and an empty generation of each projection."""

from __future__ import annotations

from datetime import UTC, datetime

from services.prepare import migration_folders, specs
from shared.projections.generations import ensure_generation
from shared.store.migrations import migrate
from shared.store.pool import connect


async def prepare(dsn: str) -> None:
    """What `python -m services.prepare` does with the database."""
    async with await connect(dsn) as connection:
        await migrate(connection, migration_folders())
        for spec in specs():
            await ensure_generation(connection, spec, 1, datetime.now(UTC))
