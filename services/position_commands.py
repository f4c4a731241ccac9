"""What `seatledger positions` does: how far each generation has read the log, and having one read on from elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection

from services.broker_failures import broker_failures
from services.presentation import document, list_document, say, table
from shared.commands.operating import read_now
from shared.errors import BAD_REQUEST, NOT_FOUND, UserError
from shared.log.ends import Span, end_offsets, span
from shared.log.records import Partition, Standing, identity
from shared.projections.generations import PROJECTED, Generation, generations, use
from shared.projections.position import all_standings, put
from shared.store import operations

# Give the DSN and host:port. UserError when there is none.
Address = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Row:
    """Where a generation stands in a partition. `last` is the last record's source and id, or a digest of its bytes.

    `lag` is None where nobody projects the generation: it is to stand where it stands.
    """

    projection: str
    generation: int
    status: str
    topic: str
    partition: int
    next: int
    end: int
    lag: int | None
    last_offset: int | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A position before and after. `read_again` and `skipped` count offsets, of which markers take some too."""

    generation: str
    topic: str
    partition: int
    before: int
    after: int
    end: int
    read_again: int
    skipped: int
    changed: bool


def standing(database: Address, broker: Address, projection: str | None = None, topic: str | None = None) -> list[Row]:
    """Where the generations stand. UserError for a projection or a topic that there is not."""
    found = read_now(database, lambda connection: _standings(connection, projection, topic))
    wanted = {partition for _, at in found for partition in at}
    with broker_failures(": nothing was changed"):
        ends = asyncio.run(end_offsets(broker(), wanted)) if wanted else {}
    return [_row(generation, partition, standing, ends[partition]) for generation, at in found
            for partition, standing in at.items()]  # fmt: skip


def show(database: Address, broker: Address, *, projection: str | None, topic: str | None, as_json: bool) -> None:
    """Print where the generations stand; UserError as `standing`."""
    rows = standing(database, broker, projection, topic)
    if as_json:
        list_document(rows)
        return
    columns = ("projection", "generation", "topic", "partition", "next", "end", "lag", "last record")
    shown = [
        (
            row.projection,
            f"{row.generation} {row.status}",
            row.topic,
            row.partition,
            row.next,
            row.end,
            row.lag,
            row.last,
        )
        for row in rows
        if row.end or row.next
    ]
    table("Positions", columns, shown, right=("partition", "next", "end", "lag"))


def set_position(
    database: Address,
    broker: Address,
    projection: str,
    partition: Partition,
    offset: int,
    *,
    number: int | None,
    reason: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Have a generation (`number`; None: the live one) read on from an offset; without a reason, say what it would do.

    UserError when it is only said, when the offset is not in the log, and for what there is not.
    """
    generation, stands = read_now(database, lambda connection: _stands(connection, projection, number, partition))
    with broker_failures(": nothing was changed"):
        there = asyncio.run(span(broker(), partition, offset))
    place = f"{partition.topic}/{partition.partition}"
    if not there.begin <= offset <= there.end:
        raise UserError(
            f"{offset} is not in the log: {place} begins at {there.begin}, and the next record gets {there.end}",
            BAD_REQUEST,
        )
    if reason is None:
        change = _change(generation, partition, stands.next, offset, there, changed=False)
        _say(change, "would go", as_json=as_json)
        raise UserError(f"Nothing was changed: to set {generation.schema} {place}, add --force --reason TEXT")
    to = _standing(offset, there)
    why = reason
    before = read_now(database, lambda connection: _put(connection, generation, partition, to, why, by))
    _say(_change(generation, partition, before, offset, there, changed=True), "goes", as_json=as_json)


def _standing(offset: int, there: Span) -> Standing:
    before = there.before
    return Standing(offset) if before is None else Standing(offset, before.offset, identity(before))


async def _put(
    connection: AsyncConnection, generation: Generation, partition: Partition, to: Standing, reason: str, by: str | None
) -> int:
    """Where it stood."""
    async with connection.transaction():
        await use(connection, generation)
        before = await put(connection, partition, to)
        assert before is not None
        target = f"{generation.schema}/{partition.topic}/{partition.partition}"
        detail = {"before": before.next, "after": to.next, "last": to.last_identity}
        await operations.record(connection, "positions set", target, reason, detail, by)
    return before.next


def _change(
    generation: Generation, partition: Partition, before: int, after: int, there: Span, *, changed: bool
) -> Change:
    return Change(
        generation.schema, *partition, before, after, there.end, max(before - after, 0), max(after - before, 0), changed
    )  # fmt: skip


def _say(change: Change, goes: str, *, as_json: bool) -> None:
    if as_json:
        document(change)
        return
    say(f"{change.generation} {change.topic}/{change.partition} {goes} from {change.before} to {change.after}")
    if change.read_again:
        say(f"{change.read_again} offsets are read again, from {change.after} on: what is there already counts once")
    if change.skipped:
        say(
            f"{change.skipped} offsets are not read, {change.before} to {change.after - 1}: its rows lack what they say"
        )


async def _standings(
    connection: AsyncConnection, projection: str | None, topic: str | None
) -> list[tuple[Generation, dict[Partition, Standing]]]:
    found = []
    for generation in await _generations(connection, projection):
        async with connection.transaction():
            await use(connection, generation)
            at = await all_standings(connection)
        found.append((generation, {one: standing for one, standing in at.items() if topic in (None, one.topic)}))
    if topic is not None and not any(at for _, at in found):
        raise UserError(f"no generation of {projection or 'any projection'} reads a topic {topic!r}", NOT_FOUND)
    return found


async def _stands(
    connection: AsyncConnection, projection: str, number: int | None, partition: Partition
) -> tuple[Generation, Standing]:
    """The generation that is meant, and where it stands."""
    there = await _generations(connection, projection)
    meant = [one for one in there if (one.status == "live" if number is None else one.number == number)]
    if not meant:
        numbers = ", ".join(f"{one.number} ({one.status})" for one in there)
        which = "no live generation" if number is None else f"no generation {number}"
        raise UserError(f"{projection} has {which}: there are {numbers}; give one as --generation", NOT_FOUND)
    async with connection.transaction():
        await use(connection, meant[0])
        at = await all_standings(connection)
    if partition not in at:
        of_topic = [str(one.partition) for one in at if one.topic == partition.topic]
        has = f"partitions {', '.join(of_topic)}" if of_topic else f"topics {', '.join(sorted({p.topic for p in at}))}"
        raise UserError(
            f"{meant[0].schema} reads no {partition.topic}/{partition.partition}: it reads the {has}", NOT_FOUND
        )
    return meant[0], at[partition]


async def _generations(connection: AsyncConnection, projection: str | None) -> Sequence[Generation]:
    """Those of a projection, or all. UserError for a projection that there is not."""
    there = await generations(connection)
    wanted = [one for one in there if projection in (None, one.name)]
    if projection is not None and not wanted:
        names = ", ".join(dict.fromkeys(one.name for one in there))
        raise UserError(f"there is no projection {projection!r}; give one of {names}", NOT_FOUND)
    return wanted


def _row(generation: Generation, partition: Partition, standing: Standing, end: int) -> Row:
    return Row(
        generation.name, generation.number, generation.status, *partition, standing.next, end,
        max(end - standing.next, 0) if generation.status in PROJECTED else None,
        standing.last_offset, standing.last_identity,
    )  # fmt: skip
