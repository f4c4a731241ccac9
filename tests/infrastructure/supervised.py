"""A system of stand-ins under a real supervisor, seen from outside."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local import system
from deploy.local.processes import is_same, listens
from deploy.local.system import RunningProcess, System

MODULE = "tests.infrastructure.processes.supervise"


class Supervised:
    """One home folder and the supervisors that a test starts in it."""

    def __init__(self, home: Path, broker: str) -> None:
        self.home, self.broker = home, broker
        self.supervisors: list[subprocess.Popen[str]] = []

    def start(self, *options: str) -> System:
        """Start a supervisor and wait until all is ready."""
        process = self.launch(*options)
        eventually(lambda: process.poll() is not None or self.state() == "ready", "ready", seconds=60)
        found = System.read(self.home)
        assert found is not None, process.communicate()
        return found

    def launch(self, *options: str) -> subprocess.Popen[str]:
        """Start a supervisor and wait for nothing."""
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, str(self.home), self.broker, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.supervisors.append(process)
        return process

    def state(self) -> str | None:
        found = System.read(self.home)
        return found.state if found is not None and system.is_locked(self.home) else None

    def process(self, name: str) -> RunningProcess:
        found = System.read(self.home)
        process = found.process(name) if found is not None else None
        assert process is not None
        return process

    def ask_to_stop(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Signal the last supervisor, wait; gives its exit code and all that it said."""
        supervisor = self.supervisors[-1]
        supervisor.send_signal(number)
        said, _ = supervisor.communicate(timeout=60)
        return supervisor.returncode, said

    def end(self) -> None:
        for supervisor in self.supervisors:
            if supervisor.poll() is None:
                supervisor.terminate()
            supervisor.communicate(timeout=60)


def assert_nothing_is_left(seen: System) -> None:
    """No process, no port, no lock of that system."""
    alive = [process.name for process in seen.processes if is_same(process.pid, process.started)]
    listening = [process.port for process in seen.processes if process.port and listens(process.port)]
    assert (alive, listening) == ([], [])


def eventually(holds: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not {what} after {seconds:.0f} s"
        time.sleep(0.05)


@contextmanager
def supervised(broker: str) -> Iterator[Supervised]:
    """A home of its own with a short path; everything in it is stopped and removed afterwards."""
    home = Path(tempfile.mkdtemp(prefix="seatledger-home-"))
    os.chmod(home, 0o711)
    found = Supervised(home, broker)
    try:
        yield found
    finally:
        found.end()
        shutil.rmtree(home, ignore_errors=True)
