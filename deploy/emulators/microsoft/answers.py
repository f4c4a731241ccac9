"""Bodies as Partner Center writes them: with a mark before them, and two shapes of error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import Response

from deploy.emulators.microsoft.state import capitals
from deploy.emulators.microsoft.traps import Traps

_MARK = b"\xef\xbb\xbf"
_HTML = b"<html><head><title>503</title></head><body>The service is unavailable.</body></html>"


def answer(traps: Traps, body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    content = json.dumps(capitals(body) if traps.pascal_case else body).encode()
    if traps.springs("cut_bodies"):
        content = content[: len(content) // 2]
    return Response(
        (_MARK if traps.bom else b"") + content, status, headers, media_type="application/json; charset=utf-8"
    )


def problem(traps: Traps, status: int, code: int | str, description: str) -> Response:
    """An ordinary error."""
    return answer(traps, {"code": code, "description": description, "data": [], "source": "PartnerFD"}, status)


def throttled(traps: Traps) -> Response:
    """429, which has another shape, and often but not always says when to come again."""
    seconds = traps.retry_after
    message = "Rate limit is exceeded." + ("" if seconds is None else f" Try again in {seconds} seconds.")
    headers = None if seconds is None else {"Retry-After": str(seconds)}
    return answer(traps, {"statusCode": 429, "message": message}, 429, headers)


def broken(traps: Traps) -> Response:
    """What a gateway answers in its place."""
    if traps.server_error_body == "empty":
        return Response(status_code=503)
    return Response(_HTML, 503, media_type="text/html")
