"""Who looks at a page: the cookie becomes a session, its token a principal. Every page but the sign-in asks for one.

What somebody may not see is not there for them: no page says that something exists and is another's.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import Depends, Request, params
from psycopg import AsyncConnection

from services.console.config import Cookie
from services.console.sessions import Session, Sessions
from shared.commands.decision import Forbidden
from shared.commands.principal import Permission, Principal
from shared.web.access import Recognition
from shared.web.errors import NotFound, Unauthorized
from shared.web.row_security import reading_as

CSRF_FIELD = "csrf"
_CONNECTION_S = 5.0
_SAFE = frozenset({"GET", "HEAD"})


class SignInFirst(Exception):
    """Nobody is signed in, or not any more: they are sent to the sign-in, and come back afterwards."""


class NotFromHere(Exception):
    """A form that this console did not give to this session; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: what they may see and do, and the session that they do it in."""

    principal: Principal
    session: Session

    def may(self, permission: Permission) -> bool:
        return self.principal.may(permission)


async def _viewer(request: Request) -> Viewer:
    sessions: Sessions = request.app.state.sessions
    recognition: Recognition = request.app.state.recognition
    cookie: Cookie = request.app.state.cookie
    session = await sessions.find(request.cookies.get(cookie.name))
    if session is None:
        raise SignInFirst
    try:
        principal = await recognition.principal(session.token)
    except (Unauthorized, Forbidden):
        raise SignInFirst from None
    structlog.contextvars.bind_contextvars(caller=principal.name)
    if request.method not in _SAFE:
        await _check_form(request, session)
    viewer = Viewer(principal, session)
    request.state.viewer = viewer
    return viewer


async def sent_from_here(request: Request) -> None:
    """NotFromHere for a form that a browser sends from a page of another site."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
        raise NotFromHere("this form was sent from another site")


async def _check_form(request: Request, session: Session) -> None:
    """NotFromHere unless the form came with the session's own field, and from a page of this console."""
    await sent_from_here(request)
    given = (await request.form()).get(CSRF_FIELD)
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise NotFromHere("this form is of another session: open its page again, and send it from there")


# Who looks, in a handler: `viewer: Looking`.
Looking = Annotated[Viewer, Depends(_viewer)]


@asynccontextmanager
async def reading_now(request: Request, viewer: Viewer) -> AsyncIterator[AsyncConnection]:
    """As `Reading`, from this very moment on: for what is read after a command."""
    async with (
        request.app.state.connections.connection(timeout=_CONNECTION_S) as connection,
        reading_as(connection, viewer.principal) as reading,
    ):
        yield reading


async def _reading(request: Request, viewer: Looking) -> AsyncIterator[AsyncConnection]:
    async with reading_now(request, viewer) as reading:
        yield reading


# A connection that sees what the viewer may see, in one moment. It ends before the page is sent.
Reading = Annotated[AsyncConnection, Depends(_reading, scope="function")]


def shown_to(permission: Permission) -> params.Depends:
    """What a page names among its dependencies: who lacks the permission finds no such page."""

    async def check(request: Request, viewer: Looking) -> None:
        if not viewer.may(permission):
            raise NotFound(f"there is no page {request.url.path}")

    dependency: params.Depends = Depends(check)
    return dependency


async def _of_the_organisation(request: Request, viewer: Looking) -> None:
    if not viewer.principal.sees_all:
        raise NotFound(f"there is no page {request.url.path}")


ORGANISATIONS: params.Depends = Depends(_of_the_organisation)
"""What a page names that is the organisation's alone."""
