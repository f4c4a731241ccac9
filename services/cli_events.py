"""`seatledger events`: the log followed, one event of it, and its export. Imports what it needs when it runs."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli_options import Json, group, topic_name

if TYPE_CHECKING:
    from services.event_log.entries import Asked

event_log = group("Events of the log: follow them, look at one, export them.")


def _type(text: str) -> str:
    from difflib import get_close_matches

    from shared.events.registry import EVENT_TYPES

    if text not in EVENT_TYPES:
        near = get_close_matches(text, EVENT_TYPES, 1)
        meant = f"did you mean {near[0]}?" if near else "see `seatledger schemas events`"
        raise typer.BadParameter(f"no event of the name {text!r} is known; {meant}")
    return text


def _instant(text: str) -> datetime:
    from shared.events.errors import got
    from shared.events.values import moment

    try:
        found = moment(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if not isinstance(found, datetime):
        raise typer.BadParameter(got(text, f"give the time of day and its offset too, like {text}T10:00:00Z"))
    return found


Topics = Annotated[
    list[str] | None, typer.Option("--topic", parser=topic_name, metavar="TOPIC", help="Of this topic; several times.")
]
Types = Annotated[
    list[str] | None, typer.Option("--type", parser=_type, metavar="TYPE", help="Of this type; several times.")
]
Subjects = Annotated[
    list[str] | None,
    typer.Option("--subject", metavar="ID", help="About this subscription, order, product …; several times."),
]
Since = Annotated[
    datetime | None,
    typer.Option(parser=_instant, metavar="TIME", help="What the log took then or later: 2026-01-31T10:00:00Z."),
]
Until = Annotated[datetime | None, typer.Option(parser=_instant, metavar="TIME", help="What the log took before it.")]


@event_log.command()
def tail(
    topic: Topics = None,
    type_: Types = None,
    subject: Subjects = None,
    since: Since = None,
    until: Until = None,
    back: Annotated[int | None, typer.Option("-n", min=1, max=10_000, help="Begin with the last N events.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A CloudEvent a line, as export writes them.")] = False,
) -> None:
    """Show events as they come, a line each, until Ctrl-C; with --until, until that time has passed."""
    from services.addresses import broker_address
    from services.event_log.tail import tail as follow
    from shared.log.topics import TOPICS

    topics = topic or [one.name for one in TOPICS]
    follow(broker_address, topics, _asked(type_, subject, since, until), back, as_json=as_json)


@event_log.command()
def show(
    what: Annotated[str, typer.Argument(metavar="EVENT", help="Its id, or TOPIC/PARTITION/OFFSET.")],
    source: Annotated[str | None, typer.Option(help="Of this source, where several have the id.")] = None,
    as_json: Json = False,
) -> None:
    """One event as a whole: attributes, data, headers, and where it lies."""
    from services.addresses import broker_address, database_dsn
    from services.event_log.show import show as show_one

    show_one(broker_address, database_dsn, what, source, as_json=as_json)


@event_log.command()
def export(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to; - = standard output.")] = "-",
    topic: Topics = None,
    type_: Types = None,
    subject: Subjects = None,
    since: Since = None,
    until: Until = None,
    skip_unreadable: Annotated[
        bool, typer.Option("--skip-unreadable", help="Records that are no events are no failure.")
    ] = False,
) -> None:
    """Write events as JSON Lines of CloudEvents, up to where the log ends now; `emit` takes them again."""
    from services.addresses import broker_address, database_dsn
    from services.event_log.export import export as write

    asked = _asked(type_, subject, since, until)
    write(broker_address, database_dsn, file, topic or [], asked, skip_unreadable=skip_unreadable)


def _asked(
    types: list[str] | None, subjects: list[str] | None, since: datetime | None, until: datetime | None
) -> "Asked":
    """What is asked for. Wrong usage where nothing can be: a time that ends before it begins."""
    from services.event_log.entries import Asked, log_ms

    if since is not None and until is not None and until <= since:
        raise typer.BadParameter("--until lies before --since, or is the same: give a later one")
    return Asked(
        frozenset(types or ()),
        frozenset(subjects or ()),
        None if since is None else log_ms(since),
        None if until is None else log_ms(until),
    )
