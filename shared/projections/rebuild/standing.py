"""A generation of a moment that stays for a while: what projections were by then, for whoever wants to query it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.projections.generations import set_status
from shared.projections.rebuild import records
from shared.projections.rebuild.bulk import Told
from shared.projections.rebuild.catch_up import CatchUp
from shared.projections.rebuild.making import make
from shared.projections.rebuild.runs import Came, watched
from shared.projections.rebuild.wanted import Wanted
from shared.store.pool import connect


async def build_until(wanted: Wanted, until: datetime, keep: timedelta, told: Told) -> list[str]:
    """Build generations of what the log had by `until`, and keep them for a time; their schemas. Raises as `make`."""
    wanted = replace(wanted, until=until)
    async with await connect(wanted.dsn, application="seatledger replay") as connection, AsyncExitStack() as open_:
        await records.hold(connection)
        run = await open_.enter_async_context(watched(wanted, told))
        made = await make(connection, wanted, run.told)
        for target in made.targets:
            other = await connect(wanted.dsn, target.generation.schema, application="seatledger replay")
            await open_.enter_async_context(other)
            catching = await CatchUp.on(target.spec, other, wanted.broker)
            await catching.take_missing(target.live)
            await catching.fold_queued()
        async with connection.transaction():
            for target in made.targets:
                await set_status(connection, target.generation, "as_of", datetime.now(UTC) + keep)
            await records.forget(connection, made.number)
        schemas = [target.generation.schema for target in made.targets]
        run.came = Came("built", generations=schemas)
        return schemas
