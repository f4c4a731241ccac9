"""A collection as Partner Center pages it: the next page is named by a link, with a token in a header."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from deploy.emulators.microsoft.traps import Traps

TOKEN = "MS-ContinuationToken"


def page(traps: Traps, items: Sequence[Any], path: str, size: int, token: str | None) -> Mapping[str, Any]:
    """The page of `items` that a token names, the first without one. `path` is the collection's, with its query."""
    begin = _begin(token)
    end = begin + size if size > 0 else len(items)
    links: dict[str, Any] = {"self": {"uri": f"/v1{path}", "method": "GET", "headers": []}}
    if end < len(items):
        links["next"] = _next(traps, path, end)
    total = len(items) if traps.total_count is None else traps.total_count
    return {
        "totalCount": total, "items": items[begin:end], "links": links, "attributes": {"objectType": "Collection"},
    }  # fmt: skip


def _next(traps: Traps, path: str, end: int) -> Mapping[str, Any]:
    kind = traps.next_link
    headers: Any = [{"key": TOKEN, "value": _token(0 if kind == "circle" else end)}]
    uri = f"/v1{path}&seekOperation=Next"
    if kind == "two-question-marks":
        uri = f"/v1{path}?seekOperation=Next"
    elif kind == "without-prefix":
        uri = f"{path}&seekOperation=Next"
    elif kind == "elsewhere":
        uri = f"https://partnercenter.example/v1{path}&seekOperation=Next"
    elif kind == "garbled":
        uri = "{{NextUri}}"
    elif kind == "no-headers":
        headers = "MS-ContinuationToken"
    return {"uri": uri, "method": "GET", "headers": headers}


def _token(begin: int) -> str:
    return base64.b64encode(f"{begin},emulated".encode()).decode()


def _begin(token: str | None) -> int:
    return 0 if token is None else int(base64.b64decode(token).partition(b",")[0])
