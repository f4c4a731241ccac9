"""Watching children: who is ready, who ended, who is to be started again and when."""

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.local.processes import Command, start, started_at, stop
from deploy.local.system import RunningProcess
from shared.errors import UserError
from shared.readiness import READY_FILE

# A restart waits 0.5 s, then twice as long each time up to half a minute; who ran for half a minute starts over.
FIRST_BACK_OFF_SECONDS = 0.5
LONGEST_BACK_OFF_SECONDS = 30.0
# A worker gives its partitions back, a database writes its data; then it is killed.
STOP_GRACE_SECONDS = 15.0


class NotRestartable(UserError):
    """A child ended that the system cannot go on without and that must not simply be started again."""


@dataclass
class Child:
    """One process under watch. `restart_at` (monotonic seconds) is set while it waits to be started again."""

    command: Command
    record: RunningProcess
    process: subprocess.Popen[bytes]
    is_ready: Callable[[], bool]
    restartable: bool
    since: float
    back_off: float = FIRST_BACK_OFF_SECONDS
    restart_at: float | None = None


class Watch:
    """All children of one supervisor. `changed` follows every change of a record; `say` gets one line for people."""

    def __init__(self, changed: Callable[[], None], say: Callable[[str], None]) -> None:
        self.children: list[Child] = []
        self._changed, self._say = changed, say

    @property
    def records(self) -> list[RunningProcess]:
        return [child.record for child in self.children]

    def spawn(
        self,
        command: Command,
        is_ready: Callable[[], bool],
        *,
        restartable: bool = True,
        port: int | None = None,
        service: str | None = None,
        role: str | None = None,
    ) -> Child:
        _forget_readiness(command)
        process = start(command)
        record = RunningProcess(
            name=command.name,
            pid=process.pid,
            started=started_at(process.pid) or time.time(),
            stop_signal=int(command.stop_signal),
            log=str(command.log),
            service=service,
            role=role,
            port=port,
        )
        child = Child(command, record, process, is_ready, restartable, time.monotonic())
        self.children.append(child)
        # Written down at once: a supervisor that is killed now leaves this child to the next one.
        self._changed()
        return child

    def look(self) -> None:
        """One look at every child. Raises NotRestartable when one ended that must not be started again."""
        for child in self.children:
            if child.restart_at is not None:
                if time.monotonic() >= child.restart_at:
                    self._restart(child)
            elif child.process.poll() is not None:
                self._ended(child)
            elif child.record.state != "ready" and child.is_ready():
                child.record.state = "ready"
                self._changed()

    def stop(self) -> None:
        """Services together, then the others newest first: each still has what it needs to end in order."""
        services = [child for child in self.children if child.record.service is not None]
        for child in services:
            if child.process.poll() is None:
                child.process.send_signal(child.command.stop_signal)
        deadline = time.monotonic() + STOP_GRACE_SECONDS
        for child in services:
            self._stop_one(child, max(0.1, deadline - time.monotonic()))
        for child in reversed([child for child in self.children if child.record.service is None]):
            self._stop_one(child, STOP_GRACE_SECONDS)

    def _stop_one(self, child: Child, grace_seconds: float) -> None:
        if not stop(child.process, child.command.stop_signal, grace_seconds):
            self._say(f"{child.record.name} did not stop within {STOP_GRACE_SECONDS:.0f} s and was killed")

    def _ended(self, child: Child) -> None:
        code = child.process.returncode
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
        if not child.restartable:
            raise NotRestartable(f"The {child.record.name} {how}")
        if time.monotonic() - child.since > LONGEST_BACK_OFF_SECONDS:
            child.back_off = FIRST_BACK_OFF_SECONDS
        self._say(f"{child.record.name} {how}; starting it again in {child.back_off:g} s (log: {child.record.log})")
        child.restart_at = time.monotonic() + child.back_off
        child.back_off = min(child.back_off * 2, LONGEST_BACK_OFF_SECONDS)
        child.record.state = "waiting"
        self._changed()

    def _restart(self, child: Child) -> None:
        _forget_readiness(child.command)
        child.process = start(child.command)
        child.since, child.restart_at = time.monotonic(), None
        child.record.pid = child.process.pid
        child.record.started = started_at(child.process.pid) or time.time()
        child.record.restarts += 1
        child.record.state = "starting"
        self._changed()


def _forget_readiness(command: Command) -> None:
    if READY_FILE in command.environment:
        Path(command.environment[READY_FILE]).unlink(missing_ok=True)
