"""One request to Partner Center: its token, its ids, its turn, its retries, and the error that its answer may be.

The only module that knows httpx's client. Answers are read as bytes.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid4

import httpx
import structlog
from pydantic import SecretStr

from services.reconciliation.vendors.connector import NotReached, VendorError
from services.reconciliation.vendors.microsoft.budget import budget_of
from services.reconciliation.vendors.microsoft.errors import WRONG_AUDIENCE, Problem, error, problem_in
from services.reconciliation.vendors.microsoft.reading import Resource, parsed
from services.reconciliation.vendors.microsoft.retrying import LONGEST_PAUSE_S, RequestIds, TryAgain, attempts
from services.reconciliation.vendors.microsoft.tokens import AccessTokens

_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
# Set by us alone, whatever a link tells to send along.
_OURS: Final = frozenset({"authorization", "host", "ms-requestid", "ms-correlationid", "content-length"})
_SECONDS: Final = re.compile(r"\s*([0-9]{1,7})(?:\.[0-9]+)?\s*")
_SAID_SECONDS: Final = re.compile(r"[Tt]ry again in ([0-9]{1,7}) seconds")
_log = structlog.get_logger("microsoft")


@dataclass(frozen=True, slots=True)
class Errand:
    """One logical operation. `what` completes "Partner Center would not ..."; its correlation id is what support asks.

    `of_customer` says that it is about one customer, so that 403 and 404 mean that he is not ours to see.
    """

    what: str
    of_customer: bool = False
    correlation: str = field(default_factory=lambda: str(uuid4()))


@dataclass(frozen=True, slots=True)
class Reply:
    """A result: `body` is the JSON object of it, None where there is none."""

    status: int
    body: Resource | None


@dataclass(frozen=True, slots=True)
class _Request:
    errand: Errand
    method: str
    path: str
    content: bytes | None
    headers: Mapping[str, str]


class Transport:
    """Asks under one address, `/v1` included. `seconds` is how long one answer may take, its body included.

    Without a `client` it makes its own at the first request: who has nothing to ask opens nothing.
    """

    def __init__(
        self,
        address: str,
        tokens: AccessTokens,
        client: httpx.AsyncClient | None,
        requests_per_minute: int,
        seconds: float,
    ) -> None:
        self._base, self._tokens, self._client = f"{address}/v1", tokens, client
        self._budget, self._seconds = partial(budget_of, address, requests_per_minute), seconds

    async def ask(
        self, errand: Errand, method: str, path: str, *, body: Resource | None = None,
        headers: Mapping[str, str] = _NO_HEADERS, request_id: UUID | None = None,
    ) -> Reply:  # fmt: skip
        """The result of `method` on `path`, which begins with a slash. Raises VendorError.

        Tried again where that may help; every try takes its turn in the budget.
        """
        ids = RequestIds(request_id)
        content = None if body is None else json.dumps(body).encode()
        request = _Request(errand, method, path, content, headers)
        renewed = False
        async for attempt in attempts():
            with attempt:
                await self._budget().take()
                response, sent_with = await self._answer(request, ids)
                reply = self._read(request, response)
                if isinstance(reply, Reply):
                    return reply
                if response.status_code == 401 and reply.code != WRONG_AUDIENCE and not renewed:
                    # Revoked before its end, or our clock is late: once, another token may be taken.
                    renewed = True
                    self._tokens.forget(sent_with)
                    raise TryAgain("the access token was not taken", after=0.0, correlation=errand.correlation)
                raise self._error(request, response, reply)
        raise AssertionError("attempts end with a return or an error")

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
        await self._tokens.aclose()

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self._seconds)
        return self._client

    async def _answer(self, request: _Request, ids: RequestIds) -> tuple[httpx.Response, SecretStr]:
        """What came back, and the token it was asked with. Raises TryAgain when nothing came."""
        token = await self._tokens.token()
        told = {"method": request.method, "path": request.path.partition("?")[0], "request": ids.current,
                "correlation": request.errand.correlation}  # fmt: skip
        try:
            # httpx counts each piece of a body by itself: one that trickles in would never end.
            async with asyncio.timeout(self._seconds):
                response = await self._open().request(
                    request.method, self._base + request.path, headers=_headers(request, ids, token),
                    content=request.content,
                )  # fmt: skip
        except (TimeoutError, httpx.RequestError) as failure:
            _log.warning("no answer", **told, reason=type(failure).__name__)
            raise TryAgain(
                f"Partner Center did not answer when it was to {request.errand.what} ({type(failure).__name__})",
                correlation=request.errand.correlation,
            ) from None
        _log.debug("answered", **told, status=response.status_code)
        ids.answered()
        return response, token

    def _read(self, request: _Request, response: httpx.Response) -> Reply | Problem:
        """A result, or what an error says. Raises TryAgain where asking again may help."""
        if 200 <= response.status_code < 300:
            return self._result(request, response)
        problem = problem_in(response.content)
        if problem.known or (response.status_code < 500 and response.status_code not in (408, 429)):
            return problem
        after = _asked_wait(response.headers.get("Retry-After"), problem.words)
        if response.status_code == 429 or after is not None:
            self._budget().pause(min(after or 0.0, LONGEST_PAUSE_S))
        correlation = request.errand.correlation
        _log.warning("busy", status=response.status_code, after=after, correlation=correlation)
        if after is not None and after > LONGEST_PAUSE_S:
            raise NotReached(
                f"Partner Center is too busy to {request.errand.what}: it asks for a pause of {after:.0f} seconds",
                correlation=correlation,
            )
        raise TryAgain(
            f"Partner Center is too busy to {request.errand.what}, or broken (HTTP {response.status_code})",
            after=after, correlation=correlation,
        )  # fmt: skip

    def _result(self, request: _Request, response: httpx.Response) -> Reply:
        try:
            body = parsed(response.content) if response.content.strip() else None
        except ValueError:
            body = None
        if isinstance(body, dict):
            return Reply(response.status_code, body)
        if request.method == "GET":
            raise TryAgain(
                f"the answer of Partner Center cannot be read when it is to {request.errand.what}",
                correlation=request.errand.correlation,
            )
        # What was to be changed is changed: whatever its answer looks like, that is no reason to do it again.
        return Reply(response.status_code, None)

    def _error(self, request: _Request, response: httpx.Response, problem: Problem) -> VendorError:
        errand = request.errand
        found = error(response.status_code, problem, errand.what, errand.correlation, of_customer=errand.of_customer)
        _log.warning("refused", status=response.status_code, code=problem.code, correlation=errand.correlation,
                     path=request.path.partition("?")[0], reason=str(found))  # fmt: skip
        return found


def _headers(request: _Request, ids: RequestIds, token: SecretStr) -> Mapping[str, str]:
    """Made where they are sent, and held by nobody: a traceback may show what functions hold."""
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _OURS}
    if request.content is not None:
        headers["Content-Type"] = "application/json"
    return headers | {
        "Accept": "application/json", "Authorization": f"Bearer {token.get_secret_value()}",
        "MS-RequestId": ids.current, "MS-CorrelationId": request.errand.correlation, "MS-Contract-Version": "v1",
        "MS-PartnerCenter-Application": "Seatledger", "X-Locale": "en-US",
    }  # fmt: skip


def _asked_wait(header: str | None, words: str | None) -> float | None:
    """Seconds that an answer asks to wait: its header first, then its sentence; None where it names none."""
    found = _SECONDS.fullmatch(header) if header is not None else None
    found = found or (_SAID_SECONDS.search(words) if words is not None else None)
    return float(found[1]) if found else None
