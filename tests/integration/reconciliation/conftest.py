"""A database that is prepared, with the read views that a comparison reads; no broker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.infrastructure.databases import Databases
from tests.infrastructure.prepared import prepare


@pytest.fixture
def prepared(database_server: Databases) -> Iterator[str]:
    """The DSN of a database with every table and an empty generation of each projection."""
    dsn = database_server.create(database_server.template("prepared", lambda dsn: asyncio.run(prepare(dsn))))
    yield dsn
    database_server.drop(dsn)
