"""`seatledger readers`: logins for BI and dashboards. Imports what it needs when it runs, as every command does."""

from typing import Annotated

import typer

from services.cli_options import Json, group

readers = group("Logins of PostgreSQL for BI and dashboards, which read the views of `read` alone: make, list, drop.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of the login.")]


@readers.command()
def create(
    name: Name,
    reseller: Annotated[
        str | None, typer.Option(metavar="ID", help="Whose rows it sees, whatever it does; every row.")
    ] = None,
    password_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="Its first line is the password; - = standard input.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a login; without a file its password is made up, and shown this once."""
    from services import reader_commands

    reader_commands.create(name, reseller=reseller, password_file=password_file, as_json=as_json)


@readers.command(name="list")
def list_(as_json: Json = False) -> None:
    """Every login and whose rows it sees; never a password."""
    from services import reader_commands

    reader_commands.show_all(as_json=as_json)


@readers.command()
def drop(name: Name) -> None:
    """Remove a login, and end its connections."""
    from services import reader_commands

    reader_commands.drop(name)
