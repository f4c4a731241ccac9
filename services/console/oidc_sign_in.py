"""Signing in at an OIDC issuer: authorization code with PKCE (RFC 6749, 7636, 9207), and a token that the APIs take.

What has to come back with the code lies in a cookie of ten minutes, sealed under a key that is derived from the secret
of the client: nothing is kept here, and whichever process of the console is asked then can open it.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import httpx
import orjson
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, SecretStr

from services.console.config import Cookie
from services.console.signing_in import form_again, here, start_session
from shared.commands.decision import Forbidden
from shared.web.access import Recognition
from shared.web.errors import NotFound, Unauthorized, Unavailable
from shared.web.oidc import Issuer

router = APIRouter()
_START, _BACK = "/sign-in/oidc", "/sign-in/oidc/callback"
# Names and permissions are in claims of our own; this scope makes it a sign-in, with an ID token.
_SCOPE: Final = "openid"
_SECONDS: Final = 600
_RANDOM_BYTES: Final = 32
_TIMEOUT_S: Final = 10.0
_PURPOSE: Final = b"seatledger console oidc sign-in"
_log = structlog.get_logger("console")
_Text = Annotated[str, Query(max_length=4_096)]


class _Begun(BaseModel):
    """What a sign-in that was begun has to come back with, and where it leads."""

    state: str
    nonce: str
    verifier: str
    next: str


class OidcSignIn:
    """The client of one issuer. `address` is where browsers find the console; None: where the request says.

    `issued` checks ID tokens, which are for the client, whoever the access tokens are for.
    """

    def __init__(
        self, issuer: str, client_id: str, client_secret: SecretStr, issued: Issuer, address: str | None = None
    ) -> None:
        self._issuer, self._client_id, self._secret = issuer, client_id, client_secret
        self._issued, self._address = issued, address
        derived = HKDF(hashes.SHA256(), 32, salt=None, info=_PURPOSE).derive(client_secret.get_secret_value().encode())
        self._seal = Fernet(base64.urlsafe_b64encode(derived))
        self._published: Mapping[str, Any] | None = None

    async def begin(self, request: Request, then: str) -> tuple[str, str]:
        """The address at the issuer to send the browser to, and the cookie. Raises Unavailable."""
        random = [secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3)]
        begun = _Begun(state=random[0], nonce=random[1], verifier=random[2], next=then)
        endpoint = (await self._configuration())["authorization_endpoint"]
        async with self._client(request) as client:
            url, _ = client.create_authorization_url(
                endpoint, begun.state, code_verifier=begun.verifier, nonce=begun.nonce
            )
        return str(url), self._seal.encrypt(begun.model_dump_json().encode()).decode()

    def opened(self, cookie: str | None) -> _Begun:
        """The sign-in that a cookie is of. Raises Unauthorized without one, and once it is too old."""
        try:
            return _Begun.model_validate_json(self._seal.decrypt((cookie or "").encode(), ttl=_SECONDS))
        except InvalidToken:
            raise Unauthorized("this sign-in was not begun here, or too long ago: begin again") from None

    async def token(self, request: Request, begun: _Begun, code: str) -> str:
        """The token that the APIs take. Raises Unauthorized, Forbidden where it grants nothing, Unavailable."""
        endpoint = (await self._configuration())["token_endpoint"]
        try:
            async with self._client(request) as client:
                given = await client.fetch_token(
                    endpoint, code=code, code_verifier=begun.verifier, grant_type="authorization_code"
                )
        except (AuthlibBaseError, httpx.HTTPError, ValueError) as error:
            _log.warning("the issuer gave no token", reason=str(error))
            raise Unauthorized("the issuer did not take what came back from it: begin again") from None
        claims = await self._issued.claims(str(given.get("id_token", "")))
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), begun.nonce.encode()):
            raise Unauthorized("the issuer answered another sign-in: begin again")
        recognition: Recognition = request.app.state.recognition
        # Issuers differ in which of the two is for the APIs: that whose audience they are.
        for token in (str(given.get("access_token", "")), str(given["id_token"])):
            try:
                await recognition.principal(token)
            except Unauthorized:
                continue
            return token
        raise Unauthorized("the issuer's tokens are not for this system: see SEATLEDGER_OIDC_AUDIENCE")

    def is_ours(self, issuer: str) -> bool:
        """Whether an answer names this issuer, where it names one (RFC 9207)."""
        return issuer in ("", self._issuer)

    def _client(self, request: Request) -> AsyncOAuth2Client:
        base = self._address or f"{request.url.scheme}://{request.url.netloc}"
        return AsyncOAuth2Client(
            self._client_id, self._secret.get_secret_value(), scope=_SCOPE, redirect_uri=base.rstrip("/") + _BACK,
            code_challenge_method="S256", timeout=_TIMEOUT_S,
        )  # fmt: skip

    async def _configuration(self) -> Mapping[str, Any]:
        """What the issuer says of itself, asked once. Raises Unavailable."""
        if self._published is None:
            url = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
            try:
                async with httpx.AsyncClient(timeout=_TIMEOUT_S) as client:
                    found = orjson.loads((await client.get(url)).raise_for_status().content)
                if found["issuer"] != self._issuer:
                    raise ValueError(f"its configuration is that of {found['issuer']}")
                for endpoint in ("authorization_endpoint", "token_endpoint"):
                    if urlsplit(found[endpoint]).scheme not in ("https", "http"):
                        raise ValueError(f"its {endpoint} is no address of the web")
            except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                _log.warning("the issuer's configuration cannot be had", issuer=self._issuer, reason=str(error))
                raise Unavailable(f"the issuer {self._issuer} does not answer; try again") from None
            self._published = found
        return self._published


def _configured(request: Request) -> OidcSignIn:
    found: OidcSignIn | None = request.app.state.oidc
    if found is None:
        raise NotFound(f"there is no page {request.url.path}")
    return found


@router.get(_START)
async def begin(request: Request, next: _Text = "/") -> Response:
    """To the issuer; `next` is where to go afterwards."""
    url, sealed = await _configured(request).begin(request, here(next))
    cookie: Cookie = request.app.state.cookie
    answer = RedirectResponse(url, HTTPStatus.SEE_OTHER)
    answer.set_cookie(cookie.of_oidc, sealed, _SECONDS, path="/", secure=cookie.secure, httponly=True, samesite="lax")
    return answer


@router.get(_BACK)
async def come_back(
    request: Request, code: _Text = "", state: _Text = "", error: _Text = "", iss: _Text = ""
) -> Response:
    """From the issuer: a session for what its code stands for; else the form again, with what is wrong."""
    oidc, cookie = _configured(request), request.app.state.cookie
    try:
        begun = oidc.opened(request.cookies.get(cookie.of_oidc))
        if not hmac.compare_digest(state.encode(), begun.state.encode()) or not oidc.is_ours(iss):
            raise Unauthorized("what came back is not of the sign-in that was begun here: begin again")
        if error or not code:
            raise Unauthorized("the issuer signed nobody in" + (f": {error}" if error.isidentifier() else ""))
        token = await oidc.token(request, begun, code)
        answer = await start_session(request, token, begun.next)
    except (Unauthorized, Forbidden) as refusal:
        answer = form_again(request, "/", str(refusal))
    answer.delete_cookie(cookie.of_oidc, path="/", secure=cookie.secure, httponly=True, samesite="lax")
    return answer
