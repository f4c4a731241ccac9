"""The role of the APIs in the database: what it sees without being told who asks, and what it can do at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from shared.commands.principal import OPERATOR, principal_of
from shared.store.pool import connect
from shared.web.row_security import reading_as
from tests.integration.access.conftest import World

pytestmark = [pytest.mark.broker, pytest.mark.database]

VIEWS = "SELECT relname FROM pg_class WHERE relnamespace = 'read'::regnamespace AND relkind = 'v' ORDER BY relname"
# Views that read with their owner's rights, or that the role may not read at all.
_CARELESS = """
SELECT relname FROM pg_class WHERE relnamespace = 'read'::regnamespace AND relkind IN ('v', 'm') AND NOT (
    coalesce(reloptions, '{}') @> '{security_invoker=true}' AND has_table_privilege('seatledger_api', oid, 'SELECT')
)
"""
_OPEN = """
SELECT relname FROM pg_class JOIN pg_namespace AS schema ON schema.oid = relnamespace
WHERE nspname <> 'read' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
    AND relkind IN ('r', 'p', 'v', 'm') AND has_any_column_privilege('seatledger_api', pg_class.oid, 'SELECT')
    AND NOT relrowsecurity
"""
_WRITABLE = """
SELECT relname FROM pg_class JOIN pg_namespace AS schema ON schema.oid = relnamespace
WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' AND relkind IN ('r', 'p', 'v')
    AND has_table_privilege('seatledger_api', pg_class.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
"""


@contextmanager
def owner(world: World) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        yield connection


def test_where_nothing_was_said_nothing_is_seen(world: World) -> None:
    with owner(world) as connection:
        views = [name for (name,) in connection.execute(VIEWS)]
        assert len(views) >= 14
        for settings in ("", "SET seatledger.sees = ''", "SET seatledger.sees = 'reseller'",
                         "SET seatledger.sees = 'reseller'; SET seatledger.reseller = ''",
                         "SET seatledger.sees = 'customer'; SET seatledger.reseller = 'res-north'"):  # fmt: skip
            connection.execute(f"RESET ALL; {settings}".encode())
            connection.execute("SET ROLE seatledger_api")
            seen = {view: connection.execute(f"SELECT count(*) FROM read.{view}".encode()).fetchone() for view in views}
            connection.execute("RESET ROLE")
            # The catalogue, and who the seller is.
            theirs = {"products", "list_prices", "letterheads"}
            everybodys = theirs if "'reseller'" in settings or "'customer'" in settings else set()
            assert {view for view, count in seen.items() if count != (0,)} == everybodys


def test_every_view_reads_with_the_rights_of_who_reads_and_every_table_behind_it_has_policies(world: World) -> None:
    with owner(world) as connection:
        assert connection.execute(_CARELESS.encode()).fetchall() == []
        assert connection.execute(_OPEN.encode()).fetchall() == []
        assert connection.execute(_WRITABLE.encode()).fetchall() == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM store.api_token",
        "SELECT * FROM store.event",
        "SELECT unit_cost FROM orders_g1.list_price",
        "SELECT why FROM invoicing_g1.document_line",
        "DELETE FROM subscriptions_g1.subscription",
    ],
)
def test_the_views_are_the_only_door(world: World, statement: str) -> None:
    async def scenario() -> None:
        async with await connect(world.dsn) as connection, reading_as(connection, OPERATOR):
            await connection.execute(statement.encode())

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        asyncio.run(scenario())


def test_a_reading_transaction_reads_only_and_leaves_nothing_on_its_connection(world: World) -> None:
    async def asked(connection: AsyncConnection) -> tuple[Any, ...] | None:
        query = """
        SELECT current_user::text, coalesce(current_setting('seatledger.sees', true), ''),
            current_setting('transaction_read_only'), current_setting('transaction_isolation')
        """
        return await (await connection.execute(query)).fetchone()

    async def scenario() -> None:
        async with await connect(world.dsn) as connection:
            before = await asked(connection)
            async with reading_as(connection, principal_of("x", "reseller", reseller="res-north")):
                assert await asked(connection) == ("seatledger_api", "reseller", "on", "repeatable read")
            assert await asked(connection) == before
            with pytest.raises(psycopg.errors.DivisionByZero):
                async with reading_as(connection, principal_of("x", "customer", customer="cus-south")):
                    await connection.execute("SELECT 1 / 0")
            assert await asked(connection) == before

    asyncio.run(scenario())
