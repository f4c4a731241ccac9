"""`seatledger invoices`: issued documents. Imports what it needs when it runs."""

from datetime import datetime
from typing import Annotated

import typer

from services.addresses import database_dsn
from services.cli_options import Json, Limit, group

invoices = group("Issued invoices and credit notes.")

_DAYS = ["%Y-%m-%d"]
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="As INV-2026-000001.")]
Output = Annotated[str | None, typer.Option("-o", "--output", metavar="FILE", help="Where to; - = standard output.")]


@invoices.command(name="list")
def list_(
    recipient: Annotated[str | None, typer.Option(metavar="ID", help="To this reseller or customer.")] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=_DAYS, metavar="DATE", help="Dated on this day or later.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=_DAYS, metavar="DATE", help="Dated on this day or earlier.")
    ] = None,
    limit: Limit = 100,
    after: Annotated[
        str, typer.Option(metavar="NUMBER", help="Those that come after this one: `next` of the JSON before.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Invoices and credit notes by date and number."""
    from services.invoicing import cli_documents

    cli_documents.show_all(
        database_dsn, recipient=recipient, first=first and first.date(), last=last and last.date(),
        limit=limit, after=after, as_json=as_json,
    )  # fmt: skip


@invoices.command()
def show(number: Number, as_json: Json = False) -> None:
    """One document with its lines."""
    from services.invoicing import cli_documents

    cli_documents.show(database_dsn, number, as_json=as_json)


@invoices.command()
def pdf(number: Number, output: Output = None) -> None:
    """One document on paper: PDF, with its XML in it where it has one; into NUMBER.pdf."""
    from services.invoicing.paper import cli_files

    cli_files.write(database_dsn, "pdf", number, output)


@invoices.command()
def xml(number: Number, output: Output = None) -> None:
    """One document for programs: EN 16931 XML (Factur-X); into NUMBER.xml."""
    from services.invoicing.paper import cli_files

    cli_files.write(database_dsn, "xml", number, output)


@invoices.command()
def csv(number: Number, output: Output = None) -> None:
    """All lines of one document as CSV; into NUMBER.csv."""
    from services.invoicing.paper import cli_files

    cli_files.write(database_dsn, "csv", number, output)
