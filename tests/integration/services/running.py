"""Services on the broker and a database of the test: prepared, fed, started as processes, looked at."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from shared.readiness import READY_FILE
from shared.store.config import Config

ORDER = {
    "type": "OrderExecuted",
    "time": "2026-01-10T10:00:00+02:00",
    "data": {
        "order_id": "ord-1",
        "currency": "EUR",
        "reseller": {"id": "res-1", "name": "Aegean Cloud", "tax_rate": "0.24"},
        "customer": {"id": "cus-1", "name": "Contoso", "time_zone": "Europe/Athens"},
        "items": [
            {
                "subscription_id": f"sub-{number}",
                "product": {"id": "office"},
                "quantity": number,
                "unit_price": "10.00",
            }
            for number in (1, 2, 3)
        ],
    },
}
CHANGE = {
    "type": "LicensesChanged",
    "time": "2026-02-01T10:00:00Z",
    "data": {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 8},
}


def write_events(folder: Path, *events: dict[str, Any]) -> str:
    """A file of events; its path."""
    file = folder / "events.jsonl"
    file.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    return str(file)


class Service:
    """One process of a service; what it wrote is in `log`."""

    def __init__(self, module: str, config: Config, **environment: str) -> None:
        self.log = config.home / f"{module}.log"
        self.ready_file = config.home / f"{module}.ready"
        given = {
            "SEATLEDGER_DATABASE": config.database,
            "SEATLEDGER_BROKER": config.broker,
            "SEATLEDGER_HOME": str(config.home),
            READY_FILE: str(self.ready_file),
            **environment,
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module], stdout=log, stderr=log, env={**os.environ, **given}
            )

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return self.ready_file.exists()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal it and wait; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(30)


@contextmanager
def running(module: str, config: Config, **environment: str) -> Iterator[Service]:
    """The process, ready, for the time of the block."""
    service = Service(module, config, **environment)
    try:
        eventually(service.is_ready, f"{module} is ready")
        yield service
    finally:
        if service.process.poll() is None:
            service.process.kill()
            service.process.wait()


def query(dsn: str, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    """All rows."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(statement.encode(), parameters).fetchall()


def eventually(holds: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not so after {seconds:.0f} s: {what}"
        time.sleep(0.1)


def rows_of(dsn: str, views: Sequence[str]) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of views, sorted."""
    return {view: sorted(query(dsn, f"SELECT * FROM read.{view}"), key=str) for view in views}
