"""One call to WatchGuard: at most so many a second, with its token, tried again where that is safe.

What changes something is repeated only where it surely was not carried out (429, no connection); where that is not
known, NotReached says so, and whoever asks again looks first.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx
import stamina
from aiolimiter import AsyncLimiter
from pydantic import JsonValue, SecretStr

from services.reconciliation.vendors.connector import NotReached
from services.reconciliation.vendors.watchguard.answers import Unreadable, decoded, field, one_line, said, text, whole
from services.reconciliation.vendors.watchguard.config import WatchGuardConfig
from services.reconciliation.vendors.watchguard.refusals import Call, no_token, refusal
from services.reconciliation.vendors.watchguard.tokens import Token, TokenKey, Tokens

TOKENS: Final = "/oauth/token"
AUDIENCES: Final = "/rest/platform/authorization/v1/audiences"
_LIFETIME_S = 3600.0


class OutcomeUnknown(NotReached):
    """It was a change, and it may have been carried out: look before asking again."""


class _NotAnswered(Exception):
    """An attempt without an answer that counts. `wait` is what the vendor asks for, in seconds.

    `unclear`: it was a change, and it may have been carried out.
    """

    def __init__(self, why: str, *, again: bool, unclear: bool = False, wait: float | None = None) -> None:
        super().__init__(why)
        self.again, self.unclear, self.wait = again, unclear, wait


def _whether_again(error: Exception) -> bool | float:
    if not isinstance(error, _NotAnswered) or not error.again:
        return False
    return True if error.wait is None else error.wait


class Calls:
    """All calls with one set of credentials; one event loop. `transport` takes the place of the network."""

    def __init__(
        self, config: WatchGuardConfig, *, transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._config = config
        self._client = httpx.AsyncClient(
            base_url=config.base, timeout=config.timeout_seconds, transport=transport, follow_redirects=False,
            headers={"Accept": "application/json"},
        )  # fmt: skip
        self._limiter = AsyncLimiter(config.requests_per_second, 1)
        self._tokens = Tokens(self._fetch_token, clock)
        self._audiences: dict[str, str] = {}
        self._secrets = config.secrets()

    async def aclose(self) -> None:
        await self._client.aclose()

    async def ask(self, call: Call) -> JsonValue:
        """The JSON of the answer, None for an empty one. Raises VendorError."""
        key = await self._key_of(call)
        bearer = await self._tokens.bearer(key)
        response = await self._answered(call, self._request(call, bearer))
        if response.status_code == 401:
            # Taken back before its time: one more try, with a new token and, for another account, its audience anew.
            self._tokens.refuse(key, bearer)
            if call.account:
                self._audiences.pop(call.account, None)
            bearer = await self._tokens.bearer(await self._key_of(call))
            response = await self._answered(call, self._request(call, bearer))
        if not response.is_success:
            raise refusal(call, response, self._config.account, *self._said(response, call.secret))
        return decoded(response.content)

    async def _key_of(self, call: Call) -> TokenKey:
        audience = await self._audience(call.account) if call.on_behalf and call.account else None
        return TokenKey(self._config.access_id.get_secret_value(), self._config.base, audience)

    def _request(self, call: Call, bearer: SecretStr) -> httpx.Request:
        headers = {
            "Authorization": f"Bearer {bearer.get_secret_value()}",
            "WatchGuard-API-Key": self._config.api_key.get_secret_value(),
        }
        return self._client.build_request(call.method, call.path, params=call.params, json=call.body, headers=headers)

    async def _audience(self, account: str) -> str:
        if (known := self._audiences.get(account)) is not None:
            return known
        doing = f"speak for account {account}"
        answer = await self.ask(Call("POST", AUDIENCES, doing, body={"accountId": account}, account=account))
        audience = text(field(answer, "audience")) if isinstance(answer, dict) else None
        if audience is None:
            raise NotReached(f"Could not {doing}: WatchGuard's answer names no audience; try again later")
        self._audiences[account] = audience
        return audience

    async def _fetch_token(self, key: TokenKey) -> Token:
        form = {"grant_type": "client_credentials", "scope": "api-access"}
        if key.audience is not None:
            form["audience"] = key.audience
        basic = httpx.BasicAuth(key.access_id, self._config.password.get_secret_value())
        request = self._client.build_request("POST", TOKENS, data=form)
        response = await self._answered(Call("POST", TOKENS, "get a token"), request, basic)
        if not response.is_success:
            raise no_token(response, *self._said(response))
        answer = decoded(response.content)
        value = text(field(answer, "access_token")) if isinstance(answer, dict) else None
        if value is None:
            raise NotReached("Could not get a token: WatchGuard's answer holds none; try again later")
        lifetime = whole(field(answer, "expires_in")) if isinstance(answer, dict) else None
        return Token(SecretStr(value), float(lifetime or _LIFETIME_S))

    async def _answered(
        self, call: Call, request: httpx.Request, auth: httpx.BasicAuth | None = None
    ) -> httpx.Response:
        """An answer that counts, whatever its status below 500 but 429. Raises NotReached."""
        failure = _NotAnswered("no attempt was made", again=False)
        try:
            async for attempt in stamina.retry_context(
                on=_whether_again, attempts=1 + self._config.retries, timeout=None,
                wait_initial=self._config.first_wait_seconds, wait_jitter=self._config.first_wait_seconds,
                wait_max=self._config.longest_wait_seconds,
            ):  # fmt: skip
                with attempt:
                    return await self._attempt(call, request, auth)
        except _NotAnswered as error:
            failure = error
        if failure.unclear:
            raise OutcomeUnknown(
                f"Could not {call.doing}: WatchGuard {failure}; it may have been carried out all the same"
            )
        raise NotReached(f"Could not {call.doing}: WatchGuard {failure}; try again later")

    async def _attempt(self, call: Call, request: httpx.Request, auth: httpx.BasicAuth | None) -> httpx.Response:
        await self._limiter.acquire()
        try:
            async with asyncio.timeout(self._config.timeout_seconds):
                response = await self._client.send(request, auth=auth)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            problem = _NotAnswered("is not reached", again=True)
        except (httpx.TimeoutException, TimeoutError):
            problem = _NotAnswered("did not answer in time", again=not call.changes, unclear=call.changes)
        except httpx.HTTPError:
            problem = _NotAnswered("broke off its answer", again=not call.changes, unclear=call.changes)
        else:
            return self._counting(call, response)
        # Raised out here: an exception of httpx holds the request, and that its headers.
        raise problem

    def _counting(self, call: Call, response: httpx.Response) -> httpx.Response:
        status = response.status_code
        wait = _retry_after(response)
        if status == 429 or (status == 503 and wait is not None):
            if wait is not None and wait > self._config.longest_wait_seconds:
                raise _NotAnswered(f"is too busy and asks to wait {wait:.0f} s", again=False)
            raise _NotAnswered(f"is too busy (HTTP {status})", again=True, wait=wait)
        if status >= 500:
            raise _NotAnswered(f"failed (HTTP {status})", again=not call.changes, unclear=call.changes)
        if response.is_success:
            try:
                decoded(response.content)
            except Unreadable as error:
                unreadable = str(error)
            else:
                return response
            raise _NotAnswered(
                f"answered what cannot be read: {unreadable}", again=not call.changes, unclear=call.changes
            )
        return response

    def _said(self, response: httpx.Response, more: tuple[str, ...] = ()) -> tuple[str | None, str]:
        """Code and reason in the vendor's words, should it repeat a secret: without it."""
        hidden = {**dict.fromkeys((*more, *self._tokens.known()), "(secret)"), **self._secrets}
        code, reason = said(response.content)
        return None if code is None else one_line(code, hidden), one_line(reason, hidden)


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait, as Retry-After says them: a number, or a date. None for neither."""
    written = response.headers.get("Retry-After", "").strip()
    if written.isascii() and written.isdigit():
        return float(written)
    try:
        until = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return None
    return max((until.astimezone(UTC) - datetime.now(UTC)).total_seconds(), 0.0)
