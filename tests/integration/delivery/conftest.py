"""A prepared database with documents in it, without a broker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.infrastructure.databases import Databases
from tests.infrastructure.prepared import prepare


@pytest.fixture
def prepared(database_server: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The DSN of a database with every table and an empty generation; webhooks may go to this machine."""
    monkeypatch.setenv("SEATLEDGER_WEBHOOKS_INSECURE", "true")
    for name in ("SEATLEDGER_SMTP_URL", "SEATLEDGER_MAIL_FROM", "SEATLEDGER_DOCUMENTS_URL"):
        monkeypatch.delenv(name, raising=False)
    dsn = database_server.create(database_server.template("prepared", lambda dsn: asyncio.run(prepare(dsn))))
    yield dsn
    database_server.drop(dsn)
