"""What `seatledger replay`, `verify`, `rollback` and `recompute` do."""

from __future__ import annotations

import asyncio

from services import difference_tables
from services.presentation import document, say
from services.rebuild_failures import Address, refusals
from services.rebuild_options import chosen, duration, point_in_time, wanted
from services.rebuild_progress import Shown, waiting_said
from shared.commands.operating import read_now
from shared.errors import NOT_FOUND, UserError, WrongUsage
from shared.projections.rebuild import again
from shared.projections.rebuild.records import Purpose
from shared.projections.rebuild.replaying import Options, Report
from shared.projections.rebuild.replaying import replay as replay_all
from shared.projections.rebuild.rolling_back import roll_back
from shared.projections.rebuild.standing import build_until
from shared.projections.rebuild.wanted import Wanted
from shared.projections.spec import Key
from shared.store.logging import configure_logging


def replay(
    projection: str, database: Address, broker: Address, *, until: str | None, dry_run: bool, expect_diff: bool,
    keep: str, workers: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Rebuild, compare, switch. UserError when it cannot be done, or when something differs that was not expected."""
    kept = duration(keep)
    if until is not None and (dry_run or expect_diff):
        raise WrongUsage("--until builds what was, and is compared with nothing: leave out the other")
    at = None if until is None else point_in_time(until, "--until")
    asked = _wanted(projection, database, broker, "replay" if at is None else "as_of", workers)
    if at is not None:
        with refusals(database, broker):
            made = asyncio.run(build_until(asked, at, kept, Shown(quiet=as_json)))
        if as_json:
            document({"until": until, "generations": made})
        else:
            say(f"Built as of {until}: {', '.join(made)}; kept for {keep}, and never shown to readers")
        return
    options = Options(expect_diff, dry_run, kept, waiting_said(quiet=as_json))
    with refusals(database, broker):
        report = asyncio.run(replay_all(asked, options, Shown(quiet=as_json)))
    _show(report, as_json=as_json)
    if not report.comparison.same and not expect_diff:
        raise UserError(
            "The rebuilt rows differ from the live ones, so nothing was switched. Where the replay is for that, run it "
            "again with --expect-diff"
        )
    if not as_json and report.switched is not None:
        say(f"Readers see {', '.join(report.generations.values())} now ({report.switched.milliseconds:.1f} ms)")
        say(f"What they saw before is kept for {keep}: seatledger rollback {projection}")


def verify(projection: str, database: Address, broker: Address, *, workers: int | None, as_json: bool) -> None:
    """Rebuild aside, compare, throw away. UserError where something differs."""
    asked = _wanted(projection, database, broker, "verify", workers)
    with refusals(database, broker):
        report = asyncio.run(replay_all(asked, Options(dry_run=True), Shown(quiet=as_json)))
    _show(report, as_json=as_json)
    if not report.comparison.same:
        raise UserError(
            f"The live projections differ from what the log says: {report.comparison.differing} rows. To have readers "
            "see what the log says: seatledger replay all --expect-diff"
        )


def rollback(projection: str, database: Address, broker: Address, *, keep: str, as_json: bool) -> None:
    """Show the generations again that were live before."""
    kept, projections = duration(keep), chosen(projection)
    with refusals(database):
        switching, switched = asyncio.run(
            roll_back(database(), broker(), projections, kept, waiting_said(quiet=as_json))
        )
    made = {one.spec.name: one.to.schema for one in switching}
    if as_json:
        document({"generations": made, "switch_ms": round(switched.milliseconds, 3), "tries": switched.tries})
        return
    say(f"Readers see {', '.join(made.values())} again ({switched.milliseconds:.1f} ms)")


def recompute(scope: str, name: str, database: Address, *, as_json: bool) -> None:
    """Fold what looks at a customer or a product again, in every live projection, and say what changed."""
    with refusals(database):
        done = read_now(database, lambda connection: again.recompute(connection, chosen("all"), Key(scope, name)))
    if not any(one.streams for one in done):
        raise UserError(f"no projection knows {scope} {name}: see `seatledger {scope}s list`", NOT_FOUND)
    if as_json:
        document({"items": [{"projection": one.projection, "streams": one.streams} for one in done]})
        return
    for one in done:
        say(f"{one.projection}: {one.streams} to be folded again")
    say("The projectors do it now; `seatledger status` shows what is left to recompute")


def _wanted(projection: str, database: Address, broker: Address, purpose: Purpose, workers: int | None) -> Wanted:
    # What the projector says, for which the replay stands in for a moment, is for a log and not for a person.
    configure_logging("replay", "error")
    return wanted(projection, database, broker, purpose, workers)


def _show(report: Report, *, as_json: bool) -> None:
    if as_json:
        document(difference_tables.shape(report))
    else:
        difference_tables.show(report)
