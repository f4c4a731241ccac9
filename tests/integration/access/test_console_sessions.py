"""Sessions of the console: they end, with their token too; their table opens nothing; their cookie is kept safe."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from fastapi.testclient import TestClient

from shared.store import tokens
from shared.store.pool import connect
from shared.web import access
from tests.infrastructure.tokens import token_of
from tests.integration.access.conftest import World
from tests.integration.access.console import browser, console_app, csrf_of, sign_in

pytestmark = [pytest.mark.broker, pytest.mark.database]

COOKIE = "__Host-seatledger"


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with browser(console_app(world.dsn)) as client:
        yield client


def execute(world: World, statement: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        done = connection.execute(statement.encode(), values)
        return done.fetchall() if done.description else []


def is_signed_in(client: TestClient) -> bool:
    answer = client.get("/subscriptions")
    assert answer.status_code in (200, 303)
    return bool(answer.status_code == 200)


def test_a_session_begins_with_a_good_token_and_its_cookie_is_for_this_host_alone(
    world: World, client: TestClient
) -> None:
    answer = client.post("/sign-in", data={"token": token_of(world.dsn, "distributor"), "next": "/subscriptions?q=x"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/subscriptions?q=x")
    name, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert name.startswith(f"{COOKIE}=")
    assert {one.lower() for one in attributes} == {"httponly", "max-age=43200", "path=/", "samesite=lax", "secure"}
    assert is_signed_in(client)


@pytest.mark.parametrize("token", ["", "  ", "slt_nothing", "slt_000000000000_" + "0" * 64, "a.b.c"])
def test_no_session_begins_without_one(client: TestClient, token: str) -> None:
    answer = client.post("/sign-in", data={"token": token})

    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "elsewhere",
    ["https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere.test", "/\t/elsewhere.test", "javascript:x"],
)
def test_signing_in_leads_nowhere_else(world: World, client: TestClient, elsewhere: str) -> None:
    answer = client.post("/sign-in", data={"token": token_of(world.dsn, "distributor"), "next": elsewhere})

    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("origin", ["https://elsewhere.test", "null", "https://console.test.elsewhere.test"])
def test_nobody_is_signed_in_by_another_site(world: World, client: TestClient, origin: str) -> None:
    answer = client.post("/sign-in", data={"token": token_of(world.dsn, "distributor")}, headers={"Origin": origin})

    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert not is_signed_in(client)


def test_a_form_of_its_own_signs_in(world: World, client: TestClient) -> None:
    given = {"token": token_of(world.dsn, "distributor")}

    assert client.post("/sign-in", data=given, headers={"Origin": "https://console.test"}).status_code == 303


def test_a_session_that_is_over_opens_nothing(world: World, client: TestClient) -> None:
    sign_in(client, token_of(world.dsn, "distributor"))
    assert is_signed_in(client)

    execute(
        world, "UPDATE console.session SET created_at = now() - interval '2 s', expires_at = now() - interval '1 s'"
    )

    assert not is_signed_in(client)


def test_signing_out_ends_the_session_for_every_copy_of_its_cookie(world: World, client: TestClient) -> None:
    sign_in(client, token_of(world.dsn, "distributor"))
    kept = client.cookies[COOKIE]

    answer = client.post("/sign-out", data={"csrf": csrf_of(client)})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert COOKIE not in client.cookies
    client.cookies.set(COOKIE, kept)
    assert not is_signed_in(client)


def test_a_token_that_is_revoked_ends_its_sessions(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Else for five seconds more: what was found of a token is remembered for that long.
    monkeypatch.setattr(access, "REVOKED_WITHIN_S", 0.0)

    async def make() -> tuple[str, str]:
        async with await connect(world.dsn) as connection:
            token, text = await tokens.create(connection, "distributor", timedelta(days=1))
            return token.id, text

    token_id, text = asyncio.run(make())
    sign_in(client, text)
    assert is_signed_in(client)

    execute(world, "UPDATE store.api_token SET revoked_at = now() WHERE id = %s", token_id)

    assert not is_signed_in(client)


def test_a_row_that_was_stolen_opens_nothing_and_tells_no_token(world: World, client: TestClient) -> None:
    token = token_of(world.dsn, "distributor")
    sign_in(client, token)
    ((digest, sealed, csrf),) = execute(
        world, "SELECT digest, sealed, csrf FROM console.session ORDER BY created_at DESC LIMIT 1"
    )
    assert isinstance(digest, bytes)
    assert isinstance(sealed, bytes)
    assert token.encode() not in sealed
    assert client.cookies[COOKIE].encode() not in sealed

    for stolen in (digest.hex(), base64.urlsafe_b64encode(digest).decode().rstrip("="), sealed.decode(), str(csrf)):
        client.cookies.clear()
        client.cookies.set(COOKIE, stolen)
        assert not is_signed_in(client)


def test_the_form_of_another_session_is_refused(world: World, client: TestClient) -> None:
    sign_in(client, token_of(world.dsn, "distributor"))
    others = csrf_of(client)
    client.cookies.clear()
    sign_in(client, token_of(world.dsn, "distributor"))

    answer = client.post("/sign-out", data={"csrf": others})

    assert answer.status_code == 403
    assert is_signed_in(client)


def test_signing_in_again_gives_another_cookie_and_ends_the_session_before(world: World, client: TestClient) -> None:
    sign_in(client, token_of(world.dsn, "distributor"))
    before = client.cookies[COOKIE]

    sign_in(client, token_of(world.dsn, "reseller", reseller="res-north"))

    assert client.cookies[COOKIE] != before
    client.cookies.clear()
    client.cookies.set(COOKIE, before)
    assert not is_signed_in(client)


def test_a_cookie_that_travels_without_tls_has_another_name(world: World) -> None:
    with browser(console_app(world.dsn, secure_cookies=False)) as client:
        answer = client.post("/sign-in", data={"token": token_of(world.dsn, "distributor")})

    assert answer.headers["Set-Cookie"].startswith("seatledger=")
    assert "secure" not in answer.headers["Set-Cookie"].lower()


def test_a_form_whose_session_is_over_leads_back_to_its_page_after_the_sign_in(client: TestClient) -> None:
    page = "https://console.test/subscriptions/sub-1/licences?quantity=8"

    answer = client.post("/subscriptions/sub-1/licences", headers={"Referer": page})

    wanted = "/sign-in?next=%2Fsubscriptions%2Fsub-1%2Flicences%3Fquantity%3D8"
    assert (answer.status_code, answer.headers["Location"]) == (303, wanted)
    without = client.post("/subscriptions/sub-1/licences")
    assert without.headers["Location"] == "/sign-in?next=%2F"
