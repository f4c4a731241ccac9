"""Who asks: a bearer token becomes a principal. Every route under /v1 asks for one (`create_app` sees to it).

A token that begins with `slt_` is an API token, any other one is for the OIDC issuer, where there is one. What was
found of an API token is remembered for some seconds, so a token that is revoked counts that much longer at the most.
"""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime
from typing import Annotated, Final

import structlog
from fastapi import Depends, Request, params
from fastapi.security.utils import get_authorization_scheme_param
from psycopg_pool import AsyncConnectionPool

from shared.commands.decision import Forbidden
from shared.commands.granting import NotGranted, granted
from shared.commands.principal import PERMISSIONS, Permission, Principal
from shared.store import tokens
from shared.store.tokens import Token
from shared.web.errors import Unauthorized
from shared.web.oidc import Claims, Issuer
from shared.web.parameters import only_known_parameters

REVOKED_WITHIN_S: Final = 5.0
_MOST_REMEMBERED = 10_000
_CONNECTION_S = 5.0

_ROLE, _RESELLER, _CUSTOMER = "seatledger_role", "seatledger_reseller", "seatledger_customer"


class Recognition:
    """Finds out whose a token is. One for each application; `issuer` is None where no OIDC issuer is configured."""

    def __init__(self, connections: AsyncConnectionPool, issuer: Issuer | None = None) -> None:
        self._connections = connections
        self._issuer = issuer
        self._remembered: dict[bytes, tuple[float, Token]] = {}

    async def principal(self, text: str) -> Principal:
        """Whose token this is. Raises Unauthorized for one that is not good, Forbidden where it grants nothing."""
        if text.startswith(tokens.PREFIX):
            return _of_token(await self._token(text))
        if self._issuer is None:
            raise Unauthorized(f"this is no token of the API: they begin with {tokens.PREFIX}")
        return _of_claims(await self._issuer.claims(text))

    async def _token(self, text: str) -> Token:
        # Under its digest: a dump of the process has no more tokens in it than it must.
        key = hashlib.sha256(text.encode()).digest()
        until, token = self._remembered.get(key, (0.0, None))
        if token is None or time.monotonic() >= until:
            async with self._connections.connection(timeout=_CONNECTION_S) as connection:
                token = await tokens.find(connection, text)
            if token is None:
                raise Unauthorized("this token is not known")
            self._remember(key, token)
        if token.revoked_at is not None:
            raise Unauthorized(f"token {token.id} was revoked")
        if not token.is_good(datetime.now(UTC)):
            raise Unauthorized(f"token {token.id} expired on {token.expires_at.astimezone(UTC):%Y-%m-%d}")
        return token

    def _remember(self, key: bytes, token: Token) -> None:
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[key] = (time.monotonic() + REVOKED_WITHIN_S, token)


def _of_token(token: Token) -> Principal:
    name = f"token {token.id}" + (f" ({token.name})" if token.name else "")
    return granted(name, token.role, reseller=token.reseller, customer=token.customer, scopes=token.scopes)


def _of_claims(claims: Claims) -> Principal:
    """The claims as the issuer signed them. Where there is a scope, those of ours in it count, and one has to be."""
    role, reseller, customer = (_text(claims, name) for name in (_ROLE, _RESELLER, _CUSTOMER))
    scope = claims.get("scope")
    scopes = PERMISSIONS & frozenset(scope.split() if isinstance(scope, str) else [])
    if scope is not None and not scopes:
        raise Forbidden(f"the token grants nothing here: its scope {scope!r} names no permission")
    try:
        return granted(f"subject {claims['sub']}", role, reseller=reseller, customer=customer, scopes=scopes)
    except NotGranted as error:
        raise Forbidden(f"the token grants nothing here: {error} (claims {_ROLE}, {_RESELLER}, {_CUSTOMER})") from None


def _text(claims: Claims, name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) else None


async def caller(request: Request) -> Principal:
    """Who asks. Raises Unauthorized without a good token, BadRequest for parameters that the route does not know.

    One dependency and not four: what each of them costs is a good part of what a command costs.
    """
    scheme, token = get_authorization_scheme_param(request.headers.get("Authorization"))
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized("this needs a token: Authorization: Bearer <token>", given=False)
    recognition: Recognition = request.app.state.recognition
    principal = await recognition.principal(token)
    structlog.contextvars.bind_contextvars(caller=principal.name)
    request.state.caller = principal
    only_known_parameters(request)
    return principal


# Who asks, in a handler: `caller: Caller`. The dependency is one a request, however often it is named.
Caller = Annotated[Principal, Depends(caller)]


class Needs:
    """Lets through who has a permission; Forbidden for anybody else, who may not do `to` ("read orders")."""

    def __init__(self, permission: Permission, to: str) -> None:
        self.permission, self._to = permission, to

    async def __call__(self, principal: Caller) -> None:
        principal.need(self.permission, self._to)


def needs(permission: Permission, to: str) -> params.Depends:
    """What a route that reads names among its `dependencies`: the permission that it needs, and what for."""
    dependency: params.Depends = Depends(Needs(permission, to))
    return dependency
