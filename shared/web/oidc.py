"""Bearer tokens of an OIDC issuer: JSON Web Tokens, signed with one of the keys that the issuer publishes (JWKS).

The keys are kept for some minutes; a token with a key that is not among them has them fetched again, but not more often
than every few seconds, whoever asks. Fetching waits for the network, so it happens on a thread. An issuer that does not
answer is no fault of the token: then nobody can be told from a stranger, and the answer is 503.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, Final

import jwt
import structlog
from jwt.types import Options

from shared.web.errors import Unauthorized, Unavailable

# Signatures that a private key makes. None of the symmetric ones: with those the published key would be the secret.
ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
_KEEP_S = 300.0
_AGAIN_S = 5.0
_TIMEOUT_S = 5.0
_MOST_BYTES = 1_000_000
_LEEWAY_S = 30
_OPTIONS: Final[Options] = {"require": ["exp", "iss", "aud", "sub"], "enforce_minimum_key_length": True}
_log = structlog.get_logger("api")

Claims = Mapping[str, Any]
Jwk = dict[str, Any]


class Issuer:
    """Checks tokens of one issuer for one audience.

    Keys are kept for `keep_s`; between two attempts to fetch them are at least `again_s`.
    """

    def __init__(
        self, issuer: str, audience: str, jwks_url: str | None = None, *, keep_s: float = _KEEP_S,
        again_s: float = _AGAIN_S,
    ) -> None:  # fmt: skip
        self._issuer, self._audience, self._jwks_url = issuer, audience, jwks_url
        self._keep_s, self._again_s = keep_s, again_s
        self._keys: list[Jwk] = []
        self._fetched = self._tried = float("-inf")
        self._answered = False
        self._fetching = asyncio.Lock()

    async def claims(self, token: str) -> Claims:
        """What a token says, when it is good. Raises Unauthorized, and Unavailable when the issuer does not answer."""
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header["alg"]
            if algorithm not in ALGORITHMS:
                raise Unauthorized("the token's signature is of a kind that is not accepted")
            key = jwt.PyJWK(await self._key(header.get("kid")), algorithm)
            claims: Claims = jwt.decode(
                token, key, algorithms=[algorithm], audience=self._audience, issuer=self._issuer, leeway=_LEEWAY_S,
                options=_OPTIONS,
            )  # fmt: skip
        except jwt.ExpiredSignatureError:
            raise Unauthorized("the token has expired; get a new one") from None
        except (jwt.PyJWTError, KeyError, ValueError, RecursionError) as error:
            _log.info("token refused", reason=str(error))
            raise Unauthorized("the token is not one of the issuer for this audience") from None
        return claims

    async def _key(self, kid: object) -> Jwk:
        """The key that a token names; the only one where it names none."""
        found = self._kept(kid)
        if found is None:
            await self._fetch()
            found = self._kept(kid)
        if found is None:
            raise Unauthorized("the token is signed with a key that the issuer does not publish")
        return found

    def _kept(self, kid: object) -> Jwk | None:
        named = [key for key in self._keys if kid is None or key.get("kid") == kid]
        return named[0] if len(named) == 1 and time.monotonic() < self._fetched + self._keep_s else None

    async def _fetch(self) -> None:
        """Fetch the keys, unless that was tried a moment ago. Raises Unavailable when the issuer did not answer."""
        async with self._fetching:
            if time.monotonic() >= self._tried + self._again_s:
                try:
                    self._keys = await asyncio.to_thread(self._published)
                    self._answered, self._fetched = True, time.monotonic()
                except (OSError, HTTPException, ValueError, KeyError, TypeError, AttributeError) as error:
                    self._answered = False
                    _log.error("the keys of the issuer cannot be had", issuer=self._issuer, reason=str(error))
                self._tried = time.monotonic()
        if not self._answered:
            raise Unavailable(f"the issuer {self._issuer} does not answer; try again", max(1, round(self._again_s)))

    def _published(self) -> list[Jwk]:
        if self._jwks_url is None:
            found = _document(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
            if found["issuer"] != self._issuer:
                raise ValueError(f"its configuration is that of {found['issuer']}")
            self._jwks_url = str(found["jwks_uri"])
        return [key for key in _document(self._jwks_url)["keys"] if key.get("use", "sig") == "sig"]


def _document(url: str) -> dict[str, Any]:
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"{url} is no address of the web")
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
        document: dict[str, Any] = json.loads(answer.read(_MOST_BYTES))
    return document
