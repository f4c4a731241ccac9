"""`seatledger letterheads`: what stands on paper beside the amounts. Imports what it needs when it runs."""

from datetime import datetime
from typing import Annotated, Literal

import typer

from services.addresses import database_dsn
from services.cli_options import Json, group

letterheads = group("Who the seller and the recipients are on paper: names, addresses, logo, bank, language.")

Scope = Annotated[Literal["organisation", "recipient"], typer.Option(help="The seller, or one whom documents go to.")]
Id = Annotated[str | None, typer.Option("--id", metavar="ID", help="Which recipient: a reseller or a customer.")]


@letterheads.command(name="set")
def set_(
    file: Annotated[str, typer.Option("--file", metavar="FILE", help="Its fields as YAML; - = standard input.")],
    scope: Scope = "organisation",
    id: Id = None,
    logo: Annotated[str | None, typer.Option(metavar="FILE", help="A PNG or SVG; without one the last stays.")] = None,
    holds_from: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DAY", help="The first day; today.")
    ] = None,
) -> None:
    """Set a letterhead from a day on; documents that are issued keep theirs."""
    from services.invoicing.paper import cli_letterheads

    day = None if holds_from is None else holds_from.date()
    cli_letterheads.set_from_file(database_dsn, scope, id, file, logo, day)


@letterheads.command(name="list")
def list_(as_json: Json = False) -> None:
    """All letterheads, by whose they are and the day from which they hold."""
    from services.invoicing.paper import cli_letterheads

    cli_letterheads.show_all(database_dsn, as_json=as_json)


@letterheads.command()
def show(
    scope: Scope = "organisation",
    id: Id = None,
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], metavar="DAY", help="That of this day; today.")
    ] = None,
    as_json: Json = False,
) -> None:
    """The letterhead that holds on a day."""
    from services.invoicing.paper import cli_letterheads

    cli_letterheads.show(database_dsn, scope, id, None if on is None else on.date(), as_json=as_json)
