"""However many ask for files at once, only some of them are made beside each other, and all are sent."""

from __future__ import annotations

import asyncio
import re
import threading

import pytest
from starlette.types import Message

from services.invoicing.paper.rendered import AT_ONCE, RenderedResponse


async def sent(response: RenderedResponse) -> list[Message]:
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        messages.append(message)

    await response({"type": "http"}, receive, send)
    return messages


def test_only_some_are_made_at_once() -> None:
    lock, working, most = threading.Lock(), 0, 0
    together = threading.Barrier(AT_ONCE)

    def made() -> bytes:
        nonlocal working, most
        with lock:
            working += 1
            most = max(most, working)
        together.wait(30)
        with lock:
            working -= 1
        return b"paper"

    async def all_of_them() -> list[list[Message]]:
        return await asyncio.gather(*(sent(RenderedResponse(made, "text/plain", "x")) for _ in range(3 * AT_ONCE)))

    answers = asyncio.run(all_of_them())

    assert most == AT_ONCE
    assert [answer[1]["body"] for answer in answers] == [b"paper"] * (3 * AT_ONCE)


@pytest.mark.parametrize("number", ['A"\r\nSet-Cookie: x=1', "2026/1 ü"])
def test_a_number_ends_no_header(number: str) -> None:
    (start, _) = asyncio.run(sent(RenderedResponse(lambda: b"", "text/plain", number)))

    (disposition,) = [value for name, value in start["headers"] if name == b"content-disposition"]
    assert re.fullmatch(rb'attachment; filename="[A-Za-z0-9._-]+"', disposition)
