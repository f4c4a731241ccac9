"""Options that many commands have, and the groups that they stand in."""

from typing import Annotated

import typer

Json = Annotated[
    bool, typer.Option("--json", help="JSON for programs instead of tables; a failure is JSON too, on standard error.")
]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")]
After = Annotated[str, typer.Option(metavar="ID", help="Those that come after this one: `next` of the JSON before.")]
Effective = Annotated[
    str | None, typer.Option("--effective-at", metavar="WHEN", help="A date, or an instant with its offset; now.")
]


def group(about: str) -> typer.Typer:
    """A group of commands; alone it shows its help."""
    return typer.Typer(help=about, no_args_is_help=True, rich_markup_mode=None, add_completion=False)
