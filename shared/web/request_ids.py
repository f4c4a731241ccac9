"""X-Request-Id: a request's own where it brings one, else made here; in every answer, every log line, every event.

The outermost of an application: what no handler caught is logged with the id and answered from here, as a problem
or as what the application gives people.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final

import structlog
from fastapi import Depends, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.errors import INTERNAL, problem

REQUEST_ID: Final = "X-Request-Id"
_LONGEST = 200
_log = structlog.get_logger("api")


def _problem(_: Request) -> Response:
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, INTERNAL)


class RequestIds:
    """Wraps an application (ASGI); the id is `request.state.request_id`. `failed` makes the answer to what failed."""

    def __init__(self, app: ASGIApp, failed: Callable[[Request], Response] = _problem) -> None:
        self._app = app
        self._failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _taken(Headers(scope=scope).get(REQUEST_ID)) or str(uuid.uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            except Exception:
                _log.exception("request failed", method=scope["method"], path=scope["path"])
                if started:
                    raise
                await self._failed(Request(scope, receive))(scope, receive, send_with_id)


def _taken(given: str | None) -> str | None:
    """What a request brings, if it may go into headers, logs and events: 1 to 200 printable letters of ASCII."""
    fits = given is not None and 0 < len(given) <= _LONGEST and given.isascii() and given.isprintable()
    return given if fits else None


# Dependencies are coroutines: a plain function would be run on another thread each time.
async def _request_id(request: Request) -> str:
    found: str = request.state.request_id
    return found


# The id of the request that is answered: what its events carry as their correlation.
RequestId = Annotated[str, Depends(_request_id)]
