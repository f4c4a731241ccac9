"""A Partner Center of a few scripted answers, for what is about single requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from services.reconciliation.vendors.microsoft.config import MicrosoftConfig
from services.reconciliation.vendors.microsoft.connector import MicrosoftConnector

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BASE = "https://api.partnercenter.microsoft.com/v1"

Script = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def config(**more: Any) -> MicrosoftConfig:
    given: dict[str, Any] = {
        "tenant": "partner.example",
        "client_id": "app",
        "client_secret": SecretStr("s3cr3t"),
    } | more
    return MicrosoftConfig(**given)


def with_secret_file(path: Path, **more: Any) -> MicrosoftConfig:
    return config(client_secret=None, client_secret_file=path, **more)


class FixedTokens:
    """A token that changes when it is forgotten."""

    def __init__(self) -> None:
        self.given = 1

    async def token(self) -> SecretStr:
        return SecretStr(f"token-{self.given}")

    def forget(self, token: SecretStr) -> None:
        self.given += 1

    async def aclose(self) -> None:
        """Nothing is held."""


def ok(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """A body as Partner Center sends it: with a mark before it."""
    return httpx.Response(status, content=b"\xef\xbb\xbf" + json.dumps(body).encode(), headers=headers)


def collection(*items: Any) -> httpx.Response:
    return ok({"totalCount": 99, "items": list(items)})


def problem(status: int, code: int | str, description: str = "no") -> httpx.Response:
    return ok({"code": code, "description": description, "data": [], "source": "PartnerFD"}, status)


class PartnerCenter:
    """Answers in order, the last one again and again; keeps what it was asked."""

    def __init__(self, *answers: Script) -> None:
        self._answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        # Each answer is another object: httpx reads one only once.
        found = answer(request) if callable(answer) else answer
        return httpx.Response(found.status_code, content=found.content, headers=found.headers)

    def connector(self, **more: Any) -> MicrosoftConnector:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return MicrosoftConnector(config(**more), tokens=FixedTokens(), client=client, now=lambda: NOW)

    def header(self, name: str) -> Sequence[str | None]:
        return [request.headers.get(name) for request in self.asked]


def sent(request: httpx.Request) -> Any:
    return json.loads(request.content)
