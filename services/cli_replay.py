"""`seatledger replay`, `verify`, `rollback`, `recompute`, `as-of`, `generations`: rebuilding what can be rebuilt."""

from typing import Annotated, Literal

import typer

from services.addresses import broker_address, database_dsn
from services.cli_options import Json, ProjectionName, group

replaying = typer.Typer()
generations = group("The generations of each projection: what readers see, and what lies beside it.")

Projection = Annotated[
    Literal[ProjectionName, "all"],
    typer.Argument(metavar="PROJECTION|all", help="One of orders, subscriptions, invoicing, reconciliation; or all."),
]
Workers = Annotated[
    int | None, typer.Option(min=1, max=64, metavar="N", help="So many processes read and fold; else one a core.")
]
Keep = Annotated[str, typer.Option(metavar="DURATION", help="How long what is left can be gone back to: 24h, 90m, 7d.")]


@replaying.command()
def replay(
    projection: Projection,
    # Into a new generation: there is no other way, so nobody has to be told of it.
    to: Annotated[Literal["new"], typer.Option(hidden=True)] = "new",
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Only what the log had by then: built and kept, never switched to."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what differs, with exit code 1; switch nothing.")
    ] = False,
    expect_diff: Annotated[bool, typer.Option("--expect-diff", help="Switch although something differs.")] = False,
    keep: Keep = "24h",
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Rebuild a projection from the log beside the live one, compare, and switch to it."""
    from services import replay_commands

    replay_commands.replay(
        projection, database_dsn, broker_address, until=until, dry_run=dry_run, expect_diff=expect_diff, keep=keep,
        workers=workers, as_json=as_json,
    )  # fmt: skip


@replaying.command()
def verify(projection: Projection = "all", workers: Workers = None, as_json: Json = False) -> None:
    """Rebuild aside and compare with the live projections, row by row; exit code 1 where they differ."""
    from services import replay_commands

    replay_commands.verify(projection, database_dsn, broker_address, workers=workers, as_json=as_json)


@replaying.command()
def rollback(projection: Projection, keep: Keep = "24h", as_json: Json = False) -> None:
    """Show the generation again that was live before the last replay."""
    from services import replay_commands

    replay_commands.rollback(projection, database_dsn, broker_address, keep=keep, as_json=as_json)


@replaying.command()
def recompute(
    customer: Annotated[str, typer.Option(metavar="ID", help="What looks at this customer.")] = "",
    product: Annotated[str, typer.Option(metavar="ID", help="What looks at this product.")] = "",
    as_json: Json = False,
) -> None:
    """Fold a part of the live projections again, from all its facts."""
    if bool(customer) == bool(product):
        raise typer.BadParameter("give either --customer ID or --product ID")
    from services import replay_commands

    scope, name = ("customer", customer) if customer else ("product", product)
    replay_commands.recompute(scope, name, database_dsn, as_json=as_json)


@replaying.command(name="as-of")
def as_of(
    time: Annotated[str, typer.Argument(metavar="TIME", help="A date, or a time with its offset.")],
    what: Annotated[
        Literal["subscriptions", "plans", "documents"],
        typer.Argument(metavar="WHAT", help="One of subscriptions, plans, documents."),
    ],
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """What the projections said then: from what the log had by that time, by the broker's clock."""
    from services import as_of_command

    as_of_command.show(time, what, database_dsn, broker_address, workers=workers, as_json=as_json)


@generations.command(name="list")
def list_(as_json: Json = False) -> None:
    """All generations: which is live, which are kept and until when, how large each is."""
    from services import generation_commands

    generation_commands.show_all(database_dsn, as_json=as_json)


@generations.command()
def drop(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As in the list: subscriptions_g3.")],
    as_json: Json = False,
) -> None:
    """Remove a generation that is not live; there is no way back to it."""
    from services import generation_commands

    generation_commands.drop(name, database_dsn, as_json=as_json)
