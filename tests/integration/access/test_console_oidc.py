"""Signing in to the console at an OIDC issuer: authorization code with PKCE, and everything that may not come of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from services.console.oidc_sign_in import OidcSignIn
from shared.web.oidc import Issuer
from tests.infrastructure.issuer import AUDIENCE, CLIENT, SECRET, LocalIssuer, local_issuer
from tests.integration.access.conftest import World
from tests.integration.access.console import ADDRESS, browser, console_app

pytestmark = [pytest.mark.broker, pytest.mark.database]

COOKIE = "__Host-seatledger-oidc"


@pytest.fixture
def issuer() -> Iterator[LocalIssuer]:
    with local_issuer() as found:
        yield found


@pytest.fixture
def client(world: World, issuer: LocalIssuer) -> Iterator[TestClient]:
    oidc = OidcSignIn(issuer.url, CLIENT, SecretStr(SECRET), Issuer(issuer.url, CLIENT, again_s=0.0))
    app = console_app(world.dsn, issuer=Issuer(issuer.url, AUDIENCE, again_s=0.0), oidc=oidc)
    with browser(app) as client:
        yield client


def begun(client: TestClient, then: str = "/subscriptions") -> str:
    """The address at the issuer that a browser is sent to."""
    answer = client.get("/sign-in/oidc", params={"next": then})
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def back(client: TestClient, then: str = "/subscriptions") -> str:
    """The address on the console that the issuer sends the browser back to."""
    return httpx.get(begun(client, then)).headers["Location"].removeprefix(ADDRESS)


def refused(client: TestClient, path: str) -> str:
    """What the page says that a sign-in ends with which came to nothing."""
    answer = client.get(path)
    assert answer.status_code == 401
    assert "__Host-seatledger=" not in answer.headers.get("Set-Cookie", "")
    assert client.get("/subscriptions").status_code == 303
    return str(answer.text)


def test_who_signs_in_there_is_signed_in_here(client: TestClient) -> None:
    assert 'href="/sign-in/oidc?next=/orders"' in client.get("/sign-in", params={"next": "/orders"}).text

    answer = client.get(back(client, "/subscriptions?q=office"))

    assert (answer.status_code, answer.headers["Location"]) == (303, "/subscriptions?q=office")
    assert COOKIE not in client.cookies
    assert client.get("/subscriptions").status_code == 200


def test_the_issuer_is_asked_for_a_code_with_a_challenge_a_state_and_a_nonce(client: TestClient) -> None:
    first, second = (parse_qs(urlsplit(begun(client)).query) for _ in range(2))

    assert first["response_type"] == ["code"]
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == [f"{ADDRESS}/sign-in/oidc/callback"]
    assert first["scope"] == ["openid"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 43
        assert first[name] != second[name]


def test_a_reseller_of_the_issuer_sees_what_is_its_own(world: World, client: TestClient, issuer: LocalIssuer) -> None:
    issuer.access_claims = {"seatledger_role": "reseller", "seatledger_reseller": "res-south"}

    client.get(back(client))

    text = client.get("/subscriptions").text
    assert "sub-south-1" in text
    assert "sub-north" not in text


def test_the_id_token_is_taken_where_it_is_the_one_for_the_apis(
    world: World, client: TestClient, issuer: LocalIssuer
) -> None:
    issuer.access_claims, issuer.id_claims = {"aud": "somebody else"}, {"aud": [CLIENT, AUDIENCE]}

    assert client.get(back(client)).status_code == 303


@pytest.mark.parametrize(
    ("access", "identity", "said"),
    [
        ({"aud": "x"}, {}, "not for this system"),
        ({}, {"nonce": "another"}, "another sign-in"),
        ({}, {"nonce": None}, "another sign-in"),
        ({}, {"aud": "x"}, "not one of the issuer for this audience"),
        ({}, {"exp": 1}, "expired"),
        ({"seatledger_role": None}, {}, "grants nothing here"),
        ({"seatledger_role": "reseller"}, {}, "grants nothing here"),
    ],
)
def test_tokens_that_are_not_as_they_should_be_sign_nobody_in(
    client: TestClient, issuer: LocalIssuer, access: dict[str, Any], identity: dict[str, Any], said: str
) -> None:
    issuer.access_claims, issuer.id_claims = access, identity

    assert said in refused(client, back(client))


def test_what_comes_back_has_to_be_of_the_sign_in_that_was_begun_in_this_browser(client: TestClient) -> None:
    mine, others = back(client), back(client)
    assert "begin again" in refused(client, mine), "of the one before"
    client.cookies.clear()
    assert "begin again" in refused(client, others), "in a browser that began none"
    client.cookies.set(COOKIE, "x")
    assert "begin again" in refused(client, others), "with a cookie that is none of ours"


def test_a_code_counts_once_and_only_with_its_verifier(client: TestClient, issuer: LocalIssuer) -> None:
    path = back(client)
    (asked,) = issuer.codes.values()
    asked["code_challenge"] = "another"
    assert "did not take" in refused(client, path)

    path = back(client)
    kept = client.cookies[COOKIE]
    assert client.get(path).status_code == 303
    client.cookies.clear()
    client.cookies.set(COOKIE, kept)
    assert "did not take" in refused(client, path)


def test_another_issuer_that_answers_is_refused(client: TestClient, issuer: LocalIssuer) -> None:
    path = back(client).replace(httpx.QueryParams({"iss": issuer.url}).__str__(), "iss=https%3A%2F%2Felsewhere.test")

    assert "begin again" in refused(client, path)


def test_what_the_issuer_refuses_is_said_and_nothing_else_that_the_address_brings(client: TestClient) -> None:
    state = parse_qs(urlsplit(begun(client)).query)["state"][0]
    text = refused(client, f"/sign-in/oidc/callback?error=access_denied&state={state}")
    assert "signed nobody in: access_denied" in text

    state = parse_qs(urlsplit(begun(client)).query)["state"][0]
    assert "call%20me" not in refused(client, f"/sign-in/oidc/callback?error=call%20me&state={state}")


def test_signing_in_leads_nowhere_else(client: TestClient) -> None:
    assert client.get(back(client, "//elsewhere.test")).headers["Location"] == "/"


def test_an_issuer_that_is_away_is_said_to_be(client: TestClient, issuer: LocalIssuer) -> None:
    issuer.broken = True

    answer = client.get("/sign-in/oidc")

    assert answer.status_code == 503
    assert "does not answer" in answer.text


def test_it_is_not_there_where_it_is_not_configured(world: World) -> None:
    with browser(console_app(world.dsn)) as client:
        assert "/sign-in/oidc" not in client.get("/sign-in").text
        assert client.get("/sign-in/oidc").status_code == 404
        assert client.get("/sign-in/oidc/callback").status_code == 404
