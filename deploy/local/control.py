"""Starting and stopping the system from another process: in the background, and down."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.local import system
from deploy.local.processes import is_same, tail
from deploy.local.supervisor import clean_up_left_behind
from deploy.local.system import System
from shared.errors import UserError

START_WITHIN_SECONDS = 180.0
STOP_WITHIN_SECONDS = 60.0


def start_in_background(home: Path, arguments: Sequence[str], say: Callable[[str], None]) -> System:
    """Start `arguments` (a foreground `up`) as a session of its own and wait until the system is ready.

    Passes on what the supervisor says. Raises UserError with its last words when it ends instead.
    """
    if system.is_locked(home):
        with system.exclusive(home):
            pass
    home.mkdir(parents=True, exist_ok=True)
    log = home / "logs" / "supervisor.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, system.HOME: str(home), "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
    deadline = time.monotonic() + START_WITHIN_SECONDS
    with log.open() as lines:
        while True:
            ended = process.poll() is not None
            for line in lines:
                if not ended:
                    say(line.rstrip())
            if ended:
                raise UserError(tail(log))
            found = System.read(home)
            if found is not None and found.pid == process.pid and found.state == "ready":
                return found
            if time.monotonic() > deadline:
                raise UserError(f"The system is not ready after {START_WITHIN_SECONDS:.0f} s; see {log}.")
            time.sleep(0.05)


def down(home: Path, say: Callable[[str], None]) -> bool:
    """Stop what runs in this home, also what a killed supervisor left. False when there was nothing.

    Raises UserError when it does not stop in time.
    """
    found = System.read(home)
    if system.is_locked(home):
        if found is None:
            raise UserError("The system is just starting; try again in a moment.")
        say(f"Stopping the system in {home} (process {found.pid})")
        if is_same(found.pid, found.started):
            os.kill(found.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        while system.is_locked(home):
            if time.monotonic() > deadline:
                raise UserError(f"Process {found.pid} did not stop within {STOP_WITHIN_SECONDS:.0f} s.")
            time.sleep(0.05)
        return True
    if found is None:
        return False
    with system.exclusive(home):
        clean_up_left_behind(home, say)
    return True
