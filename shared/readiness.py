"""How a service process tells who started it that it is ready: it touches the file that it was given."""

import os
from pathlib import Path

READY_FILE = "SEATLEDGER_READY_FILE"


def ready() -> None:
    """Say that this process does its work now. Without the environment variable nobody asked, and nothing happens."""
    path = os.environ.get(READY_FILE)
    if path:
        Path(path).touch()
