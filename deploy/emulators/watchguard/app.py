"""The emulated WatchGuard Cloud as one application: its APIs, its traps, and the way to steer it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import ValidationError

from deploy.emulators.watchguard import control, licences, platform
from deploy.emulators.watchguard.platform import ACCOUNTS, refused
from deploy.emulators.watchguard.seed import Seed, example
from deploy.emulators.watchguard.state import Refusal, State

_PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
_QUESTIONS = frozenset({"GET", "HEAD", "PUT"})
_ASKED_FOR_TOKENS = ("/oauth/token", "/rest/platform/authorization")


def create_app(seed: Seed | None = None) -> FastAPI:
    """An emulator of its own state, which begins as `seed`, by default the example, says."""
    app = FastAPI(title="WatchGuard Cloud, emulated", openapi_url=None)
    app.state.emulator = State(seed or example())
    for module in (platform, licences, control):
        app.include_router(module.router)

    @app.exception_handler(Refusal)
    async def _refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return refused(error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, __: Exception) -> Response:
        return refused(Refusal(400, "ValidationError", "The request is not valid"))

    @app.exception_handler(ValidationError)
    async def _no_such_trap(_: Request, error: Exception) -> Response:
        return JSONResponse({"message": str(error)}, 422)

    @app.middleware("http")
    async def _trapped(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        if request.url.path.startswith(control.CONTROL):
            return await answer(request)
        state: State = app.state.emulator
        response = await _with_traps(request, state, answer)
        state.calls.append(
            {
                "method": request.method,
                "path": request.url.path,
                "query": request.url.query,
                "status": response.status_code,
            }
        )
        return response

    return app


async def _with_traps(request: Request, state: State, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    traps, path, method = state.traps, request.url.path, request.method
    counted = not traps.left_alone(path, method)
    if counted and traps.takes("slow"):
        await asyncio.sleep(traps.slow_seconds)
    if counted and traps.takes("busy"):
        headers = {} if traps.retry_after is None else {"Retry-After": traps.retry_after}
        return JSONResponse({"message": "Too Many Requests"}, 429, headers)
    if counted and traps.takes("broken"):
        return HTMLResponse(_PAGE.format(title="502 Bad Gateway"), 502)
    offset = request.query_params.get("offset", "")
    if (counted and traps.takes("html")) or (
        path.startswith(ACCOUNTS) and offset.isdigit() and int(offset) in traps.broken_offsets
    ):
        return HTMLResponse(_PAGE.format(title="We will be back soon"), 200)
    response = await answer(request)
    changes = method not in _QUESTIONS and not path.startswith(_ASKED_FOR_TOKENS)
    if counted and changes and traps.takes("lose_answers"):
        return HTMLResponse(_PAGE.format(title="504 Gateway Time-out"), 504)
    return await _with_mark(response) if traps.bom else response


async def _with_mark(response: Response) -> Response:
    """The same answer with a byte order mark before its body."""
    body = b"".join([part async for part in getattr(response, "body_iterator")])  # noqa: B009  (starlette types it away)
    headers = {name: value for name, value in response.headers.items() if name.lower() != "content-length"}
    return Response(b"\xef\xbb\xbf" + body if body else body, response.status_code, headers)
