"""What `seatledger dead-letters retry` does: records first, then streams, then the outbox; then it waits for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from psycopg import AsyncConnection

from services.dead_letter_list import nothing_of
from services.dead_letter_outcomes import GOOD, WORDS, Outcome, folded, progress, sent
from services.prepare import specs
from services.presentation import list_document, say, table
from services.stopped_items import find
from services.stopped_names import KINDS, Filters, Name, OutboxName, kind_of, name_of
from shared.commands.operating import read_now
from shared.errors import UserError
from shared.projections.generations import Generation
from shared.projections.retrying import NoLetter, retry_record
from shared.projections.spec import Key, ProjectionSpec
from shared.projections.stopped import StreamName, parked_streams, retry_stream
from shared.store import kept_letters, operations, outbox
from shared.store.dead_letters import Place

Database = Callable[[], str]
# How long projectors and relay are waited for: those that run answer within a second or two.
WAIT_S = 30.0
_PAGE = 1000
# What came of each stands in the table; its last sentence is to be read.
_NAMED = 5


def retry(database: Database, names: Sequence[str], filters: Filters, *, by: str | None, as_json: bool) -> None:
    """Retry those that are named or, where none is, those that the filters choose; print what came of each.

    UserError when one of the names is nobody's (nothing is retried then), and when some do not flow in the end.
    """
    wanted = [name_of(text) for text in names]
    compiled = list(specs())

    async def act(connection: AsyncConnection) -> list[Outcome]:
        chosen = await _there(connection, wanted) if wanted else await _chosen(connection, filters)
        return await retry_all(connection, compiled, chosen, by=by, wait_s=WAIT_S, silent=as_json)

    outcomes = read_now(database, act)
    if as_json:
        list_document([one.shape for one in outcomes])
    elif not outcomes:
        say("Nothing of that waits for anybody: nothing was retried")
    else:
        table("Retried", ("name", "outcome", "why"), [(one.name, WORDS[one.came], one.why) for one in outcomes])
    if bad := [str(one.name) for one in outcomes if one.came not in GOOD]:
        more = f" and {len(bad) - _NAMED:,} more" if len(bad) > _NAMED else ""
        raise UserError(f"{len(bad):,} of {len(outcomes):,} do not flow: {', '.join(bad[:_NAMED])}{more}")


async def retry_all(
    connection: AsyncConnection,
    specs: Collection[ProjectionSpec],
    names: Collection[Name],
    *,
    by: str | None,
    wait_s: float,
    silent: bool,
) -> list[Outcome]:
    """Retry them, and wait at most `wait_s` seconds for those that others carry out; an outcome each."""
    outcomes: list[Outcome] = []
    freed: set[tuple[Generation, Key]] = set()
    with progress("Retrying", len(names), silent) as done:
        for name in sorted(set(names), key=lambda one: (KINDS.index(kind_of(one)), one)):
            if isinstance(name, Place):
                outcome = await _retry_record(connection, specs, name, by)
                freed |= set(outcome.asked)
            elif isinstance(name, StreamName):
                outcome = await _retry_stream(connection, specs, name, by, freed)
            else:
                outcome = await _unpark(connection, name, by)
            outcomes.append(outcome)
            done(1)
    outcomes = await folded(connection, outcomes, wait_s, silent)
    return await sent(connection, outcomes, wait_s, silent)


async def _chosen(connection: AsyncConnection, filters: Filters) -> list[Name]:
    chosen: list[Name] = []
    while page := await find(connection, filters, chosen[-1] if chosen else None, _PAGE):
        chosen += [item.name for item in page]
    return chosen


async def _there(connection: AsyncConnection, names: Sequence[Name]) -> Sequence[Name]:
    """The same; UserError for one that is nobody's."""
    streams = await parked_streams(connection)
    for name in names:
        if isinstance(name, StreamName) and name not in streams:
            raise nothing_of(name)
        if isinstance(name, OutboxName) and await outbox.why_kept_back(connection, name.stream) is None:
            raise nothing_of(name)
        if isinstance(name, Place) and await kept_letters.letter(connection, name) is None:
            raise nothing_of(name)
    return names


async def _retry_record(
    connection: AsyncConnection, specs: Collection[ProjectionSpec], place: Place, by: str | None
) -> Outcome:
    try:
        retried = await retry_record(connection, specs, place, by)
    except NoLetter:
        raise nothing_of(place) from None
    how = {one.generation.schema: one.how for one in retried.generations}
    asked = [(one.generation, key) for one in retried.generations for key in one.freed]
    if retried.reason is not None:
        return Outcome(place, "still_dead", retried.reason, how, asked)
    if not retried.is_taken_in:
        why = "no projection has read as far: it is taken in, or found dead again, when they come there"
        return Outcome(place, "not_read", why, how)
    standing = [
        f"{StreamName(one.generation.name, *key)}: {reason}"
        for one in retried.generations
        for key, reason in one.parked.items()
    ]
    if standing:
        return Outcome(place, "parked", f"taken in; parked still: {'; '.join(dict.fromkeys(standing))}", how, asked)
    return Outcome(place, "taken_in", None, how, asked)


async def _retry_stream(
    connection: AsyncConnection,
    specs: Collection[ProjectionSpec],
    name: StreamName,
    by: str | None,
    freed: Collection[tuple[Generation, Key]],
) -> Outcome:
    asked = await retry_stream(connection, specs, name, by)
    if asked.held_by:
        records = ", ".join(map(str, asked.held_by))
        return Outcome(
            name, "parked", f"an event of it is dead, without which it must not go on: retry or drop {records}"
        )
    with_records = [(one, key) for one, key in freed if (one.name, key) == (name.projection, name.key)]
    if asked.generations or with_records:
        return Outcome(name, "flows", asked=[*((one, name.key) for one in asked.generations), *with_records])
    if where := (await parked_streams(connection)).get(name):
        held = ", ".join(f"{one.generation.schema} of version {one.generation.version}" for one in where)
        return Outcome(name, "parked", f"it stands still in {held}, which this release does not project")
    return Outcome(name, "flows")


async def _unpark(connection: AsyncConnection, name: OutboxName, by: str | None) -> Outcome:
    async with connection.transaction():
        if await outbox.unpark(connection, name.stream):
            await operations.record(connection, "dead-letters retry", str(name), by=by)
    return Outcome(name, "flows")
