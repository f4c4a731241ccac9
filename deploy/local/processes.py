"""Child processes that never outlive the one that started them."""

import ctypes
import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from shared.errors import UserError

# The embedded broker names a newer libc than Debian 12 has and runs well without; the loader says so at each start.
LOADER_NOISE = re.compile(r"weak version `GLIBC_[\d.]+' not found")
PR_SET_PDEATHSIG = 1
# Loaded before any fork: importing between fork and exec may deadlock.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Command:
    """One process to start. `stop_signal` is also what it gets when its starter dies, so it must mean a clean stop."""

    name: str
    arguments: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    user: str | None = None
    directory: Path | None = None
    dies_with_parent: bool = True
    # Standard error apart from the log; else it goes there too.
    errors: Path | None = None


def start(command: Command) -> subprocess.Popen[bytes]:
    """Start it in a session of its own (a Ctrl-C in the terminal reaches the supervisor alone), output to its log."""
    command.log.parent.mkdir(parents=True, exist_ok=True)
    parent = os.getpid()

    def die_with_parent() -> None:
        # After the change of user, which clears the signal. Between fork and here the parent may have died.
        if _LIBC is not None and command.dies_with_parent:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(command.stop_signal))
            if os.getppid() != parent:
                os._exit(1)

    with ExitStack() as files:
        log = files.enter_context(command.log.open("ab"))
        return subprocess.Popen(
            command.arguments,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=files.enter_context(command.errors.open("wb")) if command.errors else subprocess.STDOUT,
            env={**os.environ, **command.environment},
            cwd=command.directory,
            user=command.user,
            group=pwd.getpwnam(command.user).pw_gid if command.user else None,
            extra_groups=[] if command.user else None,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )


def stop(process: subprocess.Popen[bytes], with_signal: signal.Signals, grace_seconds: float) -> bool:
    """Ask it to stop and wait; after the grace it is killed. True when it stopped by itself."""
    if process.poll() is None:
        process.send_signal(with_signal)
    try:
        process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], command: Command, seconds: float = 180.0
) -> None:
    """Wait for a freshly started process. Raises UserError with the end of its log when it exits or takes too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        code = process.poll()
        if code is not None:
            raise UserError(
                f"{command.name} did not start (exit code {code}). Its log, {command.log}, ends:\n{tail(command.log)}"
            )
        if time.monotonic() > deadline:
            raise UserError(f"{command.name} was not ready after {seconds:.0f} s; its log is {command.log}.")
        time.sleep(0.02)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, without what the loader says at every start."""
    if not log.exists():
        return "(empty)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        text = file.read().decode(errors="replace")
    kept = [line for line in text.splitlines() if line.strip() and not LOADER_NOISE.search(line)]
    return "\n".join(kept[-lines:]) or "(empty)"


def free_port() -> int:
    """A port that nothing listens on now; the kernel gives different ones to callers at the same time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def started_at(pid: int) -> float | None:
    """When the process with this pid was started, in seconds since the epoch; None when there is none or a zombie."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None


def is_same(pid: int, started: float) -> bool:
    """Whether this pid still is the process that was started then: the kernel gives pids again."""
    now = started_at(pid)
    return now is not None and abs(now - started) < 1.0


def end_left_behind(pid: int, started: float, with_signal: signal.Signals, grace_seconds: float = 15.0) -> bool:
    """End a process that an earlier supervisor left. True when there was one."""
    if not is_same(pid, started):
        return False
    process = psutil.Process(pid)
    try:
        process.send_signal(with_signal)
        process.wait(grace_seconds)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(5)
    except psutil.NoSuchProcess:
        pass
    return True
