"""Files that are made when they are sent: after the connection to the database is given back, and some at a time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from fastapi import Response
from starlette.types import Receive, Scope, Send

# A large document takes a core for seconds and some hundred megabytes: who asks for more of them at once waits.
AT_ONCE: Final = 2
_RENDERERS: Final = ThreadPoolExecutor(AT_ONCE, "paper")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class RenderedResponse(Response):
    """An answer that is made in a thread when it is sent, `AT_ONCE` of them beside each other."""

    def __init__(self, make: Callable[[], bytes], media_type: str, name: str) -> None:
        super().__init__(media_type=media_type)
        self._make, self._name = make, name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        content = await asyncio.get_running_loop().run_in_executor(_RENDERERS, self._make)
        # A number may have any letter in it: a name of a file has none that ends a header.
        headers = {"Content-Disposition": f'attachment; filename="{_UNSAFE.sub("-", self._name)}"'}
        await Response(content, media_type=self.media_type, headers=headers)(scope, receive, send)
