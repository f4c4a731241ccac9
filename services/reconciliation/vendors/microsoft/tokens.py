"""Access tokens of Partner Center, from msal: of the application alone, or of application and user (a refresh token).

With a refresh token (Microsoft's Secure Application Model) a person has consented once, with MFA; each use gives a
newer one, which is kept. Tokens are those of the partner's own tenant.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import httpx
import msal
from pydantic import SecretStr

from services.reconciliation.vendors.connector import Misconfigured, NotReached
from services.reconciliation.vendors.microsoft.config import MicrosoftConfig
from services.reconciliation.vendors.microsoft.login import LoginHttp
from services.reconciliation.vendors.microsoft.refresh_token_file import RefreshTokenFile
from services.reconciliation.vendors.microsoft.retrying import TryAgain

# As early as Microsoft's own SDK renews them.
_EARLY_S: Final = 30.0
# msal gives the same answer for five seconds after a failure, without asking.
_AGAIN_S: Final = 6.0
_NOT_REACHED: Final = frozenset({"temporarily_unavailable", "server_error"})


class AccessTokens(Protocol):
    """Who gives tokens. Raises NotReached and Misconfigured."""

    async def token(self) -> SecretStr:
        """One that is good for some seconds at least."""

    def forget(self, token: SecretStr) -> None:
        """This one was not taken: the next is to be another."""

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Given:
    """What the login answered: a token for so many seconds and perhaps a newer refresh token, or an error."""

    token: SecretStr | None
    newer: SecretStr | None
    seconds: float
    error: str
    description: str


class MsalTokens:
    """One token, kept until shortly before its end. `http` is how msal reaches the login."""

    def __init__(
        self, config: MicrosoftConfig, http: LoginHttp | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._config, self._clock = config, clock
        self._http = http if http is not None else LoginHttp(config.login_address)
        path = config.refresh_token_file
        self._refresh = None if path is None else RefreshTokenFile(path, config.refresh_token)
        self._kept: SecretStr | None = None
        self._until = float("-inf")
        self._asking = asyncio.Lock()
        self._application: msal.ConfidentialClientApplication | None = None

    async def token(self) -> SecretStr:
        async with self._asking:
            if self._kept is not None and self._clock() < self._until:
                return self._kept
            # msal waits for the network on the thread that calls it.
            token, lives = await asyncio.to_thread(self._ask)
            self._kept, self._until = token, self._clock() + lives - _EARLY_S
            return token

    def forget(self, token: SecretStr) -> None:
        if self._kept is not token:
            return  # somebody else found out before, and another is there or under way
        self._kept = None
        if self._application is not None:
            self._application.remove_tokens_for_client()

    async def aclose(self) -> None:
        await asyncio.to_thread(self._http.close)

    def _ask(self) -> tuple[SecretStr, float]:
        """A token and its life in seconds. A failure is told in our words: msal's may hold what was sent."""
        try:
            given = self._from_msal()
        except (httpx.HTTPError, msal.exceptions.MsalServiceError, OSError) as error:
            raise TryAgain(
                f"{self._config.login_address} gave no token ({type(error).__name__}); try again later", after=_AGAIN_S
            ) from None
        except (ValueError, KeyError, TypeError) as error:
            raise TryAgain(
                f"the answer of {self._config.login_address} cannot be read ({type(error).__name__})", after=_AGAIN_S
            ) from None
        if given.token is None:
            raise self._refusal(given)
        if self._refresh is not None and given.newer is not None:
            self._refresh.keep(given.newer)
        return given.token, given.seconds

    def _from_msal(self) -> _Given:
        scopes = [self._config.scope]
        application = self._opened()
        if self._refresh is None:
            return _given(application.acquire_token_for_client(scopes=scopes))
        self._refresh.check()
        newest = self._refresh.newest()
        return _given(application.acquire_token_by_refresh_token(newest.get_secret_value(), scopes=scopes))

    def _opened(self) -> msal.ConfidentialClientApplication:
        """Made at the first use, as msal asks the login for its configuration."""
        if self._application is None:
            secret = self._config.secret()
            try:
                self._application = msal.ConfidentialClientApplication(
                    self._config.client_id, client_credential=secret.get_secret_value(), http_client=self._http,
                    instance_discovery=False, authority=f"{self._http.base}/{self._config.tenant}",
                )  # fmt: skip
            except ValueError:
                raise Misconfigured(
                    f"{self._config.login_address} does not know the tenant {self._config.tenant}: mend "
                    "SEATLEDGER_MICROSOFT_TENANT"
                ) from None
        return self._application

    def _refusal(self, given: _Given) -> NotReached | Misconfigured:
        number = re.search(r"AADSTS\d+", given.description)
        code = number[0] if number else given.error
        if given.error in _NOT_REACHED:
            return TryAgain(f"{self._config.login_address} gives no token now ({code})", after=_AGAIN_S)
        if given.error == "invalid_grant" and self._refresh is not None:
            return Misconfigured(
                f"the refresh token in {self._refresh} is not taken any more ({code}): consent again with MFA and put "
                "the new one there",
                code=code,
            )
        return Misconfigured(
            f"{self._config.login_address} gives no token to client {self._config.client_id} of tenant "
            f"{self._config.tenant} ({given.error}, {code}): check secret, consent and permissions",
            code=code,
        )


def _given(answer: object) -> _Given:
    """Read msal's answer. Secrets are wrapped at once: a traceback may show what functions hold."""
    if not isinstance(answer, Mapping):
        raise TypeError("no answer")
    seconds = answer.get("expires_in")
    return _Given(
        _secret(answer.get("access_token")),
        _secret(answer.get("refresh_token")),
        float(seconds) if isinstance(seconds, int | float) else 0.0,
        str(answer.get("error", "no reason"))[:60],
        str(answer.get("error_description", "")),
    )


def _secret(value: object) -> SecretStr | None:
    return SecretStr(value) if isinstance(value, str) and value else None
