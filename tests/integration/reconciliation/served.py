"""The API of reconciliation beside a running system, on the loop of the test: asked as its callers ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
from fastapi import FastAPI

from services.reconciliation.api import DESK, POSTED, router
from shared.commands.principal import Role
from shared.store import tokens
from shared.store.pool import connect
from shared.web.application import create_app
from tests.infrastructure.billing_system import BillingSystem
from tests.infrastructure.tokens import bearer

_A_DAY = timedelta(days=1)


class Api:
    """What a test asks. `headers` are those of a caller of customer success."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, headers: Mapping[str, str]) -> None:
        self.app, self._client, self._headers = app, client, headers

    async def get(self, path: str, **wanted: Any) -> Any:
        """What a route answers that reads."""
        answer = await self._client.get(path, params=wanted, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def items(self, path: str, **wanted: Any) -> list[Any]:
        """All items of a list, two a page."""
        found: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.get(path, limit=2, **wanted, **cursor)
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}

    async def post(self, path: str, body: Any = None, query: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and answer of a command; `headers` with underscores for hyphens."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self._client.post(path, json=body, params=query, headers={**self._headers, **given})
        return answer.status_code, answer.json()

    async def posted(self, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """What a vendor is answered, who has no token of ours."""
        return await self._client.post("/webhooks/microsoft", content=body, headers=headers)


@asynccontextmanager
async def served(running: BillingSystem, role: Role = "customer_success") -> AsyncIterator[Api]:
    """The API for the time of the block, asked by somebody of a role."""
    app = create_app("reconciliation", router, running.dsn, desk=DESK, posted=POSTED)
    async with await connect(running.dsn) as connection:
        _, text = await tokens.create(connection, role, _A_DAY, name="Maria")
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client,
    ):
        yield Api(app, client, bearer(text))
