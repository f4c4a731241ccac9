"""A supervisor of stand-ins as a process: HOME BROKER [--fresh] [--prepare MODULE]."""

import argparse
import sys
from pathlib import Path

from deploy.local.infrastructure import Choice
from deploy.local.services import PAGES, ServiceProcess
from deploy.local.supervisor import Supervisor
from shared.errors import UserError

STEADY = "tests.infrastructure.processes.steady"
ANSWERING = "tests.infrastructure.processes.answering"
STAND_INS = (ServiceProcess("orders", "projector", STEADY), ServiceProcess("orders", "worker", STEADY))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("broker")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--prepare")
    parser.add_argument("--service", help="the module of one more stand-in")
    parser.add_argument("--console-port", type=int, help="with a stand-in for the console")
    given = parser.parse_args()
    try:
        more = (ServiceProcess("invoicing", "worker", given.service),) if given.service else ()
        if given.console_port is not None:
            more = (*more, ServiceProcess("console", PAGES, ANSWERING))
        supervisor = Supervisor(
            given.home, Choice(given.broker), say, STAND_INS + more, given.prepare, given.console_port
        )
        supervisor.run(fresh=given.fresh)
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


def say(line: str) -> None:
    print(line, flush=True)


main()
