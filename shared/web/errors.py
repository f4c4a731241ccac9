"""Errors of an API as problem details (RFC 9457, application/problem+json)."""

from __future__ import annotations

from http import HTTPStatus

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException

from shared.store.pool import away

_log = structlog.get_logger("api")


class NotFound(Exception):
    """There is no such thing; the sentence names what was asked for."""


class BadRequest(Exception):
    """What was asked for cannot be read; the sentence says what to give instead."""


def problem(status: HTTPStatus, detail: str) -> JSONResponse:
    """A problem document: type about:blank, the title that belongs to the status, and what is wrong here."""
    content = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return JSONResponse(content, status.value, media_type="application/problem+json")


def add_error_handlers(app: FastAPI) -> None:
    """Every error of the application becomes a problem document; what went wrong inside is logged, not told."""

    @app.exception_handler(NotFound)
    async def not_found(_: Request, error: NotFound) -> JSONResponse:
        return problem(HTTPStatus.NOT_FOUND, str(error))

    @app.exception_handler(BadRequest)
    async def bad_request(_: Request, error: BadRequest) -> JSONResponse:
        return problem(HTTPStatus.BAD_REQUEST, str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        wrong = [f"{'.'.join(str(part) for part in one['loc'][1:])}: {one['msg']}" for one in error.errors()]
        return problem(HTTPStatus.BAD_REQUEST, "; ".join(wrong))

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        return problem(HTTPStatus(error.status_code), str(error.detail))

    @app.exception_handler(PoolTimeout)
    @app.exception_handler(psycopg.Error)
    async def database(request: Request, error: psycopg.Error) -> JSONResponse:
        if isinstance(error, PoolTimeout) or away(error):
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "the database does not answer; try again")
        _log.error("query failed", path=request.url.path, exc_info=error)
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "this request cannot be answered; the log has the reason")
