"""The commands of replay as users type them: a process each, beside a system whose projectors run in the test."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.store.pool import connect
from tests.infrastructure.billing_system import EVERY_PROJECTION, BillingSystem
from tests.integration.replay.systems import live, schemas

# What readers see of each projection: before anything was replayed, and after a replay of all.
FIRST, SECOND = ({spec.name: f"{spec.name}_g{number}" for spec in EVERY_PROJECTION} for number in (1, 2))


@dataclass(frozen=True)
class Answer:
    """What a command left with: its exit code, what it printed, and what it said of a failure."""

    code: int
    out: str
    failure: str

    @property
    def shown(self) -> Any:
        """Its result for programs."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """Its failure for programs: kind and detail."""
        return json.loads(self.failure)["error"]

    @property
    def sentence(self) -> str:
        """Its failure for people: one line, and no traceback."""
        (line,) = self.failure.splitlines()
        return line


class Keyboard:
    """Somebody who types `seatledger ...` at the machine of a system; `home` is its state directory."""

    def __init__(self, running: BillingSystem, home: Path) -> None:
        self._running = running
        self._home = home

    async def types(self, *arguments: str) -> Answer:
        """Run a command to its end."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.cli", *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"SEATLEDGER_DATABASE": self._running.dsn, "SEATLEDGER_BROKER": self._running.broker,
                              "SEATLEDGER_HOME": str(self._home), "SEATLEDGER_OPERATOR": "ada"},
        )  # fmt: skip
        out, failure = await process.communicate()
        assert process.returncode is not None
        return Answer(process.returncode, out.decode(), failure.decode())

    async def nothing_is_left(self, expected: dict[str, str] = FIRST) -> None:
        """Readers see these generations, there are no others, and no rebuild has left anything behind."""
        assert await live(self._running) == expected
        assert await schemas(self._running) == set(expected.values())
        assert await self._running.query("SELECT number FROM store.rebuild") == []
        folder = self._home / "rebuild"
        assert not folder.exists() or not list(folder.iterdir())


async def by_hand(running: BillingSystem, *statements: str) -> None:
    """Somebody changes one row with each of these."""
    async with await connect(running.dsn) as connection:
        for statement in statements:
            assert (await connection.execute(statement.encode())).rowcount == 1, statement
