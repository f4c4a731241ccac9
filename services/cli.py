"""The command `seatledger`, put together from the services.

Every command imports what it needs when it runs: `simulate` on a small file is to start within half a second.
Exit code 0: done; 1: failed, one clear sentence on standard error; 2: wrong usage.
"""

import gc
import os
import sys
from datetime import date
from typing import Annotated

import typer

from services.cli_accounts import customers, resellers
from services.cli_catalogue import products, settings
from services.cli_invoices import invoices
from services.cli_orders import orders
from services.cli_subscriptions import subscriptions
from services.cli_tokens import tokens
from shared.errors import UserError

app = typer.Typer(
    name="seatledger",
    help="Billing of licences that resellers sell: events in; subscriptions, schedules and invoices out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
schemas = typer.Typer(help="The contracts as JSON, from the code.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(schemas, name="schemas")
for name, group in (
    ("resellers", resellers), ("customers", customers), ("products", products), ("settings", settings),
    ("orders", orders), ("subscriptions", subscriptions), ("invoices", invoices), ("tokens", tokens),
):  # fmt: skip
    app.add_typer(group, name=name)

Broker = Annotated[str, typer.Option(help="embedded, kafka (Apache Kafka on this machine) or host:port.")]
Database = Annotated[str, typer.Option(help="embedded (PostgreSQL on this machine) or a DSN.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Delete what an earlier run kept on this machine.")]
Json = Annotated[bool, typer.Option("--json", help="JSON for programs instead of tables.")]
EventFile = Annotated[
    str, typer.Argument(metavar="FILE", help="JSON Lines, or a JSON or YAML list; - = standard input.")
]


# As events: no fact lies outside, and no cycle that a run has to look at.
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date of the calendar; write it as 2026-02-28") from None


def _last_day(text: str) -> date:
    day = _day(text)
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise typer.BadParameter(f"{text} is out of reach; give a day of the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return day


def _days(text: str) -> list[date]:
    return [_day(part.strip()) for part in text.split(",") if part.strip()]


def _settings(pairs: list[str]) -> dict[str, str]:
    settings = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise typer.BadParameter(f"{pair!r} is not of the form KEY=VALUE", param_hint="--setting")
        settings[key] = value
    return settings


@app.command()
def up(
    broker: Broker = "embedded",
    database: Database = "embedded",
    fresh: Fresh = False,
    detach: Annotated[bool, typer.Option("--detach", help="Go to the background once it is ready.")] = False,
) -> None:
    """Start the whole system on this machine; Ctrl-C stops it."""
    from services import system_commands

    system_commands.up(broker, database, fresh=fresh, detach=detach)


@app.command()
def down() -> None:
    """Stop the system that runs on this machine."""
    from services import system_commands

    system_commands.down()


@app.command()
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


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Leave when it is done instead of serving on.")] = False,
    start: Annotated[bool, typer.Option("--start", help="Start a fresh system for it and stop it at the end.")] = False,
    broker: Broker = "embedded",
    database: Database = "embedded",
) -> None:
    """The release notes' example and a reseller with a few hundred customers, end to end on the running system."""
    from services import system_commands

    system_commands.demo(broker, database, once=once, start=start)


@app.command()
def emit(file: EventFile) -> None:
    """Publish the events of a file; validated first, and nothing is published when one is wrong."""
    from services import system_commands
    from services.orders import cli

    cli.emit(file, broker=system_commands.broker_address())


@app.command()
def simulate(
    until: Annotated[date, typer.Option(parser=_last_day, metavar="DATE", help="The last day.")],
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="JSON Lines, or a JSON or YAML list; - = standard input.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(metavar="DATABASE", help="What would be different there: embedded, or a DSN.")
    ] = None,
    events: Annotated[
        str | None, typer.Option(metavar="FILE", help="With --base: the events to try, in a file as above.")
    ] = None,
    runs: Annotated[str, typer.Option(metavar="D1,D2,...", help="Run on these days only; else on every day.")] = "",
    setting: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="May be given several times.")] = None,
    documents: Annotated[bool, typer.Option("--documents", help="With --base: list what differs.")] = False,
    as_json: Json = False,
) -> None:
    """Run the invoices of a file of events, or show what hypothetical events would change of a database's."""
    days, settings = _days(runs) or None, _settings(setting or [])
    if base is None:
        if events is not None or documents:
            raise typer.BadParameter("--events and --documents go with --base DATABASE")
        if file is None:
            raise typer.BadParameter("give a FILE of events, or --base DATABASE with --events FILE")
        from services.invoicing import cli

        cli.simulate(file, until=until, runs=days, settings=settings, as_json=as_json)
        return
    if file is not None:
        raise typer.BadParameter("FILE and --base exclude each other: what to try on a database comes with --events")
    if events is None and not settings:
        raise typer.BadParameter("--base needs something to try: --events FILE or --setting KEY=VALUE")
    from services import system_commands
    from services.invoicing import whatif_cli

    dsn = system_commands.database_dsn() if base == "embedded" else base
    whatif_cli.run(dsn, events, until=until, runs=days, settings=settings, documents=documents, as_json=as_json)


@app.command(name="invoice-run")
def invoice_run(
    day: Annotated[date, typer.Option("--date", parser=_day, metavar="DATE", help="The day to close.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be issued; issue nothing.")] = False,
    early: Annotated[bool, typer.Option("--early", help="Also when the day has not ended everywhere.")] = False,
    as_json: Json = False,
) -> None:
    """Close a day: issue what is due."""
    from services import system_commands
    from services.invoicing import cli

    broker, database = system_commands.broker_address(), system_commands.database_dsn()
    cli.invoice_run(day, dsn=database, broker=broker, dry_run=dry_run, early=early, as_json=as_json)


@app.command()
def explain(
    line: Annotated[str, typer.Argument(metavar="LINE", help="A line's id: SUBSCRIPTION/CYCLE-START/LAYER-START[/N].")],
    file: Annotated[
        str, typer.Option("--simulate", metavar="FILE", help="A line that these events give; else an issued one.")
    ] = "",
    until: Annotated[
        date | None, typer.Option(parser=_last_day, metavar="DATE", help="With --simulate: the last day.")
    ] = None,
    runs: Annotated[str, typer.Option(metavar="D1,D2,...", help="With --simulate: run on these days only.")] = "",
    setting: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="With --simulate.")] = None,
    as_json: Json = False,
) -> None:
    """Why a line is what it is: its rules, days and price, the document it stands on, the events behind it."""
    days, settings = _days(runs) or None, _settings(setting or [])
    from services.invoicing import cli

    if file:
        cli.explain_simulated(line, file, until=until, runs=days, settings=settings, as_json=as_json)
        return
    if until is not None or days or settings:
        raise typer.BadParameter(
            "--until, --runs and --setting are of a simulation: give its events by --simulate FILE"
        )
    from services import system_commands

    cli.explain_issued(line, dsn=system_commands.database_dsn(), as_json=as_json)


@schemas.command()
def events() -> None:
    """JSON Schema of every event."""
    from services import cli_schemas

    cli_schemas.events()


@schemas.command()
def asyncapi() -> None:
    """AsyncAPI 3: topics, keys and the events on them."""
    from services import cli_schemas

    cli_schemas.asyncapi()


@schemas.command()
def openapi() -> None:
    """OpenAPI 3.1: the APIs of all services."""
    from services import cli_schemas

    cli_schemas.openapi()


def main() -> None:
    """Entry point. A UserError is one sentence on standard error and exit code 1; typer gives 2 for wrong usage."""
    # A command's objects live until it ends; and no plugin of pydantic is installed, so none has to be looked for.
    gc.set_threshold(100_000, 50, 50)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        app()
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        # All goes with the process; looking through it for cycles first would take a tenth of a second.
        gc.freeze()


if __name__ == "__main__":
    main()
