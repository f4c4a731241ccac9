"""The commands about the system as a whole: up, down, status and demo."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from deploy.local import control, infrastructure, system
from deploy.local.infrastructure import Choice
from deploy.local.supervisor import Supervisor
from deploy.local.system import System
from services.presentation import document, say, table
from shared.errors import UNAVAILABLE, UserError, WrongUsage

if TYPE_CHECKING:
    from shared.projections.status import StatusReport

_STATUS = {"dropped": "dropped", "taken_in": "taken in"}


def up(broker: str, database: str, *, fresh: bool, detach: bool, console_port: int | None) -> None:
    """Start; in the foreground until a signal, or in the background. Raises UserError when it runs already."""
    home, choice = system.home_folder(), Choice(broker, database)
    choice.check()
    if not fresh:
        infrastructure.keep(choice, home)
    if not detach:
        Supervisor(home, choice, say, console_port=console_port).run(fresh=fresh)
        return
    found = control.start_in_background(home, _foreground(choice, fresh=fresh, console_port=console_port), say)
    say(f"Running in the background (process {found.pid}). Stop it with: seatledger down")


def down() -> None:
    home = system.home_folder()
    say("Stopped" if control.down(home, say) else f"Nothing is running in {home}")


def demo(broker: str, database: str, *, once: bool, start: bool, console_port: int | None) -> None:
    """On the running system, or (`start`) on a fresh one that lives as long as this command."""
    if not start:
        _demonstrate(system.require_running(system.home_folder()))
        return
    choice = Choice(broker, database)
    choice.check()
    home = system.home_folder()
    if not system.is_locked(home):
        infrastructure.keep_aside(choice, home, say)
    try:
        arguments = _foreground(choice, fresh=True, console_port=console_port)
        with control.running_for_a_while(home, arguments, say) as found:
            infrastructure.mark_as_demonstration(choice, home)
            try:
                _demonstrate(found)
                if once:
                    return
                say("Serving until Ctrl-C")
                while system.is_locked(home):
                    time.sleep(0.5)
            except KeyboardInterrupt:
                return
    except KeyboardInterrupt:
        # Stopped while it was starting: what is there is a demonstration's all the same.
        infrastructure.mark_as_demonstration(choice, home)
        raise
    raise UserError(f"The system stopped by itself; its last words are in {home / 'logs' / 'supervisor.log'}.")


def status(*, as_json: bool) -> None:
    """Processes, positions, lag, what waits and what failed. UserError when nothing runs, or something is away.

    The processes are shown all the same: one of them may be why.
    """
    home = system.home_folder()
    found = system.running(home)
    if found is None:
        raise UserError(f"Nothing is running in {home}. Start it with: seatledger up", UNAVAILABLE)
    if as_json:
        document({"system": asdict(found), **asdict(_report(found))})
        return
    say(f"The system in {home} is {found.state} (process {found.pid}, since {found.since})")
    say(f"Database  {found.database}")
    say(f"Broker    {found.broker} ({found.broker_kind})\n")
    described = ("process", "state", "pid", "port", "restarts")
    processes = [(p.name, p.state, p.pid, p.port, p.restarts) for p in found.processes]
    table("Processes", described, processes, right=("pid", "port", "restarts"))
    _show(_report(found))


def _report(found: System) -> StatusReport:
    from services.broker_failures import broker_failures
    from shared.commands.operating import database_failures
    from shared.projections.status import status_report

    with database_failures(), broker_failures():
        return asyncio.run(status_report(found.database, found.broker))


def _show(report: StatusReport) -> None:
    columns = ("projection", "generation", "topic", "partition", "next", "end", "lag events", "lag seconds")
    positions = [
        (
            p.name,
            f"{p.generation} {p.status}",
            p.topic,
            p.partition,
            p.next,
            p.end,
            p.lag_events,
            _seconds(p.lag_seconds),
        )
        for p in report.projections
        if p.end > 0
    ]
    table("Positions", columns, positions, right=columns[3:])
    if report.pending:
        waiting = [(one.projection, one.subscription, _seconds(one.age_seconds), one.facts) for one in report.pending]
        table(
            "Waiting for their order",
            ("projection", "subscription", "seconds", "facts"),
            waiting,
            right=("seconds", "facts"),
        )
    if report.parked:
        stopped = [(one.projection, one.stream, _seconds(one.age_seconds), one.reason) for one in report.parked]
        table("Parked streams", ("projection", "stream", "seconds", "reason"), stopped, right=("seconds",))
    say(f"Dead letters: {report.dead_letters}; parked streams: {len(report.parked)}")
    kept = {status: count for status, count in report.dead_letters_by_status.items() if count and status != "dead"}
    if kept:
        say(f"Of records that were dead: {', '.join(f'{count} {_STATUS[status]}' for status, count in kept.items())}")
    if report.dead_letters or report.parked:
        say("What they are, and what to do: seatledger dead-letters list")
    say(f"To recompute: {report.recompute_queue}; own events to be sent: {report.outbox}")


def say_api(service: str) -> None:
    """Print the address of a service's API. UserError when the service has none."""
    apis = system.require_running(system.home_folder()).apis
    if service not in apis:
        raise WrongUsage(f"--api: {service!r} has no API; give one of {', '.join(sorted(apis))}")
    say(apis[service])


def _demonstrate(found: System) -> None:
    from services import demo as demonstration

    demonstration.run(dsn=found.database, broker=found.broker, apis=found.apis, console=found.console)


def _foreground(choice: Choice, *, fresh: bool, console_port: int | None) -> list[str]:
    """The same `up` as a command line for another process."""
    arguments = ["-m", "services.cli", "up", "--broker", choice.broker, "--database", choice.database]
    if console_port is not None:
        arguments += ["--console-port", str(console_port)]
    return [*arguments, "--fresh"] if fresh else arguments


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"
