"""Options that many commands have, and the groups that they stand in."""

from typing import Annotated, Literal

import typer

# The same as services.prepare has, which would bring all of the runtime.
ProjectionName = Literal["orders", "subscriptions", "invoicing", "reconciliation"]

Json = Annotated[
    bool, typer.Option("--json", help="JSON for programs instead of tables; a failure is JSON too, on standard error.")
]
Limit = Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="How many at most.")]
After = Annotated[str, typer.Option(metavar="ID", help="Those that come after this one: `next` of the JSON before.")]
Effective = Annotated[
    str | None, typer.Option("--effective-at", metavar="WHEN", help="A date, or an instant with its offset; now.")
]


# Typer has no literals that are made when it runs, and the names are part of the log, not of the command line.
def topic_name(text: str) -> str:
    """A topic of ours; wrong usage for any other."""
    from shared.log.topics import TOPICS

    names = [topic.name for topic in TOPICS]
    if text not in names:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(names)}")
    return text


def group(about: str) -> typer.Typer:
    """A group of commands; alone it shows its help."""
    return typer.Typer(help=about, no_args_is_help=True, rich_markup_mode=None, add_completion=False)
