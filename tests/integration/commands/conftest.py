"""A database that is prepared for commands; no broker: own events stay in the outbox, and count all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from services.prepare import migration_folders, specs
from shared.projections.generations import ensure_generation
from shared.store.migrations import migrate
from shared.store.pool import connect
from tests.infrastructure.databases import Databases


@pytest.fixture
def prepared(database_server: Databases) -> Iterator[str]:
    """The DSN of a database with every table and an empty generation of each projection."""
    dsn = database_server.create(database_server.template("prepared", lambda dsn: asyncio.run(_prepare(dsn))))
    yield dsn
    database_server.drop(dsn)


async def _prepare(dsn: str) -> None:
    async with await connect(dsn) as connection:
        await migrate(connection, migration_folders())
        for spec in specs():
            await ensure_generation(connection, spec, 1, datetime.now(UTC))
