"""The application that every service's API is: a pool of connections, health, readiness, problems as documents.

There is no authentication yet (a later part brings it), so `serve` listens on the loopback address and nowhere else.
Handlers read the views of the schema `read` only.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated

import psycopg
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import ValidationError

from shared.store.config import Config
from shared.store.logging import configure_logging
from shared.store.pool import pool
from shared.web.errors import add_error_handlers, problem

_LOOPBACK = "127.0.0.1"
_LIVE = "SELECT number FROM store.generation WHERE name = %s AND status = 'live'"


def create_app(service: str, router: APIRouter, dsn: str) -> FastAPI:
    """The API of a service: its routes, /healthz (the process answers) and /readyz (so do its data)."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Opened without waiting: while the database is away requests say so, and the process stays.
        async with pool(dsn, application=f"{service} api") as app.state.connections:
            yield

    app = FastAPI(title=f"Seatledger {service}", version="1", lifespan=lifespan, docs_url=None, redoc_url=None)
    add_error_handlers(app)
    app.include_router(router)

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz(connection: Connection) -> Response:
        try:
            row = await (await connection.execute(_LIVE, [service])).fetchone()
        except psycopg.errors.UndefinedTable:
            row = None
        if row is None:
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE, f"{service} has no live generation: run `python -m services.prepare`"
            )
        return JSONResponse({"status": "ready", "generation": row[0]})

    return app


async def _connection(request: Request) -> AsyncIterator[AsyncConnection]:
    connections: AsyncConnectionPool = request.app.state.connections
    async with connections.connection(timeout=5.0) as connection:
        yield connection


Connection = Annotated[AsyncConnection, Depends(_connection)]


def serve(service: str, router: APIRouter) -> int:
    """Listen on 127.0.0.1:SEATLEDGER_API_PORT until SIGTERM or SIGINT. Exit code 1 when the environment is wrong."""
    try:
        config = Config()
    except ValidationError as error:
        print(f"the environment is not as it should be: {error}", file=sys.stderr)
        return 1
    configure_logging(f"{service}-api", config.log_level)
    app = create_app(service, router, config.database)
    uvicorn.run(app, host=_LOOPBACK, port=config.api_port, log_config=None, access_log=False)
    return 0
