"""The application that every service's API is: pools of connections, what it tells of itself, problems as documents.

Every route of the router needs a token; what vendors post has a signature instead. Handlers that read ask for `Reading`
and see the views of the schema `read` as whoever asks may see them; commands ask for `Connection` and `Caller`, and
decide themselves whom they reach.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Request
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import ValidationError

from shared.commands.combining import Bounds, combining
from shared.commands.desk import Desk
from shared.monitoring.registry import process_registry
from shared.projections.process import collect_rarely
from shared.store.config import Config
from shared.store.logging import configure_logging
from shared.store.pool import pool
from shared.web.access import Caller, Recognition, caller
from shared.web.errors import add_error_handlers
from shared.web.metrics import ApiMetrics, Counting
from shared.web.monitoring import checks_of, monitoring
from shared.web.oidc import Issuer
from shared.web.openapi import Api
from shared.web.request_ids import RequestIds
from shared.web.row_security import reading_as


def create_app(
    service: str,
    router: APIRouter,
    dsn: str,
    issuer: Issuer | None = None,
    desk: Desk[Any] | None = None,
    bounds: Bounds | None = None,
    posted: APIRouter | None = None,
) -> FastAPI:
    """The API of a service: its routes, and beside them /healthz, /readyz and /metrics.

    Where a service has commands, `desk` is where they are decided; they have connections of their own. `bounds` say how
    much may wait. `posted` are routes for who has no token of ours and signs what he sends: they check that.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Opened without waiting: while the database is away requests say so, and the process stays.
        async with AsyncExitStack() as open_now:
            connections = await open_now.enter_async_context(pool(dsn, application=f"{service} api"))
            app.state.connections, app.state.recognition = connections, Recognition(connections, issuer)
            app.state.bounds, app.state.pools = bounds or Bounds(), [connections]
            app.state.checks = checks_of(connections, service)
            metrics.pools["reading"] = connections
            if desk is not None:
                limits = app.state.bounds
                own = await open_now.enter_async_context(
                    pool(dsn, most=limits.lanes, application=f"{service} commands")
                )
                app.state.pools.append(own)
                metrics.pools["commands"] = own
                commands = combining(desk, own, connections, limits, metrics.decided)
                app.state.commands = await open_now.enter_async_context(commands)
            yield

    app = Api(service, title=f"Seatledger {service}", version="1", lifespan=lifespan, docs_url=None, redoc_url=None)
    metrics = ApiMetrics(process_registry(service, "api", {}))
    app.add_middleware(RequestIds)
    # Added last, so it is the outermost: it sees how what no handler caught was answered.
    app.add_middleware(Counting, metrics=metrics)
    add_error_handlers(app)
    app.include_router(router, dependencies=[Depends(caller)])
    if posted is not None:
        app.include_router(posted)
    app.include_router(monitoring(metrics.registry))
    return app


async def _connection(request: Request) -> AsyncIterator[AsyncConnection]:
    connections: AsyncConnectionPool = request.app.state.connections
    async with connections.connection(timeout=5.0) as connection:
        yield connection


# Both end before the answer is sent: a slow reader of it holds no connection and no transaction.
Connection = Annotated[AsyncConnection, Depends(_connection, scope="function")]


async def _reading(connection: Connection, principal: Caller) -> AsyncIterator[AsyncConnection]:
    async with reading_as(connection, principal) as reading:
        yield reading


Reading = Annotated[AsyncConnection, Depends(_reading, scope="function")]


def serve(service: str, router: APIRouter, desk: Desk[Any] | None = None, posted: APIRouter | None = None) -> int:
    """Listen where SEATLEDGER_API_HOST and _PORT say until SIGTERM or SIGINT. Exit code 1 for a wrong environment."""
    try:
        config = Config()
    except ValidationError as error:
        print(f"the environment is not as it should be: {error}", file=sys.stderr)
        return 1
    configure_logging(f"{service}-api", config.log_level)
    bounds = Bounds(outbox=config.outbox_limit)
    app = create_app(service, router, config.database, issuer_of(config), desk, bounds, posted)
    collect_rarely()
    uvicorn.run(app, host=config.api_host, port=config.api_port, log_config=None, access_log=False)
    return 0


def issuer_of(config: Config) -> Issuer | None:
    """The OIDC issuer whose tokens are taken, where one is configured."""
    if config.oidc_issuer is None or config.oidc_audience is None:
        return None
    return Issuer(config.oidc_issuer, config.oidc_audience, config.oidc_jwks_url)
