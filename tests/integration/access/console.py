"""The console over the world of the tests of access, and browsers that are signed in to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.console.application import create_app
from services.console.config import SERVICES
from services.console.system import System

# Its cookies travel by TLS only.
ADDRESS: Final = "https://console.test"
# Nobody listens there: what a page asks of another service it does not get.
_APIS: Final = dict.fromkeys(SERVICES, "http://127.0.0.1:9")
_CSRF: Final = re.compile('name="csrf" value="([^"]+)"')


def console_app(dsn: str, **more: Any) -> FastAPI:
    return create_app(dsn, _APIS, system=System(dsn, "127.0.0.1:9", ()), **more)


@contextmanager
def browser(app: FastAPI) -> Iterator[TestClient]:
    """Somebody's browser: keeps cookies, and goes nowhere by itself."""
    with TestClient(app, base_url=ADDRESS, follow_redirects=False) as client:
        yield client


def sign_in(client: TestClient, token: str, then: str = "/") -> None:
    answer = client.post("/sign-in", data={"token": token, "next": then})
    assert (answer.status_code, answer.headers["Location"]) == (303, then)


def csrf_of(client: TestClient) -> str:
    """What each form of this session has to bring back."""
    found = _CSRF.search(client.get("/").text)
    assert found is not None
    return found[1]
