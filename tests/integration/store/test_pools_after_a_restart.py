"""Connections of a pool that the database ended while they lay idle."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

import shared.store.pool as pools

pytestmark = pytest.mark.database
_END = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'idle ones'"


async def _asked_after_their_end(dsn: str) -> object:
    async with pools.pool(dsn, application="idle ones") as connections:
        async with connections.connection() as connection:
            await connection.execute("SELECT 1")
        async with await pools.connect(dsn) as other:
            await other.execute(_END)
        async with connections.connection() as connection:
            row = await (await connection.execute("SELECT 2")).fetchone()
        return None if row is None else row[0]


def test_who_asks_after_a_restart_gets_a_connection_that_answers(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "_IDLE_S", 0.0)
    assert asyncio.run(_asked_after_their_end(database)) == 2


def test_one_that_was_just_used_is_not_asked_first(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "_IDLE_S", 3_600.0)
    with pytest.raises(psycopg.OperationalError):
        asyncio.run(_asked_after_their_end(database))
