"""What `seatledger operations` does: the list of what operators did."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.presentation import Page, list_document, table
from shared.commands.operating import read_now
from shared.errors import WrongUsage
from shared.stopped.items import moment
from shared.store import operations
from shared.store.operations import Operation


def show_all(database: Callable[[], str], *, target: str | None, limit: int, after: str, as_json: bool) -> None:
    """Print the acts, the newest first. UserError for an `after` that is no id of one."""
    if after and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise WrongUsage(f"--after: {after!r} is no id of an operation; give `next` of the JSON before")
    before = int(after) if after else None
    found = read_now(
        database, lambda connection: operations.newest(connection, limit + 1, target=target, before=before)
    )
    page = Page(found, limit, lambda one: str(one.id))
    if as_json:
        list_document([operation_shape(one) for one in page.items], page.next)
        return
    rows = [(one.id, moment(one.at), one.who, one.what, one.target, one.reason) for one in page.items]
    table("Operations", ("id", "at", "who", "what", "target", "reason"), rows, right=("id",))
    page.say_more()


def operation_shape(one: Operation) -> Mapping[str, object]:
    """An act as JSON has it."""
    return {
        "id": one.id, "at": moment(one.at), "who": one.who, "what": one.what, "target": one.target,
        "reason": one.reason, "detail": one.detail,
    }  # fmt: skip
