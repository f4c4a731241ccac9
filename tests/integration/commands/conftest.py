"""A database that is prepared for commands; no broker: own events stay in the outbox, and count all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from services import dead_letter_retry
from shared.log.outgoing import Outgoing
from shared.store.dead_letters import bury
from shared.store.outbox import enqueue
from shared.store.pool import connect
from tests.infrastructure.databases import Databases
from tests.infrastructure.prepared import prepare
from tests.integration.commands.dead_letters import CHANGES, ESCAPES, ORDERS, dead


@pytest.fixture
def prepared(database_server: Databases) -> Iterator[str]:
    """The DSN of a database with every table and an empty generation of each projection."""
    dsn = database_server.create(database_server.template("prepared", lambda dsn: asyncio.run(prepare(dsn))))
    yield dsn
    database_server.drop(dsn)


@pytest.fixture
def stopped(prepared: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Three dead records, two parked streams (one in orders, one that has no id), one stream that is kept back."""
    letters = [
        dead(
            ORDERS, 0, b'{"order_id": "ord-1", "note": "\xc3\xa9"}', "data: is not what it should be", "OrderExecuted"
        ),
        dead(CHANGES, 4, ESCAPES, "value: is not JSON"),
        dead(CHANGES, 7, b'{"type": "LicensesChanged", "subject": "sub-1"}', "time: is missing; add it"),
    ]

    async def given() -> None:
        async with await connect(prepared) as connection:
            async with connection.transaction():
                await bury(connection, letters[:1], "orders")
                await bury(connection, letters[1:], "subscriptions")
                await connection.execute("DELETE FROM store.outbox")
                await enqueue(connection, [("run 1/a", Outgoing("invoices.events", b"k", b"{}", [("ce_type", b"T")]))])
            for statement in (
                "INSERT INTO orders_g1.parked VALUES ('order', 'ord/1', 'ValueError: odd')",
                "INSERT INTO subscriptions_g1.parked VALUES ('organisation', '', 'KeyError: 1')",
                "INSERT INTO store.outbox_parked VALUES ('run 1/a', 'too large')",
            ):
                await connection.execute(statement.encode())

    asyncio.run(given())
    monkeypatch.setenv("SEATLEDGER_DATABASE", prepared)
    monkeypatch.setenv("SEATLEDGER_OPERATOR", "Ada")
    monkeypatch.setattr(dead_letter_retry, "WAIT_S", 0.0)
    return prepared
