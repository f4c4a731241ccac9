"""Starting and stopping the system from another process: in the background, and down."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

from deploy.local import system
from deploy.local.processes import Command, is_same, start, stop, tail
from deploy.local.supervisor import clean_up_left_behind
from deploy.local.system import System
from shared.errors import UserError

START_WITHIN_SECONDS = 180.0
STOP_WITHIN_SECONDS = 60.0


def start_in_background(
    home: Path, arguments: Sequence[str], say: Callable[[str], None], *, tied: bool = False
) -> System:
    """Start `arguments` (a foreground `up`) in a session of its own and wait until the system is ready.

    Passes on what the supervisor says. `tied`: it stops when this process ends, however it ends.
    Raises UserError with its last words when it ends instead.
    """
    if system.is_locked(home):
        with system.exclusive(home):
            pass
    system.make_home(home)
    log = home / "logs" / "supervisor.log"
    log.unlink(missing_ok=True)
    environment = {system.HOME: str(home), "PYTHONUNBUFFERED": "1"}
    errors = log.with_suffix(".errors")
    command = Command(
        "supervisor", [sys.executable, *arguments], log, environment, dies_with_parent=tied, errors=errors
    )
    process = start(command)
    try:
        return _wait_until_ready(home, process, command, say)
    except BaseException:
        # Also Ctrl-C while it starts: half a system is not left in the background.
        stop(process, signal.SIGTERM, STOP_WITHIN_SECONDS)
        raise


def _wait_until_ready(home: Path, process: Popen[bytes], command: Command, say: Callable[[str], None]) -> System:
    deadline = time.monotonic() + START_WITHIN_SECONDS
    with command.log.open() as lines:
        while True:
            ended = process.poll() is not None
            found = System.read(home)
            for line in lines:
                say(line.rstrip())
            if ended:
                raise UserError(tail(command.errors or command.log))
            if found is not None and found.pid == process.pid and found.state == "ready":
                return found
            if time.monotonic() > deadline:
                raise UserError(f"The system is not ready after {START_WITHIN_SECONDS:.0f} s; see {command.log}.")
            time.sleep(0.05)


@contextmanager
def running_for_a_while(home: Path, arguments: Sequence[str], say: Callable[[str], None]) -> Iterator[System]:
    """The system for the time of a `with` block: started in the background, stopped at its end."""
    found = start_in_background(home, arguments, say, tied=True)
    try:
        yield found
    finally:
        down(home, say)


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
