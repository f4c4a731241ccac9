"""Errors of an API as problem details (RFC 9457, application/problem+json)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from starlette.background import BackgroundTask, BackgroundTasks
from starlette.exceptions import HTTPException

from shared.commands.decision import CommandRefused
from shared.events.errors import path_of, what_of
from shared.store.pool import away

_log = structlog.get_logger("api")

TYPE = "urn:seatledger:problem:"
INTERNAL = "this request cannot be answered; the log has the reason"
# Elsewhere the words of the status say what kind it is: bad-request, not-found, method-not-allowed.
_KINDS = {HTTPStatus.INTERNAL_SERVER_ERROR: "internal", HTTPStatus.SERVICE_UNAVAILABLE: "unavailable"}


class NotFound(Exception):
    """There is no such thing; the sentence names what was asked for."""


class BadRequest(Exception):
    """What was asked for cannot be read; the sentence says what to give instead."""


class Unauthorized(Exception):
    """Nobody was recognised; the sentence says why. `given`: there was a token, and it is not good."""

    def __init__(self, detail: str, *, given: bool = True) -> None:
        super().__init__(detail)
        self.given = given


class Unavailable(Exception):
    """It cannot be done now; the sentence says why, `retry_after_s` after how many seconds to ask again."""

    def __init__(self, detail: str, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


def problem(
    status: HTTPStatus, detail: str, kind: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """A problem document: what kind it is (that of the status, if none is given), and what is wrong here."""
    kind = kind or _KINDS.get(status) or status.phrase.lower().replace(" ", "-")
    content = {"type": TYPE + kind, "title": status.phrase, "status": status.value, "detail": detail}
    return JSONResponse(content, status.value, headers, media_type="application/problem+json")


def unavailable(detail: str, retry_after_s: int) -> JSONResponse:
    """Not now: 503 with the seconds after which to ask again."""
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": str(retry_after_s)})


def _place(location: Sequence[str | int]) -> str:
    """Where it stands in the request: items[0].quantity, limit; the part of the request where it is all of that."""
    where, *inner = location
    if where == "body" and len(inner) == 1 and isinstance(inner[0], int):
        return f"body, character {inner[0]}"
    return path_of(inner, "").lstrip(".") or str(where)


def wrong_in(error: RequestValidationError) -> str:
    """What is wrong in a request, and where: one sentence for each place."""
    return "; ".join(f"{_place(one['loc'])}: {what_of(one)}" for one in error.errors())


def told_of(error: psycopg.Error) -> tuple[HTTPStatus, str]:
    """What is told of an error of the database: the status, and a sentence. One that is ours is logged, not told."""
    if isinstance(error, psycopg.DataError) and "NUL" in str(error):
        # Said by the client before anything is sent: no text of the database can hold it.
        return HTTPStatus.BAD_REQUEST, "the request holds the character U+0000: leave it out"
    if isinstance(error, PoolTimeout) or away(error):
        return HTTPStatus.SERVICE_UNAVAILABLE, "the database does not answer; try again"
    _log.error("query failed", exc_info=error)
    return HTTPStatus.INTERNAL_SERVER_ERROR, INTERNAL


def mending(request: Request) -> BackgroundTasks:
    """What broke one connection broke others that lie idle: whoever asks next is to have a good one."""
    return BackgroundTasks([BackgroundTask(one.check) for one in request.app.state.pools])


def add_error_handlers(app: FastAPI) -> None:
    """Every error of the application becomes a problem document; what went wrong inside is logged, not told.

    `app.state.pools` are the pools of connections to look through when the database was away.
    """
    app.state.pools = list[AsyncConnectionPool]()

    @app.exception_handler(NotFound)
    async def not_found(_: Request, error: NotFound) -> JSONResponse:
        return problem(HTTPStatus.NOT_FOUND, str(error))

    @app.exception_handler(BadRequest)
    async def bad_request(_: Request, error: BadRequest) -> JSONResponse:
        return problem(HTTPStatus.BAD_REQUEST, str(error))

    @app.exception_handler(Unauthorized)
    async def unauthorized(_: Request, error: Unauthorized) -> JSONResponse:
        # RFC 6750: the code only where a token was given.
        challenge = 'Bearer realm="seatledger"' + (', error="invalid_token"' if error.given else "")
        return problem(HTTPStatus.UNAUTHORIZED, str(error), headers={"WWW-Authenticate": challenge})

    @app.exception_handler(Unavailable)
    async def not_now(_: Request, error: Unavailable) -> JSONResponse:
        return unavailable(str(error), error.retry_after_s)

    @app.exception_handler(CommandRefused)
    async def command_refused(_: Request, error: CommandRefused) -> JSONResponse:
        return problem(HTTPStatus(error.status), str(error), error.kind)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return problem(HTTPStatus.BAD_REQUEST, wrong_in(error))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        status = HTTPStatus(error.status_code)
        detail = str(error.detail)
        if detail == status.phrase:
            # Starlette's own for what no route takes says no more than the title.
            detail = f"{request.method} {request.url.path}: {detail}"
        return problem(status, detail, headers=error.headers)

    @app.exception_handler(PoolTimeout)
    @app.exception_handler(psycopg.Error)
    async def database(request: Request, error: psycopg.Error) -> JSONResponse:
        status, detail = told_of(error)
        if status is not HTTPStatus.SERVICE_UNAVAILABLE:
            return problem(status, detail)
        answer = unavailable(detail, 1)
        answer.background = mending(request)
        return answer
