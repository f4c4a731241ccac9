"""`seatledger tokens`: who may use the APIs. Imports what it needs when it runs, as every command does."""

from typing import Annotated, get_args

import typer

from services.cli_options import Json, group
from shared.commands.roles import Permission, Role

tokens = group("Tokens of the APIs: make, list, revoke.")
_PERMISSIONS = get_args(Permission)


# Typer has no list of literals.
def _permission(text: str) -> str:
    if text not in _PERMISSIONS:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(_PERMISSIONS)}")
    return text


@tokens.command()
def create(
    role: Annotated[Role, typer.Option(help="What its holder is.")],
    reseller: Annotated[str | None, typer.Option(metavar="ID", help="Whose it is, with --role reseller.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="ID", help="Whose it is, with --role customer.")] = None,
    name: Annotated[str, typer.Option(help="What it is for, to recognise it in lists and logs.")] = "",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            parser=_permission,
            metavar="PERMISSION",
            help=f"Only this of what the role may; several times. One of {', '.join(_PERMISSIONS)}.",
        ),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is good.")] = 90,
    as_json: Json = False,
) -> None:
    """Make a token and show it, this once."""
    from services import token_commands

    token_commands.create(
        role, reseller=reseller, customer=customer, name=name, scopes=scope or [], days=days, as_json=as_json
    )


@tokens.command(name="list")
def list_(as_json: Json = False) -> None:
    """Every token with what it may and how long it is good; never the token itself."""
    from services import token_commands

    token_commands.show_all(as_json=as_json)


@tokens.command()
def revoke(token: Annotated[str, typer.Argument(metavar="ID", help="The id of the token, as in the list.")]) -> None:
    """Have a token count no more; the APIs notice within seconds."""
    from services import token_commands

    token_commands.revoke(token)
