"""What operators use when something does not flow: dead letters, positions, and the list of what was done."""

from typing import Annotated, Literal

import typer

from services.addresses import broker_address, database_dsn
from services.cli_options import After, Json, Limit, ProjectionName, group, topic_name

operating = typer.Typer()
dead_letters = group("Records that could not be taken in, and streams that stand still: look, retry, drop.")
positions = group("How far each projection has read the log.")

# The same as shared.stopped.names has, which would bring all of the runtime.
Kind = Annotated[
    Literal["record", "stream", "outbox"] | None,
    typer.Option(help="record: dead; stream: parked in a projection; outbox: kept back from the log."),
]
Topic = Annotated[str | None, typer.Option(parser=topic_name, metavar="TOPIC", help="On this topic.")]
Type = Annotated[str | None, typer.Option("--type", metavar="TYPE", help="Events of this type; of a stream its scope.")]
FoundBy = Annotated[
    Literal[ProjectionName, "replay", "outbox"] | None,
    typer.Option("--projection", help="Found by this projection, by a replay, or by the outbox."),
]
Projection = Annotated[ProjectionName | None, typer.Option(help="Of this projection.")]
Containing = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="With this in the reason.")]
Status = Annotated[
    Literal["dead", "dropped", "taken_in", "parked"] | None,
    typer.Option(help="With this status; without it, those that wait for somebody: dead and parked."),
]
By = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Who does it, for the list of operations; else SEATLEDGER_OPERATOR, else user@host."
    ),
]


@dead_letters.command(name="list")
def list_(
    kind: Kind = None,
    topic: Topic = None,
    type_: Type = None,
    projection: FoundBy = None,
    reason: Containing = None,
    status: Status = None,
    limit: Limit = 100,
    after: After = "",
    as_json: Json = False,
) -> None:
    """What waits for somebody: dead records, then parked streams, then what the relay keeps back."""
    from services import dead_letter_list
    from shared.stopped.names import Filters

    filters = Filters(kind, topic, type_, projection, reason, status)
    dead_letter_list.show_all(database_dsn, filters, limit=limit, after=after, as_json=as_json)


@dead_letters.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As in the list.")],
    raw: Annotated[bool, typer.Option("--raw", help="Only the record's value, byte by byte as it came.")] = False,
    as_json: Json = False,
) -> None:
    """One with all that is known: origin, headers, payload, reason, and what was done about it."""
    from services import dead_letter_list

    if raw and as_json:
        raise typer.BadParameter("--raw and --json exclude each other")
    dead_letter_list.show(database_dsn, name, raw=raw, as_json=as_json)


@dead_letters.command()
def retry(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="As in the list.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All that wait for somebody; dropped ones do not.")] = False,
    kind: Kind = None,
    topic: Topic = None,
    type_: Type = None,
    projection: FoundBy = None,
    reason: Containing = None,
    status: Status = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Take records in again from their kept bytes, fold parked streams again, send what was kept back."""
    from services import dead_letter_retry
    from shared.stopped.names import Filters

    filters = Filters(kind, topic, type_, projection, reason, status)
    given = [*(["NAME"] if names else []), *(["--all"] if all_ else []), *filters.options]
    if not given:
        raise typer.BadParameter(f"say what to retry: names, or --all, or choose with {', '.join(Filters.OPTIONS)}")
    if len(given) > 1 and ("NAME" in given or "--all" in given):
        raise typer.BadParameter(f"{given[0]} goes without {' and '.join(given[1:])}: leave out the one or the other")
    dead_letter_retry.retry(database_dsn, names or [], filters, by=by, as_json=as_json)


@dead_letters.command()
def drop(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Records, as in the list.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for whoever comes later.")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Do without dead records from now on; they are kept with their bytes."""
    from services import dead_letter_drop

    _said(reason)
    dead_letter_drop.drop(database_dsn, names, reason=reason, by=by, as_json=as_json)


@positions.command(name="show")
def show_positions(projection: Projection = None, topic: Topic = None, as_json: Json = False) -> None:
    """Where each generation stands in each partition, and the last record that it has read there."""
    from services import position_commands

    position_commands.show(database_dsn, broker_address, projection=projection, topic=topic, as_json=as_json)


@positions.command(name="set")
def set_(
    projection: Annotated[
        ProjectionName,
        typer.Argument(metavar="PROJECTION", help="One of orders, subscriptions, invoicing, reconciliation."),
    ],
    topic: Annotated[str, typer.Argument(parser=topic_name, metavar="TOPIC", help="A topic that it reads.")],
    partition: Annotated[int, typer.Argument(metavar="PARTITION", min=0, help="A number from 0 on.")],
    offset: Annotated[int, typer.Argument(metavar="OFFSET", min=0, help="The next one that it reads.")],
    force: Annotated[bool, typer.Option("--force", help="Do it; without this, only say what it would do.")] = False,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why; goes with --force.")] = None,
    generation: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Of this generation; else of the live one.")
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Have a projection read on from another offset: back to read again, or forward to leave something out."""
    from services import position_commands
    from shared.log.records import Partition

    if force and reason is None:
        raise typer.BadParameter("--force needs --reason TEXT")
    if reason is not None:
        _said(reason)
    position_commands.set_position(
        database_dsn, broker_address, projection, Partition(topic, partition), offset,
        number=generation, reason=reason if force else None, by=by, as_json=as_json,
    )  # fmt: skip


@operating.command()
def operations(
    target: Annotated[
        str | None, typer.Option(metavar="NAME", help="What was done to this record, stream, generation or position.")
    ] = None,
    limit: Limit = 100,
    after: After = "",
    as_json: Json = False,
) -> None:
    """What operators did to the running system: who, what and why; the newest first."""
    from services import operation_commands

    operation_commands.show_all(database_dsn, target=target, limit=limit, after=after, as_json=as_json)


@operating.command()
def recover(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be taken in.")] = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """After a backup was restored: take in our own events that the log has and the database lacks."""
    from services import recover_command

    recover_command.recover(database_dsn, broker_address, dry_run=dry_run, by=by, as_json=as_json)


def _said(reason: str) -> None:
    if not reason.strip():
        raise typer.BadParameter("--reason is empty; say why")
