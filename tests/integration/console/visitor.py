"""Somebody with a browser that runs no scripts: reads pages, fills in forms, follows where they lead."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx
from fastapi import FastAPI

from services.console.application import create_app
from services.console.service_calls import ServiceCalls
from services.console.system import System
from tests.infrastructure.tokens import made_token
from tests.integration.access.routes import apps

HERE = "https://console.test"


@dataclass
class Form:
    """A form as it would be sent as it stands: `buttons` are its submit buttons by their words."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    """The forms of a page, and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._button: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("method", "get"), given.get("action", ""))
            self.forms.append(self._form)
        if self._form is None:
            return
        if tag == "input" and (given.get("type") != "radio" or "checked" in given):
            self._form.fields[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select is not None and ("selected" in given or self._is_first()):
            self._form.fields[self._select] = given["value"]
        elif tag == "button":
            self._button = given.get("name", ""), given.get("value", "")

    def _is_first(self) -> bool:
        return self._form is not None and self._select not in self._form.fields

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "button":
            self._button = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._button is not None and self._form is not None and data.strip():
            self._form.buttons[data.strip()] = self._button


@dataclass(frozen=True)
class Looked:
    """A page that was looked at."""

    status: int
    path: str
    html: str

    def _parsed(self) -> _Forms:
        parsed = _Forms()
        parsed.feed(self.html)
        return parsed

    @property
    def words(self) -> str:
        """What stands on it, each run of spaces as one."""
        return re.sub(r"\s+", " ", " ".join(self._parsed().words))

    def form(self, button: str) -> Form:
        """The form that has this button. AssertionError names the buttons that there are."""
        forms = self._parsed().forms
        found = [form for form in forms if button in form.buttons]
        assert found, f"no button {button!r} among {[name for form in forms for name in form.buttons]}: {self.words}"
        return found[0]

    def has_button(self, button: str) -> bool:
        return any(button in form.buttons for form in self._parsed().forms)


class Visitor:
    """Somebody who is signed in."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def look(self, path: str, status: int = 200) -> Looked:
        """A page, which has that status."""
        return self._looked(await self._client.get(path, follow_redirects=True), status)

    async def send(self, page: Looked, button: str, status: int = 200, **typed: str) -> Looked:
        """The form with this button, with something typed into it; then the page that it leads to."""
        form = page.form(button)
        name, value = form.buttons[button]
        fields = form.fields | typed | ({name: value} if name else {})
        if form.method == "post":
            answer = await self._client.post(form.action, data=fields, follow_redirects=True)
        else:
            answer = await self._client.get(form.action, params=fields, follow_redirects=True)
        return self._looked(answer, status)

    def _looked(self, answer: httpx.Response, status: int) -> Looked:
        page = Looked(answer.status_code, answer.url.path, answer.text)
        assert answer.status_code == status, page.words
        return page


@dataclass(frozen=True)
class Console:
    """The console over the real APIs of the services, all in this process."""

    dsn: str
    app: FastAPI
    services: httpx.AsyncClient

    @asynccontextmanager
    async def visitor(self, role: str = "distributor", **whose: str) -> AsyncIterator[Visitor]:
        """Somebody who signs in with a token of this role."""
        token = await made_token(self.dsn, role, **whose)
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
            answer = await client.post("/sign-in", data={"token": token, "next": "/subscriptions"})
            assert answer.is_redirect, answer.text
            yield Visitor(client)


@asynccontextmanager
async def console_over(dsn: str) -> AsyncIterator[Console]:
    """The console, and behind it the services themselves."""
    async with AsyncExitStack() as stack:
        addresses: dict[str, str] = {}
        mounts: dict[str, httpx.AsyncBaseTransport | None] = {}
        for service, app in apps(dsn).items():
            await stack.enter_async_context(app.router.lifespan_context(app))
            addresses[service] = f"http://{service}"
            mounts[f"http://{service}"] = httpx.ASGITransport(app)
        console = create_app(dsn, addresses, system=System(dsn, "127.0.0.1:9", ()))
        await stack.enter_async_context(console.router.lifespan_context(console))
        client = await stack.enter_async_context(httpx.AsyncClient(mounts=mounts))
        console.state.calls = ServiceCalls(client, addresses)
        yield Console(dsn, console, client)
