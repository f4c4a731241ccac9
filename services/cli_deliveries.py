"""`seatledger deliveries`: issued documents on their way by e-mail and webhook. Imports what it needs when it runs."""

from typing import Annotated, Literal
from uuid import UUID

import typer

from services.addresses import database_dsn
from services.cli_options import After, Json, Limit, group
from services.invoicing.delivery.signing import LONGEST_OVERLAP_H

deliveries = group("Issued documents by e-mail and webhook: who gets them, what became of each.")

# The same as services.invoicing.delivery.outcomes has.
State = Literal["pending", "sending", "delivered", "failed", "given_up", "unknown"]
Recipient = Annotated[str | None, typer.Option(metavar="ID", help="Of this reseller, or customer who pays itself.")]
Name = Annotated[UUID, typer.Argument(metavar="ID", help="As in the list.", show_default=False)]
By = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Who does it, for the list of operations; else SEATLEDGER_OPERATOR, else user@host."
    ),
]


@deliveries.command()
def subscribe(
    email: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Letters with PDF, CSV and XML.")] = None,
    webhook: Annotated[str | None, typer.Option(metavar="URL", help="A signed POST; its secret is shown once.")] = None,
    recipient: Annotated[
        str | None, typer.Option(metavar="ID", help="Whose documents; without it, everybody's.")
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Have the documents that are issued from now on delivered to an address."""
    from services.invoicing.delivery import cli

    if (email is None) == (webhook is None):
        raise typer.BadParameter("say where to: --email ADDRESS or --webhook URL")
    channel: Literal["email", "webhook"] = "webhook" if email is None else "email"
    cli.subscribe(database_dsn, channel, email or webhook or "", recipient=recipient, by=by, as_json=as_json)


@deliveries.command()
def destinations(
    recipient: Recipient = None,
    ended: Annotated[bool, typer.Option("--ended", help="Those that were ended, too.")] = False,
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """Where documents go."""
    from services.invoicing.delivery import cli

    cli.show_destinations(database_dsn, recipient=recipient, ended=ended, limit=limit, as_json=as_json)


@deliveries.command()
def unsubscribe(
    destination: Annotated[
        UUID, typer.Argument(metavar="ID", help="As in: seatledger deliveries destinations.", show_default=False)
    ],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Deliver nothing more there, also of what waits."""
    from services.invoicing.delivery import cli

    cli.unsubscribe(database_dsn, destination, by=by, as_json=as_json)


@deliveries.command(name="rotate-secret")
def rotate_secret(
    destination: Annotated[
        UUID, typer.Argument(metavar="ID", help="As in: seatledger deliveries destinations.", show_default=False)
    ],
    old_for: Annotated[
        int,
        typer.Option(
            metavar="HOURS",
            min=0,
            max=LONGEST_OVERLAP_H,
            help="How long the old secret signs too; 0: no old one signs any more.",
        ),
    ] = 24,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Sign its webhooks with another secret, shown once; for a while with the old one too."""
    from datetime import timedelta

    from services.invoicing.delivery import cli

    cli.rotate_secret(database_dsn, destination, timedelta(hours=old_for), by=by, as_json=as_json)


@deliveries.command(name="list")
def list_(
    state: Annotated[State | None, typer.Option(help="In this state.")] = None,
    recipient: Recipient = None,
    document: Annotated[str | None, typer.Option(metavar="NUMBER", help="Of this document.")] = None,
    limit: Limit = 100,
    after: After = "",
    as_json: Json = False,
) -> None:
    """Documents on their way and what became of them, the newest first."""
    from services.invoicing.delivery import cli

    cli.show_all(
        database_dsn, state=state, recipient=recipient, document=document, limit=limit, after=after, as_json=as_json
    )


@deliveries.command()
def show(delivery: Name, as_json: Json = False) -> None:
    """One delivery with all that is known of it."""
    from services.invoicing.delivery import cli

    cli.show(database_dsn, delivery, as_json=as_json)


@deliveries.command()
def retry(delivery: Name, by: By = None, as_json: Json = False) -> None:
    """Try one again that was refused, given up, or of which nobody knows whether it arrived."""
    from services.invoicing.delivery import cli

    cli.retry(database_dsn, delivery, by=by, as_json=as_json)
