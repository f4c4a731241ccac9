"""Processes that share some work, one a core: each is given a job, sends what comes of it, gets another.

They are forked, so that what they work with need not be sent; one that dies, or cannot go on, ends the work.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import pickle
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any, Generic, TypeVar

J = TypeVar("J")
R = TypeVar("R")
# Does one job; what it gives is sent on at once.
Work = Callable[[J], AsyncIterator[R]]
_STOP_S = 5.0


class WorkerEnded(Exception):
    """A process ended before its job was done."""


class WorkerFailed(Exception):
    """What kept a process from going on, in its own words; `cause` is the error."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.cause = cause


class Workers(Generic[J, R]):
    """So many processes for one kind of work; `async with`, then `run`."""

    def __init__(self, work: Work[J, R], count: int) -> None:
        self._work = work
        self._count = count

    async def run(self, jobs: Sequence[J]) -> AsyncGenerator[R, None]:
        """Do all jobs, in order as processes become free; what comes of them in the order in which it comes.

        Raises WorkerFailed or WorkerEnded; the other processes are ended then, as when the caller goes away.
        """
        waiting = list(jobs)
        running: dict[Connection, ForkProcess] = {}
        context = multiprocessing.get_context("fork")
        gc.freeze()
        try:
            for _ in range(min(self._count, len(waiting))):
                ours, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs, [*running, ours], self._work), daemon=True)
                process.start()
                theirs.close()
                running[ours] = process
                ours.send(waiting.pop(0))
            while running:
                for pipe in await _ready(list(running)):
                    kind, result = _received(pipe)
                    if kind == "result":
                        yield result
                    elif kind == "failed":
                        raise WorkerFailed(result) from result
                    elif kind == "done" and waiting:
                        pipe.send(waiting.pop(0))
                    elif kind == "done":
                        pipe.close()
                        running.pop(pipe).join()
        finally:
            gc.unfreeze()
            for pipe, process in running.items():
                process.terminate()
                pipe.close()
            for process in running.values():
                await asyncio.to_thread(process.join, _STOP_S)


async def _ready(pipes: Sequence[Connection]) -> list[Connection]:
    """Those that have something to read, once one of them has."""
    loop = asyncio.get_running_loop()
    some = asyncio.Event()

    def wake() -> None:
        # Ctrl-C cancels who waits between any two steps, also between the two in which an event is set.
        with suppress(asyncio.InvalidStateError):
            some.set()

    for pipe in pipes:
        loop.add_reader(pipe.fileno(), wake)
    try:
        await some.wait()
    finally:
        for pipe in pipes:
            loop.remove_reader(pipe.fileno())
    return [pipe for pipe in pipes if pipe.poll()]


def _received(pipe: Connection) -> tuple[str, Any]:
    try:
        kind, result = pipe.recv()
    except (EOFError, ConnectionError):
        raise WorkerEnded("one of the processes was ended from outside; run it again, and it goes on") from None
    return kind, result


def _serve(pipe: Connection, inherited: Sequence[Connection], work: Work[J, R]) -> None:
    # Held open here, they would keep a process waiting for jobs whose parent is gone.
    for other in inherited:
        other.close()
    # A job makes some million objects, none in circles, and is over before they are too many: looking for circles in
    # between took a third of the time.
    gc.disable()
    # The terminal sends Ctrl-C to all; the parent decides what becomes of us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    async def one(job: J) -> None:
        async for result in work(job):
            pipe.send(("result", result))

    # Where the parent was killed nobody is left to be told anything.
    with suppress(EOFError, ConnectionError):
        while True:
            job = pipe.recv()
            try:
                asyncio.run(one(job))
            except Exception as error:  # told to the parent, who stops everything
                pipe.send(("failed", _told(error)))
                return
            pipe.send(("done", None))


def _told(error: Exception) -> Exception:
    """The error, or its words where it cannot be sent to another process."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever keeps it from being sent
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
