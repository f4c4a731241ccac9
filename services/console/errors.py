"""What went wrong, as a page: one sentence, and where to go on from there."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from starlette.datastructures import URL
from starlette.exceptions import HTTPException

from services.console.rendering import page
from services.console.service_calls import ServiceAway
from services.console.signing_in import here
from services.console.viewer import NotFromHere, SignInFirst
from shared.errors import BAD_REQUEST, NOT_FOUND, UNAVAILABLE, UserError
from shared.web.errors import INTERNAL, BadRequest, NotFound, Unavailable, mending, told_of, wrong_in

_STATUSES: Final = {
    BAD_REQUEST: HTTPStatus.BAD_REQUEST,
    NOT_FOUND: HTTPStatus.NOT_FOUND,
    UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
# What may be over by the time that somebody asks again.
_MAY_PASS: Final = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE})


def error_page(request: Request, status: HTTPStatus, sentence: str) -> Response:
    """A page that says in one sentence what is wrong, with the ways on: again, back, or to the list of the area."""
    return page(
        request, "error.html", status, title=status.phrase, sentence=sentence, came_from=_came_from(request),
        again=_address(request.url) if request.method == "GET" and status in _MAY_PASS else None,
    )  # fmt: skip


def failed(request: Request) -> Response:
    """The page for what no handler here knows: the reason is in the log alone."""
    return error_page(request, HTTPStatus.INTERNAL_SERVER_ERROR, INTERNAL)


def _came_from(request: Request) -> str | None:
    """The page of this console that somebody came from; None for another site's, for this same page and the sign-in."""
    before = URL(request.headers.get("Referer", ""))
    if before.netloc != request.headers.get("Host") or before.path.startswith("/sign-in"):
        return None
    address = _address(before)
    is_this = request.method == "GET" and address == _address(request.url)
    return None if is_this or here(address) != address else address


def _address(url: URL) -> str:
    return url.path + (f"?{url.query}" if url.query else "")


def add_error_pages(app: FastAPI) -> None:
    """Every error of the application becomes a page; what went wrong inside is logged, not told."""
    app.state.pools = list[AsyncConnectionPool]()

    @app.exception_handler(SignInFirst)
    async def sign_in(request: Request, _: SignInFirst) -> Response:
        # A form cannot be sent again for them; the page that it stood on can be shown again.
        came_from = request.url if request.method == "GET" else URL(request.headers.get("Referer", "/"))
        return RedirectResponse(f"/sign-in?next={quote(_address(came_from), safe='')}", HTTPStatus.SEE_OTHER)

    @app.exception_handler(NotFromHere)
    async def not_from_here(request: Request, error: NotFromHere) -> Response:
        return error_page(request, HTTPStatus.FORBIDDEN, str(error))

    @app.exception_handler(NotFound)
    async def not_found(request: Request, error: NotFound) -> Response:
        return error_page(request, HTTPStatus.NOT_FOUND, str(error))

    @app.exception_handler(BadRequest)
    async def bad_request(request: Request, error: BadRequest) -> Response:
        return error_page(request, HTTPStatus.BAD_REQUEST, str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return error_page(request, HTTPStatus.BAD_REQUEST, wrong_in(error))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        sentence = f"there is no page {request.url.path}" if status is HTTPStatus.NOT_FOUND else str(error.detail)
        return error_page(request, status, sentence)

    @app.exception_handler(UserError)
    async def user_error(request: Request, error: UserError) -> Response:
        return error_page(request, _STATUSES.get(error.kind, HTTPStatus.CONFLICT), str(error))

    @app.exception_handler(Unavailable)
    @app.exception_handler(ServiceAway)
    async def service_away(request: Request, error: Exception) -> Response:
        return error_page(request, HTTPStatus.SERVICE_UNAVAILABLE, str(error))

    @app.exception_handler(PoolTimeout)
    @app.exception_handler(psycopg.Error)
    async def database(request: Request, error: psycopg.Error) -> Response:
        status, sentence = told_of(error)
        answer = error_page(request, status, sentence)
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            answer.background = mending(request)
        return answer
