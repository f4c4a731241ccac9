"""`seatledger simulate`, `invoice-run` and `explain`: what is billed, and why. Imports what it needs when it runs."""

from datetime import date
from typing import Annotated

import typer

from services.addresses import broker_address, database_dsn
from services.cli_options import Json

billing = typer.Typer()

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


@billing.command()
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
    from services.invoicing import whatif_cli

    whatif_cli.run(
        database_dsn if base == "embedded" else lambda: base,
        events,
        until=until,
        runs=days,
        settings=settings,
        documents=documents,
        as_json=as_json,
    )


@billing.command(name="invoice-run")
def invoice_run(
    day: Annotated[date, typer.Option("--date", parser=_day, metavar="DATE", help="The day to close.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be issued; issue nothing.")] = False,
    early: Annotated[bool, typer.Option("--early", help="Also when the day has not ended everywhere.")] = False,
    as_json: Json = False,
) -> None:
    """Close a day: issue what is due."""
    from services.invoicing import cli

    cli.invoice_run(day, database=database_dsn, broker=broker_address, dry_run=dry_run, early=early, as_json=as_json)


@billing.command()
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
    cli.explain_issued(line, database=database_dsn, as_json=as_json)
