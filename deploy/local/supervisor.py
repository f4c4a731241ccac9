"""Keeps the system up: starts everything in order, restarts what exits, stops everything in reverse."""

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.local import embedded_postgres, infrastructure, system
from deploy.local.infrastructure import EMBEDDED, KAFKA, Choice, Piece
from deploy.local.processes import (
    Command,
    end_left_behind,
    free_port,
    listens,
    start,
    started_at,
    stop,
    tail,
    wait_until,
)
from deploy.local.services import PAGES, PREPARE, SERVICES, ServiceProcess, api_variable
from deploy.local.system import System
from deploy.local.watch import STOP_GRACE_SECONDS, Child, NotRestartable, Watch
from shared.errors import UserError
from shared.readiness import READY_FILE

LOOK_EVERY_SECONDS = 0.1
READY_WITHIN_SECONDS = 60.0
# Broker and database answer when the services are started, so who ends this often without a word is broken.
EXITS_BEFORE_GIVING_UP = 3


class Supervisor:
    """One run of the system in one home folder. `say` gets one plain line for each thing that happens."""

    def __init__(
        self,
        home: Path,
        choice: Choice,
        say: Callable[[str], None],
        services: Sequence[ServiceProcess] = SERVICES,
        prepare: str | None = PREPARE,
    ) -> None:
        self.home, self.choice, self.say = home, choice, say
        self.services, self.prepare = services, prepare
        self.watch = Watch(self._publish, say)
        self.system: System | None = None
        self.asked_to_stop: str | None = None

    def run(self, *, fresh: bool = False) -> None:
        """Start, watch until a signal asks to stop, stop. Raises UserError when it cannot start or go on."""
        self.choice.check()
        with system.exclusive(self.home):
            for folder in ("logs", "ready"):
                (self.home / folder).mkdir(exist_ok=True)
            clean_up_left_behind(self.home, self.say)
            if fresh:
                infrastructure.forget_data(self.choice, self.home)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, self._asked)
            try:
                self._start()
                while self.asked_to_stop is None:
                    self.watch.look()
                    time.sleep(LOOK_EVERY_SECONDS)
                self.say(f"Stopping ({self.asked_to_stop})")
            except NotRestartable as ended:
                infrastructure.remember_broken(self.choice, self.home)
                raise UserError(f"{ended} and may have lost records. Start with: seatledger up --fresh") from None
            finally:
                self._state("stopping")
                self.watch.stop()
                system.forget(self.home)

    def _asked(self, number: int, _frame: object) -> None:
        self.asked_to_stop = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name

    def _publish(self) -> None:
        if self.system is not None:
            self.system.processes = self.watch.records
            self.system.write(self.home)

    def _state(self, state: str) -> None:
        if self.system is not None:
            self.system.state = state
            self._publish()

    def _start(self) -> None:
        began, me = time.monotonic(), os.getpid()
        database, dsn = infrastructure.database(self.choice, self.home, self.say)
        broker, address = infrastructure.broker(self.choice, self.home)
        self.system = System(
            pid=me,
            started=started_at(me) or time.time(),
            since=system.now(),
            state="starting",
            broker_kind=_kind(self.choice.broker),
            broker=address,
            database_kind=_kind(self.choice.database),
            database=dsn,
        )
        self._publish()
        # Both are started before either is waited for.
        for child in [self._start_piece(piece) for piece in (database, broker) if piece is not None]:
            wait_until(child.is_ready, child.process, child.command)
            child.record.state = "ready"
        if self.choice.database == EMBEDDED:
            embedded_postgres.ensure_database(self.choice.folder(self.home) / "postgres")
        self.say(f"Database  {dsn}")
        self.say(f"Broker    {address} ({_kind(self.choice.broker)})")
        if self.prepare is not None:
            self._run_prepare(self.prepare)
        late = self._start_services() if self.services and self.asked_to_stop is None else []
        if self.asked_to_stop is None:
            if self.system.console is not None and not late:
                self.say(f"Console   {self.system.console}")
            took = f"{time.monotonic() - began:.1f} s"
            logs = self.home / "logs"
            self.say(
                f"Started in {took}, but not ready yet: {', '.join(late)}; logs: {logs}"
                if late
                else f"Ready after {took}"
            )
            # After the words: who waits for the state passes on what was said before it.
            self._state("ready")

    def _start_piece(self, piece: Piece) -> Child:
        return self.watch.spawn(piece.command, piece.is_ready, restartable=piece.restartable, port=piece.port)

    def _environment(self) -> Mapping[str, str]:
        assert self.system is not None
        return {
            "SEATLEDGER_HOME": str(self.home),
            "SEATLEDGER_DATABASE": self.system.database,
            "SEATLEDGER_BROKER": self.system.broker,
            "SEATLEDGER_OWN_GROUPS": "true" if self.choice.broker == EMBEDDED else "false",
            "SEATLEDGER_REST_SECONDS": "0.5" if self.choice.broker == EMBEDDED else "0",
            "PYTHONUNBUFFERED": "1",
        }

    def _run_prepare(self, module: str) -> None:
        self.say("Bringing tables and topics up to date")
        log = self.home / "logs" / "prepare.log"
        log.unlink(missing_ok=True)
        process = start(Command("prepare", [sys.executable, "-m", module], log, self._environment()))
        while process.poll() is None:
            if self.asked_to_stop is not None:
                stop(process, signal.SIGTERM, STOP_GRACE_SECONDS)
                return
            time.sleep(0.02)
        if process.returncode != 0:
            raise UserError(f"Tables and topics could not be brought up to date. {log} ends:\n{tail(log)}")

    def _start_services(self) -> list[str]:
        """Start all and wait; gives the names of those not ready in time. Raises UserError for a broken one."""
        self.say(f"Starting {len(self.services)} processes: {', '.join(service.name for service in self.services)}")
        # All ports are chosen before the first is started: the console is told where the APIs are.
        ports = {service.name: free_port() for service in self.services}
        apis = {
            api_variable(service.service): f"http://127.0.0.1:{ports[service.name]}"
            for service in self.services
            if service.serves
        }
        children = [self._start_service(service, ports[service.name], apis) for service in self.services]
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while True:
            late = [child for child in children if child.record.state != "ready"]
            if not late or time.monotonic() > deadline or self.asked_to_stop is not None:
                return [child.record.name for child in late]
            for child in late:
                if child.record.restarts >= EXITS_BEFORE_GIVING_UP and child.record.state == "waiting":
                    log = child.command.log
                    raise UserError(f"{child.record.name} does not start. Its log, {log}, ends:\n{tail(log)}")
            self.watch.look()
            time.sleep(0.02)

    def _start_service(self, service: ServiceProcess, port: int, apis: Mapping[str, str]) -> Child:
        ready_file = self.home / "ready" / service.name
        environment = {**self._environment(), READY_FILE: str(ready_file), service.port_variable: str(port)}
        if service.role == PAGES:
            environment |= apis
        is_ready = _listening_on(port) if service.listens else ready_file.exists
        log = self.home / "logs" / f"{service.name}.log"
        command = Command(service.name, [sys.executable, "-m", service.module], log, environment)
        return self.watch.spawn(command, is_ready, port=port, service=service.service, role=service.role)


def clean_up_left_behind(home: Path, say: Callable[[str], None]) -> int:
    """End what a killed supervisor left in this home (the caller holds its lock). Gives how many there were."""
    left = System.read(home)
    if left is None:
        return 0
    # Newest first: services before broker and database, as in an orderly stop.
    ended = sum(
        end_left_behind(process.pid, process.started, signal.Signals(process.stop_signal))
        for process in reversed(left.processes)
    )
    say(f"The last run was ended without being stopped; {ended} processes that it left were stopped now")
    system.forget(home)
    return ended


def _listening_on(port: int) -> Callable[[], bool]:
    return lambda: listens(port)


def _kind(choice: str) -> str:
    return choice if choice in (EMBEDDED, KAFKA) else "external"
