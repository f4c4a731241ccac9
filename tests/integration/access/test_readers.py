"""Logins for BI and dashboards: what they see is what the API would show them, whatever they try."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from shared.commands.principal import OPERATOR, Principal, principal_of
from shared.store import readers
from shared.store.pool import connect
from shared.web.row_security import reading_as
from tests.integration.access.conftest import World
from tests.integration.access.test_row_security import VIEWS

pytestmark = [pytest.mark.broker, pytest.mark.database]

Rows = dict[str, list[str]]
LOGINS = {"bi_north": "res-north", "bi_south": "res-south", "bi_nobody": "res-unheard-of", "bi_all": None}
# Read through the API alone, which knows whether its beta is over.
_THE_APIS = "reconciliation"
_ROWS = "SELECT to_jsonb(shown)::text FROM read.{} AS shown"
_TABLES = """
SELECT quote_ident(nspname) || '.' || quote_ident(relname)
FROM pg_class JOIN pg_namespace AS schema ON schema.oid = relnamespace
WHERE relkind IN ('r', 'p', 'S', 'm', 'v') AND nspname <> 'read' AND nspname NOT LIKE 'pg\\_%'
    AND nspname <> 'information_schema' ORDER BY 1
"""
_STATISTICS = (
    "SELECT schemaname, tablename, attname FROM pg_stats WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
)
SHOWN = ("transaction_read_only", "statement_timeout", "idle_in_transaction_session_timeout", "search_path")
PRETENDED = [
    "SET seatledger.sees = 'all'",
    "SELECT set_config('seatledger.sees', 'all', false), set_config('seatledger.reseller', 'res-south', false)",
    "SET seatledger.sees = 'reseller'; SET seatledger.reseller = 'res-south'",
    "SET seatledger.sees = 'customer'; SET seatledger.customer = 'cus-south'",
    "SET row_security = on; SET search_path = pg_temp, read",
    # Whoever makes functions of the names that policies ask for makes them in vain.
    "CREATE FUNCTION pg_temp.sees_all() RETURNS boolean RETURN true; SET search_path = pg_temp, store",
    "RESET ALL",
]
# Of every session again what its role may not: a role is taken, or rows are read past their policies.
REFUSED = [
    "SET ROLE seatledger_api",
    "SET ROLE postgres",
    "SET ROLE bi_south",
    "SET ROLE seatledger_reader",
    "SET SESSION AUTHORIZATION postgres",
    "SET LOCAL ROLE seatledger_api",
    "SELECT set_config('role', 'seatledger_api', false)",
    "SET row_security = off; SELECT * FROM read.documents",
    "SELECT store.reader_sees()",
    "SELECT query_to_xml('SELECT * FROM orders_g1.list_price', true, false, '')",
    "SELECT table_to_xml('orders_g1.list_price', true, false, '')",
    "SELECT orders_g1.drafted_for('cus-south', 'res-north')",
    "SELECT pg_read_file('pg_hba.conf')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "GRANT seatledger_api TO bi_north",
    "ALTER ROLE bi_north SUPERUSER",
    "CREATE ROLE another IN ROLE seatledger_reader",
]
WRITING = [
    "INSERT INTO store.reader VALUES ('bi_other')",
    "UPDATE store.reader SET reseller = NULL",
    "DELETE FROM read.documents",
    "UPDATE read.subscriptions SET quantity = 1",
    "INSERT INTO read.next_charges VALUES ('sub-x', '2019-01-01', 1, 'res-north', 'EUR')",
    "CREATE TABLE read.mine (a int)",
    "CREATE TABLE public.mine (a int)",
    "CREATE SCHEMA mine",
    "CREATE VIEW read.mine AS SELECT 1",
    "CREATE OR REPLACE FUNCTION store.sees() RETURNS text RETURN 'all'",
    "COMMENT ON VIEW read.documents IS 'mine'",
    "ALTER VIEW read.documents SET (security_invoker = false)",
    "DROP POLICY theirs ON invoicing_g1.document",
    "TRUNCATE invoicing_g1.document",
]


@pytest.fixture(scope="module")
def logins(world: World) -> Iterator[dict[str, str]]:
    """The DSN of each login."""

    async def made() -> None:
        async with await connect(world.dsn) as connection:
            for name, reseller in LOGINS.items():
                await readers.create(connection, name, "a password of it", reseller)

    async def dropped() -> None:
        async with await connect(world.dsn) as connection:
            for name in LOGINS:
                assert await readers.drop(connection, name)

    asyncio.run(made())
    yield {name: make_conninfo(world.dsn, user=name) for name in LOGINS}
    asyncio.run(dropped())


def views(world: World) -> list[str]:
    with psycopg.connect(world.dsn) as connection:
        return [name for (name,) in connection.execute(VIEWS)]


def seen(dsn: str, names: list[str], pretending: str = "") -> Rows:
    """All rows of all views in no order, as a session sees them that has said something before."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        if pretending:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(pretending.encode())
        return {name: sorted(text for (text,) in connection.execute(_rows_of(name))) for name in names}


def shown(world: World, principal: Principal, names: list[str]) -> Rows:
    """What the API reads for somebody."""

    async def read() -> Rows:
        async with await connect(world.dsn) as connection, reading_as(connection, principal):
            found = {name: await (await connection.execute(_rows_of(name))).fetchall() for name in names}
            return {name: sorted(text for (text,) in rows) for name, rows in found.items()}

    return asyncio.run(read())


def _rows_of(view: str) -> sql.Composed:
    return sql.SQL(_ROWS).format(sql.Identifier(view))


@pytest.mark.parametrize("login", ["bi_north", "bi_south"])
def test_a_login_of_a_reseller_sees_what_the_api_shows_it(world: World, logins: dict[str, str], login: str) -> None:
    names, reseller = views(world), LOGINS[login]

    found = seen(logins[login], names)

    theirs = shown(world, principal_of("x", "reseller", reseller=reseller), names)
    assert found == theirs | {_THE_APIS: []}
    # It is about something: what is compared, and what is not here is the organisation's.
    assert theirs[_THE_APIS]
    assert {"documents", "document_lines", "subscriptions", "orders"} <= {name for name, rows in found.items() if rows}
    everything = str(found)
    assert not {one for one in world.foreign(reseller, None) if f'"{one}"' in everything}
    assert '"unit_cost": null' in everything
    assert "markup" not in everything


def test_a_login_of_the_organisation_sees_every_row_and_costs(world: World, logins: dict[str, str]) -> None:
    names = views(world)

    found = seen(logins["bi_all"], names)

    assert found == shown(world, OPERATOR, names)
    # Nobody took bills of a vendor in, or aligned anything.
    empty = {"vendor_bills", "manual_invoicing", "settled_by_hand", "gone_accounts"}
    assert {name for name, rows in found.items() if not rows} <= empty
    assert "markup" in str(found["document_lines"])


def test_a_login_of_a_reseller_of_whom_nothing_is_known_sees_the_catalogue_alone(
    world: World, logins: dict[str, str]
) -> None:
    assert {name for name, rows in seen(logins["bi_nobody"], views(world)).items() if rows} == {
        "products", "list_prices", "letterheads",
    }  # fmt: skip


@pytest.mark.parametrize("pretending", PRETENDED)
@pytest.mark.parametrize("login", ["bi_north", "bi_nobody"])
def test_whatever_a_login_says_of_itself_it_sees_the_same(
    world: World, logins: dict[str, str], login: str, pretending: str
) -> None:
    names = views(world)
    assert seen(logins[login], names, pretending) == seen(logins[login], names)


@pytest.mark.parametrize("statement", REFUSED + WRITING)
def test_a_login_may_do_nothing_else(logins: dict[str, str], statement: str) -> None:
    with psycopg.connect(logins["bi_north"], autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


@pytest.mark.parametrize("login", ["bi_north", "bi_all"])
def test_the_views_are_the_only_door_of_a_login(world: World, logins: dict[str, str], login: str) -> None:
    with psycopg.connect(world.dsn) as owner:
        tables = [name for (name,) in owner.execute(_TABLES)]
    assert {"reconciliation.compared", "store.reader", "invoicing_g1.document_line"} <= set(tables)
    with psycopg.connect(logins[login], autocommit=True) as connection:
        for table in tables:
            if table.startswith("reconciliation."):
                continue
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM {table}".encode())


def test_a_login_of_a_reseller_sees_no_row_of_the_tables_of_reconciliation(
    world: World, logins: dict[str, str]
) -> None:
    """The API compares costs over these tables, so the role that readers inherit from may name them."""
    with psycopg.connect(world.dsn) as owner:
        tables = [name for (name,) in owner.execute(_TABLES) if name.startswith("reconciliation.")]
    seen_in: set[str] = set()
    with psycopg.connect(logins["bi_north"], autocommit=True) as connection:
        for table in tables:
            try:
                rows = connection.execute(f"SELECT * FROM {table}".encode()).fetchall()
            except psycopg.errors.InsufficientPrivilege:
                continue
            seen_in.add(table)
            assert rows == [], table
    assert "reconciliation.compared" in seen_in


def test_what_the_planner_knows_of_the_tables_is_not_shown(world: World, logins: dict[str, str]) -> None:
    with psycopg.connect(world.dsn, autocommit=True) as owner:
        owner.execute("ANALYZE")
        assert owner.execute(_STATISTICS.encode()).fetchone()
    for login in logins.values():
        with psycopg.connect(login) as connection:
            assert connection.execute(_STATISTICS.encode()).fetchall() == []


def test_a_login_reads_only_and_not_for_ever_unless_it_says_otherwise(logins: dict[str, str]) -> None:
    with psycopg.connect(logins["bi_north"], autocommit=True) as connection:
        told = [connection.execute(f"SHOW {name}".encode()).fetchone() for name in SHOWN]
        assert told == [("on",), ("1min",), ("1min",), ("read",)]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TEMPORARY TABLE mine (a int)")


def test_who_is_made_a_reader_by_hand_sees_nothing(world: World) -> None:
    with psycopg.connect(world.dsn, autocommit=True) as owner:
        owner.execute("CREATE ROLE by_hand LOGIN IN ROLE seatledger_reader")
        try:
            found = seen(make_conninfo(world.dsn, user="by_hand"), views(world), "SET seatledger.sees = 'all'")
        finally:
            owner.execute("DROP ROLE by_hand")
    assert {name for name, rows in found.items() if rows} == set()
