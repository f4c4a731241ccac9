"""/healthz, /readyz and /metrics of an API: no token, no part of its description.

They are answered on the loop of the API, or not at all: one that is stuck gives no answer, which is the answer.
"""

from __future__ import annotations

import psycopg
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from psycopg_pool import AsyncConnectionPool
from starlette.background import BackgroundTask, BackgroundTasks

from shared.monitoring.checks import Check, Checks, Readiness

# Less than a check is given: who waits for the pool in vain says so.
_CONNECTION_S = 1.5
_LIVE = "SELECT number FROM store.generation WHERE name = %s AND status = 'live'"


def monitoring(registry: CollectorRegistry) -> APIRouter:
    """The routes. The application's state has `checks`, and the `pools` to look through when they fail."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz(request: Request) -> Response:
        found: Readiness = await request.app.state.checks.look()
        # What broke one connection broke others that lie idle: whoever asks next is to have a good one.
        mending = None if found.ready else BackgroundTasks([BackgroundTask(p.check) for p in request.app.state.pools])
        return JSONResponse(found.document, found.status, background=mending)

    # On a thread: writing it all down takes a while, and other requests go on.
    @router.get("/metrics")
    def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return Response(encode(registry), headers={"Content-Type": content_type})

    return router


def answering(connections: AsyncConnectionPool) -> Checks:
    """What must answer before anything is asked of who has no projection of its own: the database."""
    return Checks({"database": _answers(connections)})


def checks_of(connections: AsyncConnectionPool, service: str) -> Checks:
    """What must answer before an API is asked: the database, and in it a live generation of its projection."""
    return Checks({"database": _answers(connections), "generation": _live(connections, service)})


def _answers(connections: AsyncConnectionPool) -> Check:
    async def look() -> str | None:
        try:
            async with connections.connection(timeout=_CONNECTION_S) as connection:
                await connection.execute("SELECT 1")
        except psycopg.Error:
            return "the database does not answer"
        return None

    return look


def _live(connections: AsyncConnectionPool, service: str) -> Check:
    async def look() -> str | None:
        try:
            async with connections.connection(timeout=_CONNECTION_S) as connection:
                row = await (await connection.execute(_LIVE, [service])).fetchone()
        except psycopg.errors.UndefinedTable:
            row = None
        except psycopg.Error:
            return "the database does not answer"
        return f"{service} has no live generation: run `python -m services.prepare`" if row is None else None

    return look
