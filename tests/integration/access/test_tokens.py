"""API tokens and tokens of an issuer as an API takes them: good, expired, revoked, narrowed, of nobody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Any, Self

import psycopg
import pytest
from fastapi.testclient import TestClient

from services import token_commands
from services.orders.api import router
from shared.errors import UserError
from shared.store import tokens
from shared.store.pool import connect
from shared.store.tokens import Token
from shared.web import access
from shared.web.application import create_app
from shared.web.oidc import Issuer
from tests.infrastructure.issuer import AUDIENCE, LocalIssuer, local_issuer
from tests.infrastructure.tokens import bearer, token_of
from tests.integration.access.conftest import World

pytestmark = [pytest.mark.broker, pytest.mark.database]


@pytest.fixture(scope="module")
def issuer() -> Iterator[LocalIssuer]:
    with local_issuer() as found:
        yield found


@pytest.fixture
def client(world: World, issuer: LocalIssuer) -> Iterator[TestClient]:
    app = create_app("orders", router, world.dsn, Issuer(issuer.url, AUDIENCE, again_s=0.0))
    with TestClient(app) as client:
        yield client


def asked(client: TestClient, token: str, path: str = "/v1/orders") -> Any:
    return client.get(path, headers=bearer(token))


def made(world: World, life: timedelta = timedelta(days=1), **given: Any) -> tuple[Token, str]:
    async def make() -> tuple[Token, str]:
        async with await connect(world.dsn) as connection:
            return await tokens.create(connection, given.pop("role", "distributor"), life, **given)

    return asyncio.run(make())


def execute(world: World, statement: str, *values: object) -> None:
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute(statement.encode(), values)


def test_the_secret_is_nowhere_in_the_database(world: World) -> None:
    _, text = made(world, name="shop")
    secret = text.split("_")[2]
    assert len(bytes.fromhex(secret)) * 8 == 256
    with psycopg.connect(world.dsn) as connection:
        rows = connection.execute("SELECT api_token::text FROM store.api_token").fetchall()
    assert rows
    assert not any(secret in row for (row,) in rows)


def test_a_good_token_is_taken_and_nothing_near_it(world: World, client: TestClient) -> None:
    _, text = made(world)
    other, _ = made(world)
    assert asked(client, text).status_code == 200
    _, token_id, secret = text.split("_")
    near = [text[:-1], text + "0", f"slt_{token_id}_", "slt_", "slt__", f"slt_{other.id}_{secret}", text.upper(),
            f"slt_{token_id}", f"SLT_{token_id}_{secret}", f"slt_é_{secret}"]  # fmt: skip
    for wrong in near:
        answer = client.get("/v1/orders", headers=[(b"Authorization", f"Bearer {wrong}".encode("latin-1"))])
        assert answer.status_code == 401, wrong
        assert answer.headers["WWW-Authenticate"].endswith('error="invalid_token"')
        assert secret not in answer.text
    for other_scheme in (f"Basic {text}", text, "Bearer", ""):
        answer = client.get("/v1/orders", headers={"Authorization": other_scheme})
        assert answer.status_code == 401
        assert "error" not in answer.headers["WWW-Authenticate"]


class Tomorrow(datetime):
    """The clock of the day after."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + timedelta(days=1)


def test_an_expired_token_is_refused_also_while_it_is_remembered(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, text = made(world, timedelta(hours=1))
    assert asked(client, text).status_code == 200
    monkeypatch.setattr(access, "datetime", Tomorrow)
    answer = asked(client, text)
    assert answer.status_code == 401
    assert answer.json()["detail"].startswith(f"token {token.id} expired on 2")


def test_a_revoked_token_counts_some_seconds_at_the_most(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "REVOKED_WITHIN_S", 0.2)
    token, text = made(world)
    assert asked(client, text).status_code == 200
    execute(world, "UPDATE store.api_token SET revoked_at = now() WHERE id = %s", token.id)
    asyncio.run(asyncio.sleep(0.3))
    answer = asked(client, text)
    assert (answer.status_code, answer.json()["detail"]) == (401, f"token {token.id} was revoked")


def test_revoking_twice_keeps_the_first_time(world: World) -> None:
    async def scenario() -> None:
        async with await connect(world.dsn) as connection:
            token, _ = await tokens.create(connection, "integration", timedelta(days=1))
            first = await tokens.revoke(connection, token.id)
            assert first is not None
            assert first.revoked_at is not None
            assert await tokens.revoke(connection, token.id) == first
            assert await tokens.revoke(connection, "nobody") is None
            assert first in await tokens.every(connection)

    asyncio.run(scenario())


def test_scopes_leave_only_what_they_name(world: World, client: TestClient) -> None:
    text = token_of(world.dsn, "distributor", scopes=["accounts:read"])
    assert asked(client, text, "/v1/customers").status_code == 200
    answer = asked(client, text)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:seatledger:problem:forbidden")
    assert answer.json()["detail"].endswith("may not read orders: that needs the permission orders:read")


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({}, 200),
        ({"seatledger_role": "reseller", "seatledger_reseller": "res-north"}, 200),
        ({"seatledger_role": "customer", "seatledger_customer": "cus-south", "seatledger_reseller": "res-north"}, 200),
        ({"scope": "openid profile"}, 403),
        ({"scope": "openid orders:read"}, 200),
        ({"scope": "openid accounts:read"}, 403),
        ({"seatledger_role": None}, 403),
        ({"seatledger_role": "admin"}, 403),
        ({"seatledger_role": ["distributor"]}, 403),
        ({"seatledger_role": "reseller"}, 403),
        ({"seatledger_role": "reseller", "seatledger_reseller": ""}, 403),
        ({"seatledger_role": "customer", "seatledger_reseller": "res-north"}, 403),
        ({"aud": "another"}, 401),
    ],
    ids=str,
)
def test_what_a_token_of_the_issuer_may(
    world: World, client: TestClient, issuer: LocalIssuer, claims: dict[str, Any], status: int
) -> None:
    answer = asked(client, issuer.token(**claims))
    assert answer.status_code == status, answer.text
    if status == 200:
        seen = {one["customer"] for one in answer.json()["items"]}
        role = claims.get("seatledger_role", "distributor")
        expected = {"reseller": {"cus-north-1", "cus-north-2"}, "customer": {"cus-south"}}
        assert seen == expected.get(role, {one.customer for one in world.everybody})


def test_an_issuer_that_is_away_is_503_and_api_tokens_go_on(
    world: World, issuer: LocalIssuer, client: TestClient
) -> None:
    issuer.broken = True
    try:
        answer = asked(client, issuer.token())
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:seatledger:problem:unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
        assert asked(client, token_of(world.dsn, "distributor")).status_code == 200
    finally:
        issuer.broken = False


def test_without_an_issuer_its_tokens_are_no_tokens(world: World, issuer: LocalIssuer) -> None:
    with TestClient(create_app("orders", router, world.dsn)) as client:
        answer = asked(client, issuer.token())
    assert (answer.status_code, answer.json()["detail"]) == (401, "this is no token of the API: they begin with slt_")


def test_without_the_database_nobody_is_recognised(world: World) -> None:
    with TestClient(create_app("orders", router, "postgresql:///x?host=/nowhere")) as client:
        client.app.state.connections.timeout = 0.1  # type: ignore[attr-defined]
        answer = asked(client, token_of(world.dsn, "distributor"))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"


def test_the_commands_make_list_and_revoke(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEATLEDGER_DATABASE", world.dsn)
    monkeypatch.setattr(access, "REVOKED_WITHIN_S", 0.0)
    token_commands.create(
        "reseller", reseller="res-north", customer=None, name="shop", scopes=["orders:read"], days=7, as_json=False
    )
    shown = capsys.readouterr()
    (text,) = shown.out.splitlines()
    assert asked(client, text).status_code == 200
    token_id = text.split("_")[1]
    assert f"Token {token_id} of reseller res-north, good until" in shown.err
    assert text not in shown.err
    assert "Nobody knows" not in shown.err
    token_commands.show_all(as_json=True)
    (listed,) = [one for one in json.loads(capsys.readouterr().out)["items"] if one["id"] == token_id]
    assert (listed["role"], listed["reseller"], listed["name"]) == ("reseller", "res-north", "shop")
    assert (listed["scopes"], listed["revoked_at"]) == (["orders:read"], None)
    life = datetime.fromisoformat(listed["expires_at"]) - datetime.fromisoformat(listed["created_at"])
    assert life == timedelta(days=7)
    token_commands.revoke(token_id)
    assert asked(client, text).status_code == 401
    token_commands.show_all(as_json=False)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.split()[:1] == [token_id]]
    assert line.split()[-1] == "revoked"
    assert text.split("_")[2] not in line


@pytest.mark.parametrize("role", ["reseller", "customer"])
def test_a_token_of_somebody_nobody_knows_is_made_with_a_warning(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], role: str
) -> None:
    monkeypatch.setenv("SEATLEDGER_DATABASE", world.dsn)
    reseller, customer = ("nobody", None) if role == "reseller" else (None, "nobody")
    token_commands.create(role, reseller=reseller, customer=customer, name="", scopes=[], days=7, as_json=True)
    shown = capsys.readouterr()
    assert json.loads(shown.out)["role"] == role
    assert f"Nobody knows {role} nobody: the token sees nothing before it is registered" in shown.err


def test_no_token_of_a_customer_is_made_where_a_reseller_has_its_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATLEDGER_DATABASE", world.dsn)
    with pytest.raises(UserError, match="no token was made: res-north is a reseller's id too"):
        token_commands.create(
            "customer", reseller=None, customer="res-north", name="", scopes=[], days=7, as_json=False
        )
    token_commands.create("customer", reseller=None, customer="cus-direct", name="", scopes=[], days=7, as_json=False)


def test_a_database_that_is_not_prepared_has_no_tokens(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATLEDGER_DATABASE", database)
    with pytest.raises(UserError, match=r"python -m services\.prepare"):
        token_commands.show_all(as_json=True)
