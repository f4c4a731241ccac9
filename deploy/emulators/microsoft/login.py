"""The login: configuration of a tenant, and tokens for an application alone or for application and user.

Its addresses begin with https, as Microsoft's do and as msal wants them, also when it is reached by plain HTTP.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from deploy.emulators.microsoft.state import State


@dataclass(frozen=True)
class Issued:
    """An access token: whom it is for, and until when (time.monotonic)."""

    audience: str
    until: float


class Login:
    """Keeps what it gave. A refresh token stays good when it is used, unless the trap says otherwise."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._access: dict[str, Issued] = {}
        self._refresh: set[str] = set()

    def issued(self, token: str) -> Issued | None:
        """What a token is, None for one that was never given or has ended."""
        found = self._access.get(token)
        return found if found is not None and found.until > time.monotonic() else None

    def routes(self) -> APIRouter:
        router = APIRouter()

        @router.get("/{tenant}/v2.0/.well-known/openid-configuration")
        async def configuration(tenant: str, request: Request) -> Response:
            if self._state.client is not None and tenant != self._state.client.tenant:
                return _refused(400, "invalid_tenant", "AADSTS90002: Tenant not found.")
            base = f"https://{request.url.netloc}/{tenant}"
            return JSONResponse({
                "issuer": f"{base}/v2.0", "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            })  # fmt: skip

        @router.post("/{tenant}/oauth2/v2.0/token")
        async def token(tenant: str, request: Request) -> Response:
            form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
            return self._token(form)

        return router

    def _token(self, form: dict[str, str]) -> Response:
        if self._state.traps.springs("login_errors"):
            return Response(status_code=503)
        client = self._state.client
        if client is not None and (form.get("client_id"), form.get("client_secret")) != (
            client.client_id, client.secret,
        ):  # fmt: skip
            return _refused(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        scopes = form.get("scope", "").split()
        audiences = [scope.removesuffix("/.default") for scope in scopes if scope.endswith("/.default")]
        if len(audiences) != 1:
            return _refused(400, "invalid_scope", "AADSTS70011: The provided value for scope is not valid.")
        if form.get("grant_type") == "client_credentials":
            return JSONResponse(self._given(audiences[0]))
        if form.get("grant_type") == "refresh_token":
            return self._refreshed(form.get("refresh_token", ""), audiences[0])
        return _refused(400, "unsupported_grant_type", "AADSTS70003: The grant type is not supported.")

    def _refreshed(self, token: str, audience: str) -> Response:
        first = self._state.client.refresh_token if self._state.client is not None else None
        if first is not None and not self._refresh:
            self._refresh.add(first)
        if first is not None and token not in self._refresh:
            return _refused(400, "invalid_grant", "AADSTS700082: The refresh token has expired due to inactivity.")
        if self._state.traps.one_use_refresh_tokens:
            self._refresh.discard(token)
        newer = f"emulated-refresh-{uuid4().hex}"
        self._refresh.add(newer)
        return JSONResponse({**self._given(audience), "refresh_token": newer, "scope": f"{audience}/.default"})

    def _given(self, audience: str) -> dict[str, Any]:
        seconds = self._state.traps.token_seconds
        token = f"emulated-access-{uuid4().hex}"
        self._access[token] = Issued(audience, time.monotonic() + seconds)
        return {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token}


def _refused(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)
