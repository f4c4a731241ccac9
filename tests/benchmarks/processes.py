"""Service processes of a measurement."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.infrastructure.billing_system import BillingSystem


@contextmanager
def service(module: str, system: BillingSystem, **more: str) -> Iterator[None]:
    """One process as the supervisor starts it, with `more` in its environment; ended with the block."""
    environment = (
        os.environ
        | more
        | {
            "SEATLEDGER_DATABASE": system.dsn,
            "SEATLEDGER_BROKER": system.broker,
            "SEATLEDGER_LOG_LEVEL": "warning",
        }
    )
    running = subprocess.Popen([sys.executable, "-m", module], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.terminate()
        running.wait(30)
