"""A replay as a whole: make generations aside, catch up, compare, switch. The live ones are not touched before that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from psycopg import AsyncConnection

from shared.projections.generations import generations, retire, use
from shared.projections.position import Positions, positions
from shared.projections.projector import Limits, Projector
from shared.projections.rebuild import records
from shared.projections.rebuild.behind import Behind, events_behind
from shared.projections.rebuild.bulk import Progress, Told
from shared.projections.rebuild.catch_up import CatchUp
from shared.projections.rebuild.compare import Comparison, compare, snapshot
from shared.projections.rebuild.finishing import carry_parked
from shared.projections.rebuild.interrupted import discard
from shared.projections.rebuild.loading import Target
from shared.projections.rebuild.making import Made, make, parked
from shared.projections.rebuild.runs import Came, watched
from shared.projections.rebuild.switch import Switched, Switching, Written, end_run_lock, run_lock, switch
from shared.projections.rebuild.wanted import Wanted
from shared.projections.rebuild.what_differed import rows_shown, totals_shown
from shared.projections.spec import Key
from shared.store import operations
from shared.store.pool import connect

# The queue of the live generation is empty now and then; what is queued in a snapshot is compared as it stands.
_QUIET_S = 20.0
_REACHED_S = 120.0
_SWITCH_S = 300.0
# Workers look for new generations every second, and a group takes a few to form: so long we project them ourselves.
_FOLLOW_S = 6.0
_REST_S = 0.05


class LiveBehind(Exception):
    """The live generation does not come to where the log was when the replay began."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to replay. `keep`: how long the old generations stay. `waiting` is told what the switch waits for."""

    expect_diff: bool = False
    dry_run: bool = False
    keep: timedelta | None = timedelta(hours=24)
    waiting: Callable[[str], None] = lambda what: None


@dataclass(slots=True)
class Report:
    """What came of it. `behind`: the events of the streams that differ, of the first ones, by projection and stream."""

    comparison: Comparison = field(default_factory=Comparison)
    behind: dict[tuple[str, Key], list[Behind]] = field(default_factory=dict)
    switched: Switched | None = None
    generations: dict[str, str] = field(default_factory=dict)
    queued: int = 0

    def came(self) -> Came:
        """What came of it, for whoever watches."""
        found, switched = self.comparison, self.switched
        return Came(
            "switched" if switched is not None else "same" if found.same else "differs",
            generations=tuple(self.generations.values()), compared=found.rows, differing=found.differing,
            switch_ms=None if switched is None else switched.milliseconds,
            differences=rows_shown(found, self.behind), totals=totals_shown(found),
        )  # fmt: skip


async def replay(wanted: Wanted, options: Options, told: Told) -> Report:
    """Rebuild, compare and, unless `dry_run` or what differs was not expected, switch.

    Raises AlreadyRebuilding, NoGeneration, NewErrors, IdsReused, LiveBehind, NotSwitched, WorkerFailed and WorkerEnded;
    after the last one running it again goes on where it was, after the others the live generation is as it was before.
    """
    async with await connect(wanted.dsn, application="seatledger replay") as connection, AsyncExitStack() as open_:
        await records.hold(connection)
        run = await open_.enter_async_context(watched(wanted, told))
        made = await make(connection, wanted, run.told)
        catching = {target.spec.name: await _catching(open_, wanted, target) for target in made.targets}
        report = Report(generations={target.spec.name: target.generation.schema for target in made.targets})
        for target in made.targets:
            await _catch_up(connection, target, catching[target.spec.name], run.told)
        for place, target in enumerate(made.targets):
            run.told(Progress("compare", place, len(made.targets)))
            await _compare(connection, wanted, target, catching[target.spec.name], report, options)
        run.told(Progress("compare", len(made.targets), len(made.targets)))
        if options.dry_run or (not report.comparison.same and not options.expect_diff):
            run.came = report.came()
            await open_.aclose()
            await discard(connection, made.number)
            return report

        async def written(switching: AsyncConnection) -> None:
            detail = {"differences": report.comparison.differing, "rows": report.comparison.rows}
            await operations.record(switching, "replay", " ".join(report.generations.values()), detail=detail)
            await records.forget(switching, made.number)

        report.switched = await _switch(connection, made, catching, options, wanted.dsn, written)
        run.came = report.came()
        await open_.aclose()
        await _drop_superseded(connection, made)
    await _follow(wanted, made.targets)
    return report


async def _catching(open_: AsyncExitStack, wanted: Wanted, target: Target) -> CatchUp:
    connection = await connect(wanted.dsn, target.generation.schema, application="seatledger catch-up")
    await open_.enter_async_context(connection)
    return await CatchUp.on(target.spec, connection, wanted.broker)


async def _catch_up(connection: AsyncConnection, target: Target, catching: CatchUp, told: Told) -> None:
    """To where live is now, which goes on meanwhile."""
    to = await _live_positions(connection, target)
    total = await catching.behind(to)
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        told(Progress("catch-up", min(done, total), total, projection=target.spec.name))

    count(0)
    await catching.run(to, target.live, count)


async def _ahead(catching: CatchUp, live: Positions) -> int:
    """How many offsets the new generation is ahead of the live one."""
    at = await positions(catching.connection)
    return sum(max(0, next_ - live.get(partition, 0)) for partition, next_ in at.items())


async def _compare(
    connection: AsyncConnection, wanted: Wanted, target: Target, catching: CatchUp, report: Report, options: Options
) -> None:
    """With one snapshot of the live generation, at its positions and its clock."""
    loop = asyncio.get_running_loop()
    quiet, reached = loop.time() + _QUIET_S, loop.time() + _REACHED_S
    while True:
        async with snapshot(wanted.dsn, target.live) as live:
            # The log was read to its end: live may still have been on its way there.
            missing = await _ahead(catching, live.positions)
            if missing:
                if loop.time() > reached:
                    raise LiveBehind(
                        f"{target.live.schema} has {missing} events still to read and cannot be compared with: does "
                        "its projector run? Nothing was switched; run it again when `seatledger status` shows no lag"
                    )
                options.waiting(f"{target.live.schema} has {missing} events still to read")
            if missing or (live.queued and loop.time() < quiet):
                await asyncio.sleep(0.2)
                continue
            report.queued += live.queued
            await _bring(connection, target, catching, live.positions, live.at)
            # Once there are positions, who retries a dead letter has it taken in here as well.
            await catching.take_missing(target.live)
            found = await compare(target.spec, live.connection, catching.connection)
            streams = {one.stream for one in found.differences[:100] if one.stream is not None}
            for key, events in (await events_behind(catching.connection, streams)).items():
                report.behind[target.spec.name, key] = events
            report.comparison += found
            return


async def _bring(connection: AsyncConnection, target: Target, catching: CatchUp, to: Positions, at: datetime) -> None:
    """To exactly these positions and this clock of the live generation, with what that holds parked by then."""
    holding = await parked(connection, target.live)
    await catching.run(to, target.live, lambda more: None)
    await catching.come_to(at)
    new = {key: reason for key, reason in holding.items() if key not in await catching.parked()}
    await carry_parked(catching.connection, target, new)


async def _switch(
    connection: AsyncConnection, made: Made, catching: Mapping[str, CatchUp], options: Options, dsn: str,
    written: Written,
) -> Switched:  # fmt: skip
    targets = {target.generation.schema: target for target in made.targets}
    async with await connect(dsn, application="seatledger replay") as looking:

        async def bring(one: Switching, to: Positions, at: datetime) -> None:
            # On a connection of its own: the one that switches is in the middle of its transaction.
            await _bring(looking, targets[one.to.schema], catching[one.spec.name], to, at)

        await run_lock(connection, options.waiting)
        try:
            for target in made.targets:
                await _catch_up(connection, target, catching[target.spec.name], lambda progress: None)
            switching = [Switching(target.spec, target.live, target.generation) for target in made.targets]
            keep_until = None if options.keep is None else datetime.now(UTC) + options.keep
            return await switch(connection, switching, bring, keep_until, _SWITCH_S, options.waiting, written)
        finally:
            await end_run_lock(connection)


async def _live_positions(connection: AsyncConnection, target: Target) -> Positions:
    async with connection.transaction():
        await use(connection, target.live)
        return await positions(connection)


async def _drop_superseded(connection: AsyncConnection, made: Made) -> None:
    """A generation that was catching up for the same release is not needed any more."""
    names = {target.spec.name for target in made.targets}
    for generation in await generations(connection):
        if generation.name in names and generation.status == "catching_up":
            await retire(connection, generation)


async def _follow(wanted: Wanted, targets: Sequence[Target]) -> None:
    """Project what has just become live until the workers have found it: positions are moved by whoever is first."""
    stop = asyncio.Event()
    projectors = [
        Projector(
            target.spec, replace(target.generation, status="live"), wanted.dsn, wanted.broker,
            Limits(tick_seconds=None, rest_s=_REST_S), f"seatledger-replay-{uuid4()}",
        )
        for target in targets
    ]  # fmt: skip
    async with asyncio.TaskGroup() as tasks:
        for projector in projectors:
            tasks.create_task(projector.run(stop))
        await asyncio.sleep(_FOLLOW_S)
        stop.set()
