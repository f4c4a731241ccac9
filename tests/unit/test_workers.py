"""Processes that share work: what they find comes back, and what stops one stops all."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator

import pytest

from shared.workers import WorkerEnded, WorkerFailed, Workers


async def squares(number: int) -> AsyncIterator[int]:
    yield number * number
    yield -number


async def fails(number: int) -> AsyncIterator[int]:
    if number == 3:
        raise ValueError("three")
    yield number


class Unsendable(Exception):
    def __init__(self, one: int, other: int) -> None:
        super().__init__("cannot be made again")


async def fails_strangely(number: int) -> AsyncIterator[int]:
    if number:
        raise Unsendable(1, 2)
    yield number


async def dies(number: int) -> AsyncIterator[int]:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    yield number


def test_every_job_is_done_by_some_process() -> None:
    async def scenario() -> list[int]:
        return [found async for found in Workers[int, int](squares, 3).run(range(20))]

    assert sorted(asyncio.run(scenario())) == sorted([n * n for n in range(20)] + [-n for n in range(20)])


def test_no_job_needs_no_process() -> None:
    async def scenario() -> list[int]:
        return [found async for found in Workers[int, int](squares, 3).run([])]

    assert asyncio.run(scenario()) == []


def test_what_keeps_one_from_going_on_ends_the_work() -> None:
    async def scenario() -> None:
        async for _ in Workers[int, int](fails, 2).run(range(8)):
            pass

    with pytest.raises(WorkerFailed, match="ValueError: three") as failed:
        asyncio.run(scenario())
    assert isinstance(failed.value.cause, ValueError)


def test_an_error_that_cannot_be_sent_is_sent_in_words() -> None:
    async def scenario() -> None:
        async for _ in Workers[int, int](fails_strangely, 1).run([1]):
            pass

    with pytest.raises(WorkerFailed, match="Unsendable: cannot be made again"):
        asyncio.run(scenario())


def test_a_process_that_is_killed_ends_the_work() -> None:
    async def scenario() -> None:
        async for _ in Workers[int, int](dies, 2).run(range(8)):
            pass

    with pytest.raises(WorkerEnded, match="run it again"):
        asyncio.run(scenario())


class Interrupted(asyncio.Event):
    """Ctrl-C comes when it is being set: between the look at who waits and the waking."""

    def set(self) -> None:
        (waiting,) = self._waiters
        if not waiting.done():
            signal.raise_signal(signal.SIGINT)
            waiting.set_result(True)


def test_ctrl_c_in_the_middle_of_waking_ends_the_work_without_a_word(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("shared.workers.asyncio.Event", Interrupted)

    async def scenario() -> None:
        async for _ in Workers[int, int](squares, 2).run(range(8)):
            pass

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(scenario())
    assert not multiprocessing.active_children()
    assert caplog.text == ""
