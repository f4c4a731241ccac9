"""The console's API beside its pages: one address, and each answers in its own way what is asked of it."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_OF_THE_API: Final = ("/v1/", "/openapi.json")


class ApiBeside:
    """Wraps the pages (ASGI): what is the API's goes there, with problem documents for what is wrong."""

    def __init__(self, app: ASGIApp, api: ASGIApp) -> None:
        self._app, self._api = app, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_apis = scope["type"] == "http" and scope["path"].startswith(_OF_THE_API)
        await (self._api if is_apis else self._app)(scope, receive, send)
