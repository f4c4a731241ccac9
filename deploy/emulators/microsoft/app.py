"""The emulator put together: login, API, control, and what stands before the API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

from fastapi import FastAPI, Request, Response

from deploy.emulators.microsoft import control, partner_center
from deploy.emulators.microsoft.answers import broken, problem, throttled
from deploy.emulators.microsoft.login import Login
from deploy.emulators.microsoft.state import Asked, State

AUDIENCE = "https://api.partnercenter.microsoft.com"
_API = "/v1/"
_MINUTE = 60.0
_KEPT = 20_000

Handler = Callable[[Request], Awaitable[Response]]


def build(state: State) -> FastAPI:
    app = FastAPI(title="Emulator of Microsoft Partner Center", docs_url=None, redoc_url=None)
    login = Login(state)

    @app.middleware("http")
    async def before_the_api(request: Request, handle: Handler) -> Response:
        if not request.url.path.startswith(_API):
            return await handle(request)
        at = asyncio.get_running_loop().time()
        response = _caught(state, login, request, at) or await handle(request)
        slow = state.traps.springs("slow")
        request_id, correlation = request.headers.get("MS-RequestId"), request.headers.get("MS-CorrelationId")
        state.asked.append(
            Asked(request.method, request.url.path, request.url.query, request_id, correlation, at,
                  response.status_code)
        )  # fmt: skip
        del state.asked[:-_KEPT]
        response.headers["MS-RequestId"] = request_id or str(uuid4())
        response.headers["MS-CorrelationId"] = correlation or str(uuid4())
        response.headers["MS-CV"] = "emulated.0"
        if slow:
            await asyncio.sleep(state.traps.slow_seconds)
        return response

    app.include_router(control.routes(state))
    app.include_router(partner_center.routes(state))
    app.include_router(login.routes())
    return app


def _beyond(state: State, at: float) -> bool:
    """Whether as many as are allowed were asked in the last minute: then the last but so many is younger than that."""
    limit = state.traps.limit_per_minute
    return limit is not None and len(state.asked) >= limit and at - state.asked[-limit].at < _MINUTE


def _caught(state: State, login: Login, request: Request, at: float) -> Response | None:
    """What stands in the way of a request: its token, the limits, a server that is away."""
    traps = state.traps
    if traps.springs("throttle") or _beyond(state, at):
        return throttled(traps)
    if traps.springs("server_errors"):
        return broken(traps)
    carried = request.headers.get("Authorization", "")
    issued = login.issued(carried.removeprefix("Bearer "))
    quoted = f" The request carried {carried}." if traps.echo else ""
    if issued is None or traps.springs("refused_tokens"):
        return problem(traps, 401, "unauthorized", f"The token is not valid.{quoted}")
    if issued.audience != AUDIENCE:
        return problem(traps, 401, 900420, f"The audience of the token is wrong.{quoted}")
    return None
