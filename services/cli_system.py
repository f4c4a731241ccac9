"""`seatledger up`, `down`, `status`, `demo` and `emit`: the system here. Imports what it needs when it runs."""

from math import isfinite, nan
from typing import Annotated

import typer

from deploy.local.services import CONSOLE_PORT
from services.cli_options import Json

system = typer.Typer()

Broker = Annotated[str, typer.Option(help="embedded, kafka (Apache Kafka on this machine) or host:port.")]
Database = Annotated[str, typer.Option(help="embedded (PostgreSQL on this machine) or a DSN.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Delete what an earlier run kept on this machine.")]
_LAST_PORT = 65_535
_DIGITS_OF_A_PORT = 5
EventFile = Annotated[
    str, typer.Argument(metavar="FILE", help="JSON Lines, or a JSON or YAML list; - = standard input.")
]


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_OF_A_PORT else 0
    if not 1 <= port <= _LAST_PORT:
        raise typer.BadParameter(f"{text!r} is no port: give a number from 1 to {_LAST_PORT}, like 8443")
    return port


ConsolePort = Annotated[
    int | None,
    typer.Option(
        parser=_port,
        metavar="PORT",
        envvar=CONSOLE_PORT,
        help="Where the console is to answer on this machine; any free port.",
    ),
]


# Typer's `min` would let 0 through.
def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = nan
    if not (rate > 0 and isfinite(rate)):
        raise typer.BadParameter(f"{text!r} is no rate: give events a second, more than 0, like 200 or 0.5")
    return rate


Rate = Annotated[
    float | None,
    typer.Option(parser=_rate, metavar="N", help="So many events a second at most; as fast as the broker takes them."),
]


@system.command()
def up(
    broker: Broker = "embedded",
    database: Database = "embedded",
    fresh: Fresh = False,
    detach: Annotated[bool, typer.Option("--detach", help="Go to the background once it is ready.")] = False,
    console_port: ConsolePort = None,
) -> None:
    """Start the whole system on this machine; Ctrl-C stops it."""
    from services import system_commands

    system_commands.up(broker, database, fresh=fresh, detach=detach, console_port=console_port)


@system.command()
def down() -> None:
    """Stop the system that runs on this machine."""
    from services import system_commands

    system_commands.down()


@system.command()
def status(
    as_json: Json = False,
    api: Annotated[str, typer.Option(metavar="SERVICE", help="Only where this service's API answers.")] = "",
) -> None:
    """What runs, how far it is, what waits and what failed."""
    from services import system_commands

    if api:
        system_commands.say_api(api)
        return
    system_commands.status(as_json=as_json)


@system.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Leave when it is done instead of serving on.")] = False,
    start: Annotated[bool, typer.Option("--start", help="Start a fresh system for it and stop it at the end.")] = False,
    broker: Broker = "embedded",
    database: Database = "embedded",
    console_port: ConsolePort = None,
) -> None:
    """The release notes' example and a reseller with a few hundred customers, end to end on the running system."""
    from services import system_commands

    system_commands.demo(broker, database, once=once, start=start, console_port=console_port)


@system.command()
def emit(file: EventFile, rate: Rate = None) -> None:
    """Publish the events of a file; validated first, and nothing is published when one is wrong."""
    from services.addresses import broker_address
    from services.orders import cli

    cli.emit(file, broker=broker_address, rate=rate)
