"""A console over an installation with documents of several recipients; the APIs it asks answer inside the test."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.console.application import create_app as create_console
from services.console.service_calls import ServiceCalls
from services.console.system import System
from services.invoicing import api as invoicing
from services.invoicing.projection import SPEC as INVOICING
from services.orders.projection import SPEC as ORDERS
from services.subscriptions import api as subscriptions
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.web.application import create_app
from tests.infrastructure.billing_system import Event, billing_system
from tests.infrastructure.tokens import token_of
from tests.integration.invoicing.test_the_next_run import EVENTS, RUNS, changed

# Refused: it begins later.
TOO_EARLY: Event = changed("too early", "a", 9, "2019-04-20T09:00:00Z")
TOO_EARLY["data"] = {**TOO_EARLY["data"], "effective_at": "2018-12-01"}
ADDRESSES = {"invoicing": "http://invoicing", "subscriptions": "http://subscriptions"}


def make_documents(dsn: str, broker: str) -> None:
    """Events in, an invoice run a month."""

    async def scenario() -> None:
        async with billing_system(dsn, broker, specs=(ORDERS, SUBSCRIPTIONS, INVOICING)) as system:
            await system.emit([*EVENTS, TOO_EARLY])
            await system.settled()
            for day in RUNS:
                await system.run(day)
            await system.settled()

    asyncio.run(scenario())


class Apps(httpx.AsyncBaseTransport):
    """Requests to each host go to the application of that name; to one that is not there nobody answers."""

    def __init__(self, apps: dict[str, FastAPI]) -> None:
        self._apps = {name: httpx.ASGITransport(app=app) for name, app in apps.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        app = self._apps.get(request.url.host)
        if app is None:
            raise httpx.ConnectError("nobody listens", request=request)
        return await app.handle_async_request(request)


@contextmanager
def signed_in(
    dsn: str, role: str = "distributor", apps: dict[str, Any] | None = None, **of: str
) -> Iterator[TestClient]:
    """A browser's session in the console; `apps` are the APIs that answer, without them those of the installation."""
    console = create_console(dsn, ADDRESSES, system=System(dsn, "127.0.0.1:9", ()), secure_cookies=False)
    with ExitStack() as open_now:
        browser = open_now.enter_context(TestClient(console, base_url="http://console"))
        if apps is None:
            apps = {
                "invoicing": create_app("invoicing", invoicing.router, dsn),
                "subscriptions": create_app("subscriptions", subscriptions.router, dsn),
            }
            for app in apps.values():
                # In the loop of the browser: their pools belong to it, as the console's do.
                lifespan = app.router.lifespan_context(app)
                browser.portal.call(lifespan.__aenter__)  # type: ignore[union-attr]  # it is entered
                open_now.callback(browser.portal.call, lifespan.__aexit__, None, None, None)  # type: ignore[union-attr]
        client = httpx.AsyncClient(transport=Apps(apps))
        console.state.calls = ServiceCalls(client, ADDRESSES)
        answer = browser.post("/sign-in", data={"token": token_of(dsn, role, **of), "next": "/documents"})
        assert answer.status_code == 200, answer.text
        yield browser
