"""Folding a part again: everything that looks at one customer, or one product, in the live projections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection

from shared.projections import recompute as queue
from shared.projections.anchors import claim
from shared.projections.generations import use_live
from shared.projections.masters import learn_again
from shared.projections.spec import Key, ProjectionSpec
from shared.store import operations

_LOOK_AT = """
SELECT dependent_scope, dependent_id FROM dependency WHERE (scope, scope_id) = (%(scope)s, %(scope_id)s)
UNION SELECT scope, scope_id FROM anchor WHERE (scope, scope_id) = (%(scope)s, %(scope_id)s)
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """How many streams of a projection will be folded again."""

    projection: str
    streams: int


async def recompute(connection: AsyncConnection, specs: Sequence[ProjectionSpec], about: Key) -> list[Asked]:
    """Queue what depends on a thing, and the thing itself where it is a stream; the projectors do the rest.

    What they look at it by is made again here.
    """
    asked = []
    async with connection.transaction():
        for spec in specs:
            await use_live(connection, spec.name)
            rows = await connection.execute(_LOOK_AT, {"scope": about.scope, "scope_id": about.scope_id})
            found = [Key(*row) for row in await rows.fetchall()]
            streams = [key for key in found if key.scope in spec.folds]
            if about in found:
                await claim(connection, [about], [])
                await learn_again(connection, spec, [about])
            await queue.ask(connection, streams)
            asked.append(Asked(spec.name, len(streams)))
        if any(one.streams for one in asked):
            await operations.record(connection, "recompute", str(about))
    return asked
