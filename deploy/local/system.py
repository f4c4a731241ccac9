"""What runs in a home folder: `system.json` for everyone who asks, and the lock that lets one supervisor in."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from deploy.local.services import PAGES
from shared.errors import UNAVAILABLE, UserError

HOME = "SEATLEDGER_HOME"


@dataclass
class RunningProcess:
    """One child: `started` (seconds since the epoch) beside the pid tells it from a later process with the same pid.

    At `port` of a service process /healthz, /readyz and /metrics answer, and an API's routes.
    """

    name: str
    pid: int
    started: float
    stop_signal: int
    log: str
    service: str | None = None
    role: str | None = None
    port: int | None = None
    restarts: int = 0
    state: str = "starting"


@dataclass
class System:
    """The system as its supervisor describes it. `state` is starting, ready or stopping."""

    pid: int
    started: float
    since: str
    state: str
    broker_kind: str
    broker: str
    database_kind: str
    database: str
    processes: list[RunningProcess] = field(default_factory=list)

    def process(self, name: str) -> RunningProcess | None:
        return next((process for process in self.processes if process.name == name), None)

    @property
    def apis(self) -> dict[str, str]:
        """Service name to the address of its API."""
        return {
            p.service: f"http://127.0.0.1:{p.port}"
            for p in self.processes
            if p.service and p.port and p.role in ("api", PAGES)
        }

    @property
    def console(self) -> str | None:
        """The address of the console, where it runs."""
        return next((f"http://localhost:{p.port}" for p in self.processes if p.service == "console" and p.port), None)

    def write(self, home: Path) -> None:
        """Replace `system.json` in one step: a reader never sees half of it. 0600, as the DSN may hold a password."""
        fresh = home / "system.json.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file, indent=2)
        fresh.replace(home / "system.json")

    @classmethod
    def read(cls, home: Path) -> Self | None:
        """What the last supervisor wrote, whether it still lives or not; None when it stopped cleanly or never ran."""
        try:
            stored = json.loads((home / "system.json").read_text())
        except FileNotFoundError:
            return None
        processes = [RunningProcess(**process) for process in stored.pop("processes")]
        return cls(**stored, processes=processes)


def home_folder() -> Path:
    """$SEATLEDGER_HOME, else `.seatledger` in the current folder."""
    return Path(os.environ.get(HOME) or ".seatledger").absolute()


def make_home(home: Path) -> None:
    """Make the home folder where it is missing. Raises UserError where it cannot be made."""
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{home} cannot be made ({error.strerror}): name another folder in {HOME}") from None


def forget(home: Path) -> None:
    with suppress(FileNotFoundError):
        (home / "system.json").unlink()


def is_locked(home: Path) -> bool:
    """Whether a supervisor holds this home now."""
    try:
        with _lock(home, create=False):
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


def running(home: Path) -> System | None:
    """The running system of this home, or None. A `system.json` without its lock is what a killed supervisor left."""
    return System.read(home) if is_locked(home) else None


def require_running(home: Path) -> System:
    """As `running`. Raises UserError when there is none or it is not ready yet."""
    system = running(home)
    if system is None:
        raise UserError(f"Nothing is running in {home}. Start it with: seatledger up", UNAVAILABLE)
    if system.state != "ready":
        raise UserError(f"The system in {home} is {system.state}; try again in a moment.", UNAVAILABLE)
    return system


@contextmanager
def exclusive(home: Path) -> Iterator[None]:
    """Hold the home folder. The kernel gives the lock back when the holder dies, however it dies.

    Raises UserError naming the process that holds it, since when, and how to stop it.
    """
    make_home(home)
    try:
        with _lock(home, create=True, patience_seconds=0.5):
            yield
    except BlockingIOError:
        system = System.read(home)
        who = f"process {system.pid}, since {system.since}" if system else "it is just starting"
        raise UserError(f"Seatledger is already running in {home} ({who}). Stop it with: seatledger down") from None


@contextmanager
def _lock(home: Path, *, create: bool, patience_seconds: float = 0.0) -> Iterator[None]:
    flags = os.O_RDWR | (os.O_CREAT if create else 0)
    # Not inherited by children (Python's default), else a child left behind would hold the lock for its dead parent.
    descriptor = os.open(home / "lock", flags, 0o600)
    # Who only asks holds the lock for an instant too, so who wants to keep it tries a little longer.
    deadline = time.monotonic() + patience_seconds
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
