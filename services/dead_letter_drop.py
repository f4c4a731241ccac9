"""What `seatledger dead-letters drop` does: records are done without from now on, and kept with their bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from services.presentation import list_document, note, table
from shared.commands.operating import read_now
from shared.stopped import dropping
from shared.stopped.names import name_of
from shared.store.dead_letters import DROPPED

Database = Callable[[], str]


def drop(database: Database, names: Sequence[str], *, reason: str, by: str | None, as_json: bool) -> None:
    """Drop the records of these names. UserError, with none of them dropped, when one of them cannot be."""
    places = [dropping.record(name_of(text)) for text in names]
    dropped = read_now(database, lambda connection: dropping.drop(connection, sorted(set(places)), reason, by))
    if as_json:
        list_document([
            {"name": str(one.place), "status": DROPPED, "already": one.already, "parked": one.parked}
            for one in dropped
        ])  # fmt: skip
        return
    if now := [(one.place,) for one in dropped if not one.already]:
        table("Dropped", ("name",), now)
    note(f"{one.place} was dropped before: nothing was changed" for one in dropped if one.already)
    standing = dict.fromkeys(stream for one in dropped for stream in one.parked)
    note(f"{one} stood still for it and goes on without it by: seatledger dead-letters retry {one}" for one in standing)
