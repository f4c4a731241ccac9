"""The files of a document: invoicing makes them, the console passes them on, for a browser has no token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from enum import StrEnum
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import httpx
from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from services.console.service_calls import Refused, calls
from services.console.viewer import Viewer
from shared.web.errors import NotFound

# What of the answer is the browser's business; what it may cache, and who may embed it, is said by this console.
_PASSED_ON: Final = ("Content-Type", "Content-Disposition", "Content-Length", "Content-Encoding")


class FileForm(StrEnum):
    """What a document can be had as."""

    PDF = "pdf"
    XML = "xml"
    CSV = "csv"


async def passed_on(request: Request, viewer: Viewer, number: str, form: FileForm) -> StreamingResponse:
    """A file of a document as invoicing sends it. NotFound for what is not theirs, or is not there in this form."""
    path = f"/v1/documents/{quote(number, safe='')}/{form}"
    stack = AsyncExitStack()
    try:
        answered = await stack.enter_async_context(calls(request).opened(request, viewer, "invoicing", path))
    except Refused as refused:
        if refused.status == HTTPStatus.NOT_FOUND:
            raise NotFound(str(refused)) from None
        raise HTTPException(refused.status, str(refused)) from None
    headers = {name: answered.headers[name] for name in _PASSED_ON if name in answered.headers}
    return StreamingResponse(_bytes(answered, stack), headers=headers)


async def _bytes(answered: httpx.Response, stack: AsyncExitStack) -> AsyncIterator[bytes]:
    async with stack:
        async for some in answered.aiter_raw():
            yield some
