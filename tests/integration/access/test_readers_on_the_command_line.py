"""`seatledger readers`, and what its logins see of generations that come after them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from typer.testing import CliRunner, Result

from services.cli import app
from services.invoicing.projection import SPEC as INVOICING
from shared.errors import NOT_FOUND, UserError, WrongUsage
from shared.projections import generations
from shared.store.pool import connect
from tests.infrastructure import prepared
from tests.infrastructure.databases import Databases

pytestmark = pytest.mark.database

_PLAN = """
INSERT INTO {schema}.installment_plan
SELECT s || {extra}, 'Monthly', 12, 1, 0, 11, NULL, NULL, NULL, 0, 'cus', r, 'EUR'
FROM (VALUES ('sub-north', 'res-north'), ('sub-south', 'res-south')) AS plans (s, r)
"""


def plans_into(dsn: str, schema: str, extra: str = "''") -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_PLAN.format(schema=schema, extra=extra).encode())


def plans_seen(dsn: str, login: str) -> list[str]:
    with psycopg.connect(make_conninfo(dsn, user=login)) as connection:
        return [one for (one,) in connection.execute("SELECT subscription FROM installment_plans ORDER BY 1")]


@pytest.fixture
def dsn(database_server: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A prepared database that the command line works on; its logins, which are the server's, go with it."""
    template = database_server.template("prepared_for_readers", lambda dsn: asyncio.run(prepared.prepare(dsn)))
    dsn = database_server.create(template)
    monkeypatch.setenv("SEATLEDGER_DATABASE", dsn)
    yield dsn
    monkeypatch.setenv("SEATLEDGER_DATABASE", dsn)
    for one in json.loads(typed("list", "--json").stdout)["items"]:
        typed("drop", one["name"])
    database_server.drop(dsn)


def typed(*arguments: str, **given: Any) -> Result:
    return CliRunner().invoke(app, ["readers", *arguments], **given)


def test_a_login_is_made_listed_and_dropped(dsn: str) -> None:
    made = typed("create", "north", "--reseller", "res-north")
    assert made.exit_code == 0, made.exception
    password, *_ = made.stdout.splitlines()
    assert len(password) >= 32
    assert made.stderr.splitlines() == [
        "Nobody knows reseller res-north: the reader sees no rows of it before it is registered",
        "Reader north sees rows of reseller res-north.",
        "Keep its password now: it is not shown again.",
    ]
    typed("create", "everything", "--json")
    listed = typed("list").stdout
    assert password not in listed
    assert [line.split()[:2] for line in listed.splitlines()[2:4]] == [["everything", "every"], ["north", "rows"]]
    with psycopg.connect(make_conninfo(dsn, user="north")) as connection:
        assert typed("drop", "north").stdout == "Reader north is dropped, and its connections are ended\n"
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(make_conninfo(dsn, user="north"))
    assert isinstance(gone := typed("drop", "north").exception, UserError)
    assert gone.kind == NOT_FOUND


def test_the_server_has_a_digest_of_the_password_and_no_other(dsn: str, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct horse battery\n")
    given = typed("create", "north", "--password-file", str(tmp_path / "password"), "--json")
    assert json.loads(given.stdout) == {"name": "north", "reseller": None}
    assert json.loads(typed("create", "piped", "--password-file", "-", "--json", input="correct horse battery").stdout)
    with psycopg.connect(dsn) as connection:
        kept = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname IN ('north', 'piped')").fetchall()
    assert [text[:14] for (text,) in kept] == ["SCRAM-SHA-256$"] * 2


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        (["North"], WrongUsage, "'North' is no name for one"),
        (["pg_reader"], WrongUsage, "is no name for one"),
        (["seatledger_api"], WrongUsage, "is no name for one"),
        (["x; DROP ROLE y"], WrongUsage, "is no name for one"),
        (["north", "--reseller", ""], WrongUsage, "--reseller takes 1 to 200"),
        (["north", "--password-file", "/nowhere"], UserError, "/nowhere: no password can be read there"),
        (["north", "--password-file", "-"], UserError, "its first line has to be the password, 12 to 200"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_made(dsn: str, arguments: list[str], kind: type, sentence: str) -> None:
    error = typed("create", *arguments, input="short\n").exception
    assert isinstance(error, kind)
    assert sentence in str(error)
    assert json.loads(typed("list", "--json").stdout)["items"] == []


def test_a_role_of_another_use_is_neither_taken_nor_dropped(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE ROLE somebody LOGIN")
        try:
            assert "has a role somebody already" in str(typed("create", "somebody").exception)
            # As in a database that was restored on a server where others have that name.
            connection.execute("INSERT INTO store.reader (name) VALUES ('somebody')")
            assert "has no role here" in typed("list").stdout
            assert "drop it first" in str(typed("create", "somebody").exception)
            assert typed("drop", "somebody").exit_code == 0
            assert connection.execute("SELECT FROM pg_roles WHERE rolname = 'somebody'").fetchone() is not None
        finally:
            connection.execute("DROP ROLE somebody")


def test_a_login_that_left_things_behind_can_be_dropped(dsn: str) -> None:
    typed("create", "untidy")
    with psycopg.connect(make_conninfo(dsn, user="untidy"), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute("SELECT lo_create(0)")

    assert typed("drop", "untidy").exit_code == 0


def test_a_group_that_could_become_the_role_of_the_apis_gets_nobody(dsn: str) -> None:
    typed("create", "first")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("GRANT seatledger_api TO seatledger_reader WITH SET TRUE")
        try:
            assert "may become seatledger_api" in str(typed("create", "second").exception)
        finally:
            connection.execute("REVOKE SET OPTION FOR seatledger_api FROM seatledger_reader")
    assert typed("create", "second").exit_code == 0


def test_an_account_without_the_right_to_make_roles_is_told_so(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    typed("create", "first")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE ROLE clerk LOGIN")
        connection.execute("GRANT USAGE ON SCHEMA store, read TO clerk")
        connection.execute("GRANT SELECT, INSERT, DELETE ON store.reader TO clerk")
        connection.execute("GRANT SELECT ON store.event, read.resellers, read.customers TO clerk")
        try:
            monkeypatch.setenv("SEATLEDGER_DATABASE", make_conninfo(dsn, user="clerk"))
            assert "needs CREATEROLE" in str(typed("create", "second").exception)
            connection.execute("ALTER ROLE clerk CREATEROLE")
            connection.execute("GRANT seatledger_reader TO clerk WITH ADMIN TRUE, INHERIT FALSE, SET FALSE")
            assert typed("create", "second").exit_code == 0
            assert typed("drop", "second").exit_code == 0
        finally:
            connection.execute("DROP OWNED BY clerk")
            connection.execute("DROP ROLE clerk")


def test_a_login_sees_the_same_rows_of_a_generation_that_came_after_it(dsn: str) -> None:
    typed("create", "north", "--reseller", "res-north")
    typed("create", "everything")
    plans_into(dsn, "invoicing_g1")
    assert plans_seen(dsn, "north") == ["sub-north"]
    assert plans_seen(dsn, "everything") == ["sub-north", "sub-south"]

    async def built_and_shown() -> None:
        async with await connect(dsn) as connection:
            rebuild = (
                "INSERT INTO store.rebuild (purpose, projections, buckets, folder, release) "
                "VALUES ('replay', '{invoicing}', 1, '', '') RETURNING number"
            )
            number = (await (await connection.execute(rebuild)).fetchone())[0]  # type: ignore[index]
            made = await generations.building(connection, INVOICING, number, datetime.now(UTC))
            plans_into(dsn, made.schema, "'-again'")
            async with connection.transaction():
                await generations.point_views(connection, INVOICING, made)

    asyncio.run(built_and_shown())

    assert plans_seen(dsn, "north") == ["sub-north-again"]
    assert plans_seen(dsn, "everything") == ["sub-north-again", "sub-south-again"]


def test_a_login_of_one_database_sees_nothing_in_another_of_the_server(dsn: str, database_server: Databases) -> None:
    typed("create", "everything")
    another = database_server.create("prepared_for_readers")
    plans_into(another, "invoicing_g1")

    assert plans_seen(another, "everything") == []

    assert conninfo_to_dict(another)["dbname"] != conninfo_to_dict(dsn)["dbname"]
    database_server.drop(another)
