"""Commands of the console: sent to the API of the service that decides them, with the token of who looks.

So what the console may do is what its viewer may do, and a refusal has the words of the service itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import httpx
from fastapi import Request

from services.console.viewer import Viewer
from shared.web.request_ids import REQUEST_ID

_TIMEOUT_S: Final = 30.0
# A document of thousands of lines is typeset before its first byte comes.
_FILE_S: Final = 120.0


class NotDone(Exception):
    """What was asked of a service was not done, as far as is known: a form is shown again, as it was typed.

    `status` is the HTTP status of the page that says so.
    """

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class ServiceAway(NotDone):
    """A service does not answer; the sentence says which. A command may have been done all the same."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, HTTPStatus.SERVICE_UNAVAILABLE)


class Refused(NotDone):
    """The service said no; the sentence is its own, and `status` that of its answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered: the document, and the version of the thing where it has one."""

    document: Any
    etag: str | None


class ServiceCalls:
    """The APIs of the services, by name. `client` is the application's one client."""

    def __init__(self, client: httpx.AsyncClient, addresses: Mapping[str, str]) -> None:
        self._client, self._addresses = client, addresses

    async def ask(
        self,
        request: Request,
        viewer: Viewer,
        service: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        preview: bool = False,
        if_match: str | None = None,
        key: str | None = None,
    ) -> Answer:
        """Ask a service. `path` begins with /v1. Raises Refused for its no, ServiceAway where it gives no answer.

        `key` makes a command happen once, however often its form is sent; a preview changes nothing.
        """
        headers = {"Authorization": f"Bearer {viewer.session.token}", REQUEST_ID: request.state.request_id}
        if if_match is not None:
            headers["If-Match"] = if_match
        if key is not None and not preview:
            headers["Idempotency-Key"] = key
        try:
            answered = await self._client.request(
                method, self._addresses[service] + path, json=body, headers=headers, timeout=_TIMEOUT_S,
                params={"preview": "true"} if preview else None,
            )  # fmt: skip
        except httpx.TransportError:
            asked_only = preview or method == "GET"
            raise ServiceAway(f"{service} does not answer; {_known(asked_only=asked_only, key=key)}") from None
        if answered.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            raise ServiceAway(_detail(answered))
        if not answered.is_success:
            raise Refused(_detail(answered), answered.status_code)
        return Answer(answered.json() if answered.content else None, answered.headers.get("ETag"))

    @asynccontextmanager
    async def opened(self, request: Request, viewer: Viewer, service: str, path: str) -> AsyncIterator[httpx.Response]:
        """A file of a service, whose bytes are read as they come. Raises Refused and ServiceAway as `ask` does."""
        headers = {"Authorization": f"Bearer {viewer.session.token}", REQUEST_ID: request.state.request_id}
        wanted = self._client.build_request("GET", self._addresses[service] + path, headers=headers, timeout=_FILE_S)
        try:
            answered = await self._client.send(wanted, stream=True)
        except httpx.TransportError:
            raise ServiceAway(f"{service} does not answer; try again") from None
        try:
            if not answered.is_success:
                await answered.aread()
                if answered.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
                    raise ServiceAway(_detail(answered))
                raise Refused(_detail(answered), answered.status_code)
            yield answered
        finally:
            await answered.aclose()


def _known(*, asked_only: bool, key: str | None) -> str:
    """What is known of something that was not answered, and what to do."""
    if asked_only:
        return "nothing was changed: try again"
    if key is not None:
        return "whether it was done is not known: send it again as it stands, it is done once"
    return "look whether it was done before trying again"


def _detail(answered: httpx.Response) -> str:
    """The sentence of a problem document (RFC 9457)."""
    try:
        return str(answered.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the service answered {answered.status_code} and did not say why"


def calls(request: Request) -> ServiceCalls:
    """The services, as the application knows them."""
    found: ServiceCalls = request.app.state.calls
    return found


def new_key() -> str:
    """What a form carries so that sending it twice does it once."""
    return str(uuid4())
