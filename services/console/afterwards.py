"""After a command: its page with a sentence of what was done, as soon as the read models show it, or before that.

The sentence travels in the address, sealed for the session that asked: nobody can have a page say what was not done.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse
from psycopg import AsyncConnection

from services.console.viewer import Viewer, reading_now

# A projection is behind by a quarter of a second when it has much to do; the page itself follows what comes later.
_PATIENCE_S: Final = 2.0
_LOOK_EVERY_S: Final = 0.05

# What a page shows of a thing's version: None where it does not show the thing yet.
ShownVersion = Callable[[AsyncConnection], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Said:
    """What was done, as a sentence; `before` is the version that the thing had, "" for what was not there."""

    sentence: str
    before: str | None

    def is_on_its_way(self, version: str | None) -> bool:
        """Whether the read models do not show it yet: they show the thing as it was before."""
        return self.before is not None and self.before == (version or "")


async def go(
    request: Request, viewer: Viewer, path: str, sentence: str, *, before: str | None = None,
    version_of: ShownVersion | None = None,
) -> RedirectResponse:  # fmt: skip
    """To the page of a thing that was changed: at once when its new state is shown, else after some patience.

    `before` is the version that was changed, None where nothing was, or where no projection has to show it.
    """
    is_late = before is not None and version_of is not None and not await _is_shown(request, viewer, before, version_of)
    told = Said(sentence, before if is_late else None)
    parts = {"said": told.sentence, "seal": _seal(viewer, told)}
    if told.before is not None:
        parts["before"] = told.before
    return RedirectResponse(f"{path}?{urlencode(parts)}", HTTPStatus.SEE_OTHER)


async def _is_shown(request: Request, viewer: Viewer, before: str, version_of: ShownVersion) -> bool:
    time = asyncio.get_running_loop().time
    until = time() + _PATIENCE_S
    while True:
        async with reading_now(request, viewer) as connection:
            version = await version_of(connection)
        if (version or "") != before:
            return True
        if time() > until:
            return False
        await asyncio.sleep(_LOOK_EVERY_S)


def said(request: Request, viewer: Viewer) -> Said | None:
    """What this page was gone to with; None where its address says nothing, or what this session was not told."""
    asked = request.query_params
    told = Said(asked.get("said", ""), asked.get("before"))
    seal = asked.get("seal", "")
    return told if told.sentence and hmac.compare_digest(seal.encode(), _seal(viewer, told).encode()) else None


def _seal(viewer: Viewer, told: Said) -> str:
    text = f"said\n{told.sentence}\n{told.before}"
    return hmac.new(viewer.session.csrf.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]
