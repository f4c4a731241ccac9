"""`seatledger invoices`: issued documents. Imports what it needs when it runs."""

from datetime import datetime
from typing import Annotated

import typer

invoices = typer.Typer(
    help="Issued invoices and credit notes.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

Json = Annotated[bool, typer.Option("--json", help="JSON for programs instead of tables.")]
_DAYS = ["%Y-%m-%d"]


@invoices.command(name="list")
def list_(
    recipient: Annotated[str | None, typer.Option(metavar="ID", help="To this reseller or customer.")] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=_DAYS, metavar="DATE", help="Dated on this day or later.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=_DAYS, metavar="DATE", help="Dated on this day or earlier.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 100,
    after: Annotated[str, typer.Option(metavar="NUMBER", help="Those that come after this one.")] = "",
    as_json: Json = False,
) -> None:
    """Invoices and credit notes by date and number."""
    from services import system_commands
    from services.invoicing import cli_documents

    cli_documents.show_all(
        system_commands.database_dsn(), recipient=recipient, first=first and first.date(), last=last and last.date(),
        limit=limit, after=after, as_json=as_json,
    )  # fmt: skip


@invoices.command()
def show(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="As INV-2026-000001.")], as_json: Json = False
) -> None:
    """One document with its lines."""
    from services import system_commands
    from services.invoicing import cli_documents

    cli_documents.show(system_commands.database_dsn(), number, as_json=as_json)
