"""Processes of services that a test starts, kills, and starts again."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.infrastructure.billing_system import BillingSystem
from tests.infrastructure.brokers import Broker

# Small, so that there are many moments at which a worker can die.
_BATCH = "40"


class Crew:
    """What runs; all of it is killed when the block ends. What each process says is in a file of its own in `home`."""

    def __init__(self, system: BillingSystem, broker: Broker, home: Path) -> None:
        self._home = home
        self._logs: dict[int, Path] = {}
        self._running: list[subprocess.Popen[bytes]] = []
        # The embedded broker keeps a member that was killed in its group, so there workers share no group: each reads
        # everything, and who is later finds its positions moved by another.
        alone = {"SEATLEDGER_OWN_GROUPS": "true", "SEATLEDGER_REST_SECONDS": "0.05"}
        self._environment = (
            os.environ
            | {
                "SEATLEDGER_DATABASE": system.dsn,
                "SEATLEDGER_BROKER": system.broker,
                "SEATLEDGER_HOME": str(home),
                "SEATLEDGER_BATCH": _BATCH,
            }
            | ({} if broker.keeps_acknowledged_records else alone)
        )

    def start(self, module: str, *arguments: str, code: Path | None = None) -> subprocess.Popen[bytes]:
        """One process, as a supervisor or a person starts it; of another working copy where `code` is one."""
        log = self._home / f"{len(self._running)}-{module}.log"
        with log.open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], env=self._environment, stdout=said, stderr=said, cwd=code
            )
        self._logs[process.pid] = log
        self._running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """With SIGKILL. Fails where the process has ended by itself before."""
        assert process.poll() is None, self.said_by(process)
        process.kill()
        process.wait()

    def said_by(self, process: subprocess.Popen[bytes]) -> str:
        """All that a process said."""
        return self._logs[process.pid].read_text()

    async def succeeds(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until a process has ended as it should."""
        assert await asyncio.to_thread(process.wait, 300) == 0, self.said_by(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in self._running:
            process.kill()
            process.wait()


async def eventually(holds: Callable[[], Awaitable[bool]], what: str, seconds: float = 120.0) -> None:
    """Wait until it holds."""
    try:
        async with asyncio.timeout(seconds):
            while not await holds():  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not so after {seconds:.0f} s: {what}") from None
