"""What operators did: written down with what was done, under a name, and read back."""

from __future__ import annotations

import asyncio
import getpass
import socket

import pytest

from shared.store import operations
from shared.store.migrations import STORE_MIGRATIONS, migrate
from shared.store.pool import connect

pytestmark = pytest.mark.database


def test_an_act_is_on_record_if_and_only_if_it_was_done(database: str) -> None:
    async def scenario() -> None:
        async with await connect(database) as connection:
            await migrate(connection, {"store": STORE_MIGRATIONS})
            async with connection.transaction():
                await operations.record(connection, "switch", "orders", "release 2", {"to": 2, "checked": True}, "Ada")
            async with connection.transaction(force_rollback=True):
                await operations.record(connection, "switch", "orders", by="Bob")
            (act,) = await operations.history(connection, "orders")
            assert (act.who, act.what, act.reason, act.detail) == (
                "Ada", "switch", "release 2", {"to": 2, "checked": True},
            )  # fmt: skip
            assert await operations.history(connection, "invoicing") == []

    asyncio.run(scenario())


def test_a_history_begins_with_the_first_act_and_the_list_with_the_last(database: str) -> None:
    async def scenario() -> None:
        async with await connect(database) as connection:
            await migrate(connection, {"store": STORE_MIGRATIONS})
            for what in ("one", "two", "three"):
                await operations.record(connection, what, "orders", by="Ada")
            await operations.record(connection, "other", "invoicing", by="Ada")
            assert [act.what for act in await operations.history(connection, "orders")] == ["one", "two", "three"]
            newest = await operations.newest(connection, 2)
            assert [act.what for act in newest] == ["other", "three"]
            before = await operations.newest(connection, 9, before=newest[-1].id)
            assert [act.what for act in before] == ["two", "one"]
            assert [act.what for act in await operations.newest(connection, 1, target="orders")] == ["three"]

    asyncio.run(scenario())


def test_who_acts_is_named_by_the_environment_else_by_account_and_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATLEDGER_OPERATOR", "Ada")
    assert operations.operator() == "Ada"
    monkeypatch.delenv("SEATLEDGER_OPERATOR")
    assert operations.operator() == f"{getpass.getuser()}@{socket.gethostname()}"


def test_an_account_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.delenv("SEATLEDGER_OPERATOR", raising=False)
    monkeypatch.setattr(getpass, "getuser", nameless)
    assert operations.operator().startswith("uid ")
