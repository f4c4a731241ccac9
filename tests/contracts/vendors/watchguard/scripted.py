"""A WatchGuard that says what a test has it say, for answers that are given rather than emulated."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from services.reconciliation.vendors.watchguard.connector import PandaConnector
from tests.contracts.vendors.watchguard.emulated import configuration

Found = TypeVar("Found")
Answers = Callable[[httpx.Request], httpx.Response]
TOKEN = {"access_token": "token-of-a-script", "token_type": "Bearer", "expires_in": 3600, "scope": "api-access"}


def scripted(answer: Answers, work: Callable[[PandaConnector], Awaitable[Found]], **more: Any) -> Found:
    """What comes of work when `answer` is what is said, but for tokens and audiences."""

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json=TOKEN)
        if request.url.path.endswith("/audiences"):
            return httpx.Response(200, json={"audience": "audience-of-a-script"})
        return answer(request)

    return unscripted(respond, work, **more)


def unscripted(answer: Answers, work: Callable[[PandaConnector], Awaitable[Found]], **more: Any) -> Found:
    """The same with tokens and audiences from `answer` too."""

    async def scenario() -> Found:
        panda = PandaConnector(
            configuration("https://watchguard.example", **more), transport=httpx.MockTransport(answer),
            now=lambda: datetime(2026, 3, 15, 12, tzinfo=UTC),
        )  # fmt: skip
        try:
            return await work(panda)
        finally:
            await panda.aclose()

    return asyncio.run(scenario())


def once(body: bytes) -> Answers:
    """A first page, and empty ones after it, whatever way its list is named."""

    def answer(request: httpx.Request) -> httpx.Response:
        offset = request.url.params.get("offset", request.url.params.get("$skip", "0"))
        return httpx.Response(200, content=body if offset == "0" else b'{"items": [], "data": []}')

    return answer
