"""Signing in with an API token, and signing out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from services.console.config import Cookie
from services.console.rendering import page
from services.console.sessions import LIFE, Sessions
from services.console.viewer import Looking, sent_from_here
from shared.commands.decision import Forbidden
from shared.web.access import Recognition
from shared.web.errors import Unauthorized

router = APIRouter()
_LONGEST_TOKEN = 8_192


@router.get("/sign-in")
async def form(request: Request, next: str = "/") -> Response:
    """The form; `next` is where to go afterwards."""
    return page(request, "sign_in.html", next=here(next), wrong=None, is_token_wrong=False)


# Nobody is to find themselves signed in as somebody else, with whatever they then do written under that name.
@router.post("/sign-in", dependencies=[Depends(sent_from_here)])
async def sign_in(
    request: Request, token: Annotated[str, Form(max_length=_LONGEST_TOKEN)] = "", next: Annotated[str, Form()] = "/"
) -> Response:
    """A session for a good token; else the form again, with what is wrong."""
    recognition: Recognition = request.app.state.recognition
    try:
        if not token.strip():
            raise Unauthorized("give a token: `seatledger tokens create` makes one")
        await recognition.principal(token.strip())
    except (Unauthorized, Forbidden) as error:
        return form_again(request, next, str(error), is_token_wrong=True)
    return await start_session(request, token.strip(), next)


@router.post("/sign-out")
async def sign_out(request: Request, viewer: Looking) -> Response:
    """The session is over."""
    cookie: Cookie = request.app.state.cookie
    sessions: Sessions = request.app.state.sessions
    await sessions.end(request.cookies.get(cookie.name))
    answer = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    answer.delete_cookie(cookie.name, path="/", secure=cookie.secure, httponly=True, samesite="lax")
    return answer


def form_again(request: Request, then: str, wrong: str, *, is_token_wrong: bool = False) -> Response:
    """The form with what is wrong, with the token that was given or elsewhere; nobody is signed in."""
    return page(
        request, "sign_in.html", HTTPStatus.UNAUTHORIZED, next=here(then), wrong=wrong, is_token_wrong=is_token_wrong
    )


async def start_session(request: Request, token: str, then: str) -> Response:
    """A new session, whatever cookie came: the one before it is over."""
    cookie: Cookie = request.app.state.cookie
    sessions: Sessions = request.app.state.sessions
    await sessions.end(request.cookies.get(cookie.name))
    secret = await sessions.start(token)
    answer = RedirectResponse(here(then), HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        cookie.name, secret, int(LIFE.total_seconds()), path="/", secure=cookie.secure, httponly=True, samesite="lax"
    )
    return answer


def here(address: str) -> str:
    """An address of this console; the overview for any other."""
    # Browsers read a backslash as a slash, and drop tabs and line breaks: what begins //host leads elsewhere.
    is_here = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if is_here and address.isprintable() else "/"
