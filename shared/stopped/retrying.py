"""Having what does not flow go on: records first, then streams, then the outbox; then those who do it are awaited."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext

from psycopg import AsyncConnection

from shared.projections.generations import Generation
from shared.projections.retrying import NoLetter, retry_record
from shared.projections.spec import Key, ProjectionSpec
from shared.projections.stopped import StreamName, parked_streams, retry_stream
from shared.stopped.in_full import nothing_of
from shared.stopped.items import find
from shared.stopped.names import KINDS, Filters, Name, OutboxName, kind_of
from shared.stopped.outcomes import Outcome, Progress, folded, sent
from shared.store import kept_letters, operations, outbox
from shared.store.dead_letters import Place

_PAGE = 1000


def unseen(description: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
    """Shows nobody how far it is."""
    return nullcontext(lambda _: None)


async def retry_all(
    connection: AsyncConnection,
    specs: Collection[ProjectionSpec],
    names: Collection[Name],
    *,
    by: str | None,
    wait_s: float,
    progress: Progress = unseen,
) -> list[Outcome]:
    """Retry them, and wait at most `wait_s` seconds for those that others carry out; an outcome each."""
    outcomes: list[Outcome] = []
    freed: set[tuple[Generation, Key]] = set()
    with progress("Retrying", len(names)) as done:
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
    outcomes = await folded(connection, outcomes, wait_s, progress)
    return await sent(connection, outcomes, wait_s, progress)


async def chosen(connection: AsyncConnection, filters: Filters) -> list[Name]:
    """The names of all that the filters choose."""
    found: list[Name] = []
    while page := await find(connection, filters, found[-1] if found else None, _PAGE):
        found += [item.name for item in page]
    return found


async def there(connection: AsyncConnection, names: Sequence[Name]) -> Sequence[Name]:
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
