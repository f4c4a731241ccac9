"""An emulated Partner Center beside the demonstration: it has what is billed there, but for what a test plants."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.demo.vendor import billed, seed_of
from shared.commands.operating import read_now
from tests.browser.conftest import Demonstration
from tests.end_to_end.pages import run

_STARTS_WITHIN_S = 60.0
_ENVIRONMENT = (
    "SEATLEDGER_MICROSOFT_TENANT=demonstration.example SEATLEDGER_MICROSOFT_CLIENT_ID=demonstration "
    "SEATLEDGER_MICROSOFT_CLIENT_SECRET=demonstration SEATLEDGER_MICROSOFT_LOGIN_ADDRESS={address} "
    "SEATLEDGER_MICROSOFT_API_ADDRESS={address} SEATLEDGER_MICROSOFT_REQUESTS_PER_MINUTE=60000"
)


@dataclass(frozen=True)
class Vendor:
    """The emulator that runs; `fewer`, `suspended` and `moved` are the subscriptions of ours that differ there."""

    demonstration: Demonstration
    address: str
    planted: Sequence[Mapping[str, Any]]

    @property
    def fewer(self) -> str:
        """With a seat less there than here."""
        return str(self.planted[0]["subscription"])

    def look(self) -> None:
        """A sweep, and the comparison."""
        command = f"{_ENVIRONMENT.format(address=self.address)} seatledger reconcile --vendor microsoft"
        done = run(command, self.demonstration.home)
        assert done.returncode == 0, done.stdout


@contextmanager
def emulated(demonstration: Demonstration, folder: Path) -> Iterator[Vendor]:
    """It runs as long as the block lasts. What the demonstration itself planted is left alone."""
    dsn = json.loads(demonstration.seatledger("status --json"))["system"]["database"]
    # The browser's own loop runs in this thread.
    with ThreadPoolExecutor(1) as beside:
        ours = beside.submit(read_now, lambda: dsn, billed).result()
    running = [row for row in ours if row["status"] == "active" and row["quantity"] > 1]
    planted = running[5:8]
    seed = folder / "seed.json"
    seed.write_text(json.dumps(seed_of(ours, planted)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "deploy.emulators.microsoft", "--port", str(port), "--seed", str(seed)]
    emulator = subprocess.Popen(command)
    try:
        _wait_for(emulator, port)
        yield Vendor(demonstration, f"http://127.0.0.1:{port}", planted)
    finally:
        emulator.terminate()
        emulator.wait(30)


def _wait_for(emulator: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < until:
        assert emulator.poll() is None, "the emulated vendor ended"
        with socket.socket() as knocking:
            if knocking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"the emulated vendor did not answer within {_STARTS_WITHIN_S:.0f} s")
