"""Tokens by msal itself, against a login of scripted answers: when it is asked, and what is kept of it."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretStr

from services.reconciliation.vendors.connector import Misconfigured, NotReached, VendorError
from services.reconciliation.vendors.microsoft.config import MicrosoftConfig
from services.reconciliation.vendors.microsoft.login import LoginHttp
from services.reconciliation.vendors.microsoft.refresh_token_file import RefreshTokenFile
from services.reconciliation.vendors.microsoft.tokens import MsalTokens
from tests.unit.reconciliation.microsoft.surroundings import config

TOKEN_PATH = "/partner.example/oauth2/v2.0/token"
HOST = "https://login.microsoftonline.com"


class Login:
    """Gives `answers` in order to whoever asks for a token, the last one for ever."""

    def __init__(self, *answers: httpx.Response | Exception, token_host: str = HOST) -> None:
        self._answers, self._token_host = list(answers), token_host
        self.forms: list[Mapping[str, str]] = []
        self.urls: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.urls.append(str(request.url))
        if request.url.path.endswith("/.well-known/openid-configuration"):
            base = f"{self._token_host}/partner.example"
            return httpx.Response(200, json={
                "issuer": f"{base}/v2.0", "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            })  # fmt: skip
        self.forms.append({name: values[0] for name, values in parse_qs(request.content.decode()).items()})
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content)

    def tokens(self, settings: MicrosoftConfig | None = None, clock: Any = None) -> MsalTokens:
        settings = settings or config()
        http = LoginHttp(settings.login_address, httpx.Client(transport=httpx.MockTransport(self)))
        return MsalTokens(settings, http, clock) if clock else MsalTokens(settings, http)


def given(token: str = "access-1", seconds: int = 3600, **more: str) -> httpx.Response:
    return httpx.Response(200, json={"token_type": "Bearer", "expires_in": seconds, "access_token": token, **more})


def denied(error: str, description: str = "AADSTS700082: secret-trace", status: int = 400) -> httpx.Response:
    return httpx.Response(status, json={"error": error, "error_description": description})


def token_of(tokens: MsalTokens) -> str:
    return asyncio.run(tokens.token()).get_secret_value()


def with_refresh(path: Path, first: str | None = None) -> MicrosoftConfig:
    return config(refresh_token_file=path, refresh_token=None if first is None else SecretStr(first))


def test_the_application_alone_asks_for_a_token_of_partner_center() -> None:
    login = Login(given())
    assert token_of(login.tokens()) == "access-1"
    (form,) = login.forms
    assert form["grant_type"] == "client_credentials"
    assert form["scope"] == "https://api.partnercenter.microsoft.com/.default"
    assert (form["client_id"], form["client_secret"]) == ("app", "s3cr3t")
    assert login.urls[-1] == HOST + TOKEN_PATH


def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    now = [0.0]
    login = Login(given(), given("access-2"))
    tokens = login.tokens(clock=lambda: now[0])
    assert [token_of(tokens), token_of(tokens)] == ["access-1", "access-1"]
    now[0] = 3569
    assert token_of(tokens) == "access-1"
    assert len(login.forms) == 1


def test_a_token_that_was_not_taken_is_asked_for_anew() -> None:
    login = Login(given(), given("access-2"))
    tokens = login.tokens()

    async def scenario() -> list[str]:
        first = await tokens.token()
        tokens.forget(first)
        second = await tokens.token()
        tokens.forget(first)  # somebody who was late with the same finding
        return [first.get_secret_value(), second.get_secret_value(), (await tokens.token()).get_secret_value()]

    assert asyncio.run(scenario()) == ["access-1", "access-2", "access-2"]
    assert len(login.forms) == 2


def test_many_who_need_a_token_ask_once() -> None:
    login = Login(given())
    tokens = login.tokens()

    async def scenario() -> None:
        await asyncio.gather(*(tokens.token() for _ in range(20)))

    asyncio.run(scenario())
    assert len(login.forms) == 1


def test_each_use_of_a_refresh_token_leaves_the_newer_one_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "refresh"
    login = Login(given(refresh_token="refresh-2"), given("access-2", refresh_token="refresh-3"))
    now = [0.0]
    tokens = login.tokens(with_refresh(path, "refresh-1"), lambda: now[0])
    assert token_of(tokens) == "access-1"
    assert path.read_text() == "refresh-2\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    now[0] = 3571
    assert token_of(tokens) == "access-2"
    assert [form["refresh_token"] for form in login.forms] == ["refresh-1", "refresh-2"]
    assert {form["grant_type"] for form in login.forms} == {"refresh_token"}
    assert "https://api.partnercenter.microsoft.com/.default" in login.forms[0]["scope"].split()
    assert path.read_text() == "refresh-3\n"
    assert os.listdir(tmp_path) == ["refresh"], "nothing else is left lying about"


def test_a_token_that_another_process_has_put_there_is_the_one_to_use(tmp_path: Path) -> None:
    path = tmp_path / "refresh"
    path.write_text("theirs\n")
    login = Login(given())
    token_of(login.tokens(with_refresh(path, "first")))
    assert login.forms[0]["refresh_token"] == "theirs"
    assert path.read_text() == "theirs\n", "an answer without a newer one changes nothing"


def test_a_file_that_is_readable_for_others_is_replaced_by_one_that_is_not(tmp_path: Path) -> None:
    path = tmp_path / "refresh"
    path.write_text("old")
    path.chmod(0o644)
    RefreshTokenFile(path).keep(SecretStr("new"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_token_that_cannot_be_kept_is_found_out_before_it_is_asked_for(tmp_path: Path) -> None:
    login = Login(given())
    with pytest.raises(Misconfigured, match="no new refresh token could be kept"):
        token_of(login.tokens(with_refresh(tmp_path / "nowhere" / "refresh", "first")))
    assert login.forms == []


def test_without_any_refresh_token_a_person_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="holds no refresh token: consent once with MFA"):
        token_of(Login(given()).tokens(with_refresh(tmp_path / "refresh")))


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (denied("invalid_client", "AADSTS7000215: secret-trace", 401), Misconfigured, "invalid_client, AADSTS7000215"),
        (denied("unauthorized_client"), Misconfigured, "check secret, consent and permissions"),
        (denied("temporarily_unavailable"), NotReached, "gives no token now"),
        (httpx.Response(503, content=b"<html>"), NotReached, "gave no token"),
        (httpx.Response(200, content=b"<html>"), NotReached, "cannot be read"),
        (httpx.ConnectTimeout("late"), NotReached, "gave no token (ConnectTimeout)"),
    ],
)
def test_what_the_login_refuses(answer: httpx.Response | Exception, kind: type[VendorError], said: str) -> None:
    with pytest.raises(kind) as error:
        token_of(Login(answer).tokens())
    assert said in str(error.value)
    assert "secret-trace" not in str(error.value)
    assert "s3cr3t" not in str(error.value)
    assert error.value.__cause__ is None


def test_a_refresh_token_that_has_ended_is_named_by_its_file(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as error:
        token_of(Login(denied("invalid_grant")).tokens(with_refresh(tmp_path / "refresh", "old")))
    assert f"the refresh token in {tmp_path / 'refresh'} is not taken any more (AADSTS700082)" in str(error.value)


def test_a_tenant_that_nobody_knows() -> None:
    def unknown(_: httpx.Request) -> httpx.Response:
        return denied("invalid_tenant", "AADSTS90002: Tenant not found.")

    http = LoginHttp("https://login.example", httpx.Client(transport=httpx.MockTransport(unknown)))
    with pytest.raises(Misconfigured, match=r"tenant partner\.example: mend SEATLEDGER_MICROSOFT_TENANT"):
        token_of(MsalTokens(config(login_address="https://login.example"), http))


def test_a_secret_goes_to_the_login_that_is_configured_and_nowhere_else() -> None:
    login = Login(given(), token_host="https://elsewhere.example")
    with pytest.raises(NotReached):
        token_of(login.tokens())
    assert login.forms == []


def test_a_login_on_this_machine_is_reached_as_it_is_configured() -> None:
    login = Login(given(), token_host="https://127.0.0.1:8123")
    assert token_of(login.tokens(config(login_address="http://127.0.0.1:8123"))) == "access-1"
    assert {url.partition("/partner")[0] for url in login.urls} == {"http://127.0.0.1:8123"}
