"""The console's application: pools, sessions, the pages of every area, and what holds for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from services.console import api, live, oidc_sign_in, signing_in
from services.console.beside import ApiBeside
from services.console.config import Cookie
from services.console.dead_letters import routes as dead_letters
from services.console.documents import routes as documents
from services.console.errors import add_error_pages, failed
from services.console.oidc_sign_in import OidcSignIn
from services.console.orders import drafting, ending, items
from services.console.orders import routes as orders
from services.console.overview import routes as overview
from services.console.reconciliation import routes as reconciliation
from services.console.rendering import STATIC
from services.console.replay import routes as replay
from services.console.security import SecurityHeaders
from services.console.service_calls import ServiceCalls
from services.console.sessions import Sessions
from services.console.subscriptions import changing
from services.console.subscriptions import routes as subscriptions
from services.console.system import System
from shared.monitoring.registry import process_registry
from shared.store.pool import pool
from shared.web import application
from shared.web.access import Recognition
from shared.web.metrics import ApiMetrics, Counting
from shared.web.monitoring import answering, monitoring
from shared.web.oidc import Issuer
from shared.web.request_ids import RequestIds

# A page holds one for as long as it reads; a look a second for the live pages, and the sessions, share them.
_MOST_CONNECTIONS = 16


def create_app(
    dsn: str,
    apis: Mapping[str, str],
    issuer: Issuer | None = None,
    *,
    system: System | None = None,
    reconciliation_beta: bool = True,
    secure_cookies: bool = True,
    oidc: OidcSignIn | None = None,
) -> FastAPI:
    """The console over one database; `apis` are the base addresses of the services' APIs, by service.

    `system` is what the pages of operations and the overview look at: without one they know no broker, and retry
    nothing. `reconciliation_beta` as in rule R7.1. With `oidc` people sign in at the issuer too.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as open_now:
            connections = await open_now.enter_async_context(
                pool(dsn, most=_MOST_CONNECTIONS, application="console pages")
            )
            client = await open_now.enter_async_context(httpx.AsyncClient(follow_redirects=False))
            app.state.connections, app.state.pools = connections, [connections]
            app.state.recognition, app.state.sessions = Recognition(connections, issuer), Sessions(connections)
            app.state.calls = ServiceCalls(client, apis)
            app.state.checks = answering(connections)
            app.state.watch = live.Watch(connections)
            metrics.pools["reading"] = connections
            await open_now.enter_async_context(beside.router.lifespan_context(beside))
            watching = asyncio.create_task(app.state.watch.run())
            yield
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    app = FastAPI(title="Seatledger console", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    metrics = ApiMetrics(process_registry("console", "pages", {}))
    app.state.cookie, app.state.oidc = Cookie(secure=secure_cookies), oidc
    app.state.system = system or System(dsn)
    app.state.reconciliation_beta = reconciliation_beta
    beside = application.create_app("console", api.router, dsn, issuer)
    # The last one added is the outermost: whoever answers, the headers are there, and it is counted.
    app.add_middleware(RequestIds, failed=failed)
    app.add_middleware(ApiBeside, api=beside)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Counting, metrics=metrics)
    add_error_pages(app)
    app.include_router(signing_in.router)
    app.include_router(oidc_sign_in.router)
    app.include_router(live.router)
    app.include_router(overview.router)
    # Before the pages that take whatever stands in the address for an id.
    app.include_router(changing.router)
    app.include_router(subscriptions.router)
    app.include_router(documents.router)
    for some in (drafting, items, ending, orders):
        app.include_router(some.router)
    for area in (reconciliation, replay, dead_letters):
        app.include_router(area.router)
    app.include_router(monitoring(metrics.registry))
    app.mount("/static", StaticFiles(directory=STATIC))
    return app
