"""What `seatledger recover` does: takes in what a restored database lacks, and shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack

from services.broker_failures import broker_failures
from services.presentation import document, flow_progress, note, say, table
from services.recovering import Recovered
from services.recovering import recover as recover_all
from shared.commands.operating import database_failures
from shared.recovery.importing import Progress

# Give the DSN and host:port. UserError when there is none.
Address = Callable[[], str]


def recover(database: Address, broker: Address, *, dry_run: bool, by: str | None, as_json: bool) -> None:
    """Take in, or (`dry_run`) only show, what the database lacks of our own events. UserError when it cannot."""
    with ExitStack() as shown:
        advance: Callable[[int], None] | None = None

        def told(progress: Progress) -> None:
            nonlocal advance
            if advance is None:
                advance = shown.enter_context(flow_progress("Looking through the log", progress.total))
            advance(progress.more)

        with database_failures(": nothing was recovered"), broker_failures(": nothing was recovered"):
            recovered = asyncio.run(recover_all(database(), broker(), dry_run=dry_run, by=by, told=told))
    if as_json:
        document(_shape(recovered))
    else:
        _show(recovered)


def _shape(recovered: Recovered) -> dict[str, object]:
    return {
        "dry_run": recovered.dry_run,
        "streams": len(recovered.streams),
        "events": [{"type": kind, "events": count} for kind, count in sorted(recovered.events.items())],
        "documents": [
            {"date": day.isoformat(), "documents": count, "lines": recovered.lines[day]}
            for day, count in sorted(recovered.documents.items())
        ],
        "numbers_not_there": recovered.not_there,
    }


def _show(recovered: Recovered) -> None:
    total = recovered.events.total()
    if not total:
        say("The database has every event of ours that the log has: nothing to recover")
    else:
        done = "would be recovered" if recovered.dry_run else "recovered"
        say(f"{total:,} events of {len(recovered.streams):,} streams {done}")
        table("Events", ("type", "events"), sorted(recovered.events.items()), right=("events",))
    if recovered.documents:
        rows = [(day, count, recovered.lines[day]) for day, count in sorted(recovered.documents.items())]
        table("Documents", ("date", "documents", "lines"), rows, right=("documents", "lines"))
    if recovered.not_there:
        note([
            f"{len(recovered.not_there):,} numbers were given, and no document of them is in the log or here:",
            *recovered.not_there,
        ])  # fmt: skip
