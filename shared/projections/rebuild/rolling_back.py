"""Rolling back: a generation that was live before, and was projected ever since, becomes what readers see again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

from psycopg import AsyncConnection

from shared.projections import clock
from shared.projections.generations import Generation, generations, left_last, use
from shared.projections.position import PositionLost, Positions, positions
from shared.projections.rebuild import records
from shared.projections.rebuild.catch_up import CatchUp
from shared.projections.rebuild.switch import Switched, Switching, end_run_lock, run_lock, switch
from shared.projections.spec import ProjectionSpec
from shared.store import operations
from shared.store.pool import connect

_SWITCH_S = 300.0


class NothingKept(Exception):
    """There is no generation to go back to; the sentence says why."""


async def roll_back(
    dsn: str, broker: str, specs: Sequence[ProjectionSpec], keep: timedelta | None, waiting: Callable[[str], None]
) -> tuple[list[Switching], Switched]:
    """Make the generations live that were so before. Raises NothingKept, NotSwitched, AlreadyRebuilding."""
    async with await connect(dsn, application="seatledger rollback") as connection, AsyncExitStack() as open_:
        await records.hold(connection)
        switching = [await _back(connection, spec) for spec in specs]
        catching = {}
        for one in switching:
            other = await open_.enter_async_context(
                await connect(dsn, one.to.schema, application="seatledger catch-up")
            )
            catching[one.spec.name] = await CatchUp.on(one.spec, other, broker)

        async def bring(one: Switching, to: Positions, at: datetime) -> None:
            await _reach(catching[one.spec.name], to, one.live)
            await catching[one.spec.name].come_to(at)

        async def written(switched: AsyncConnection) -> None:
            await operations.record(switched, "rollback", " ".join(one.to.schema for one in switching))

        # What is far behind is not waited for by the live projector, which the switch has stand still.
        for one in switching:
            await bring(one, *await _standing(connection, one.live))
        await run_lock(connection, waiting)
        try:
            keep_until = None if keep is None else datetime.now(UTC) + keep
            switched = await switch(connection, switching, bring, keep_until, _SWITCH_S, waiting, written)
        finally:
            await end_run_lock(connection)
    return switching, switched


async def _back(connection: AsyncConnection, spec: ProjectionSpec) -> Switching:
    known = await generations(connection, spec.name)
    live = next((one for one in known if one.status == "live"), None)
    to = await left_last(connection, spec.name)
    if live is None or to is None:
        raise NothingKept(
            f"{spec.name} has no earlier generation any more: `seatledger generations list` shows them all"
        )
    if to.version != spec.version:
        raise NothingKept(
            f"{to.schema} is of version {to.version}, which this release (version {spec.version}) does not project; "
            "install the release that it came from, and roll back there"
        )
    return Switching(spec, live, to)


async def _standing(connection: AsyncConnection, live: Generation) -> tuple[Positions, datetime]:
    async with connection.transaction():
        await use(connection, live)
        return await positions(connection), await clock.now(connection)


async def _reach(catching: CatchUp, to: Positions, live: Generation) -> None:
    """To these positions, beside the worker that projects the same generation: whoever is first moves on."""
    while await catching.behind(to):
        try:
            await catching.run(to, live, lambda more: None)
        except PositionLost:
            await asyncio.sleep(0.05)
