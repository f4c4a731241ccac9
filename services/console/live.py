"""Pages that follow what happens: one stream of server-sent events for each page, fed by one look a second for all.

The look asks how far the projections that are read have come. It says that something is another than before, not what:
the page asks for itself again, as whoever looks may see it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Final

import psycopg
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from psycopg_pool import AsyncConnectionPool

from services.console.viewer import Looking

router = APIRouter()
_EVERY_S: Final = 1.0
# A session that is over gets no more: the browser comes again by itself, and is asked who it is.
_STREAM_S: Final = 300.0
_STILL_THERE_S: Final = 15.0
_CONNECTION_S: Final = 5.0
_GENERATIONS = "SELECT name, number, status FROM store.generation ORDER BY name, number"
# What vendors have is compared, tasks are carried out and people say things, beside the projections.
_COMPARED = """
SELECT (SELECT max(at) FROM reconciliation.comparison), (SELECT max(sweep) FROM reconciliation.sweep),
    (SELECT count(*) FROM reconciliation.sweep WHERE finished_at IS NULL),
    (SELECT max(next_at) FROM reconciliation.vendor_task WHERE state = 'waiting'),
    (SELECT count(*) FROM reconciliation.vendor_task WHERE state = 'waiting'),
    (SELECT count(*) FROM reconciliation.settled_by_hand), (SELECT count(*) FROM reconciliation.gone_account)
"""
_OPERATED = "SELECT (SELECT max(told_at) FROM store.rebuild_run), (SELECT max(id) FROM store.operation)"
_log = structlog.get_logger("console")


class Watch:
    """How the read models stand, as one short text that is another whenever they are; `operated` the system too.

    A rebuild tells how far it is all the time: whoever looks at a list need not ask for it anew because of that.
    """

    def __init__(self, connections: AsyncConnectionPool) -> None:
        self._connections = connections
        self._changed = asyncio.Condition()
        self._stands = self._operated = ""

    def stands(self, *, operated: bool) -> str:
        """How they stand now."""
        return self._operated if operated else self._stands

    async def run(self) -> None:
        """Look, for as long as the application runs. A database that is away is looked at again."""
        while True:
            try:
                await self._look()
            except psycopg.Error as error:
                _log.warning("cannot see whether something changed", error=str(error))
            await asyncio.sleep(_EVERY_S)

    async def other_than(self, stands: str, within_s: float, *, operated: bool) -> str:
        """How they stand once that is another than `stands`, at the latest in so many seconds."""
        async with self._changed:
            try:
                async with asyncio.timeout(within_s):
                    await self._changed.wait_for(lambda: self.stands(operated=operated) != stands)
            except TimeoutError:
                pass
            return self.stands(operated=operated)

    async def _look(self) -> None:
        async with self._connections.connection(timeout=_CONNECTION_S) as connection:
            stands, operated = await _stand(connection)
        if (stands, operated) != (self._stands, self._operated):
            async with self._changed:
                self._stands, self._operated = stands, operated
                self._changed.notify_all()


async def _stand(connection: psycopg.AsyncConnection) -> tuple[str, str]:
    generations = await (await connection.execute(_GENERATIONS)).fetchall()
    parts: list[object] = [generations]
    for name, number, status in generations:
        if status == "live":
            schema = psycopg.sql.Identifier(f"{name}_g{number}")
            at = psycopg.sql.SQL("SELECT sum(next), (SELECT count(*) FROM {0}.recompute_queue) FROM {0}.position")
            parts.append(await (await connection.execute(at.format(schema))).fetchone())
    parts.append(await (await connection.execute("SELECT count(*), max(found_at) FROM store.dead_letter")).fetchone())
    parts.append(await (await connection.execute(_COMPARED)).fetchone())
    stands = _digest(parts)
    # How large the generations are is not looked at: it is not said often, and is no news.
    return stands, _digest([stands, await (await connection.execute(_OPERATED)).fetchone()])


def _digest(parts: list[object]) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@router.get("/live")
async def live(request: Request, viewer: Looking, operations: bool = False) -> StreamingResponse:
    """One event `changed` whenever the read models are others than before, as long as somebody looks.

    `operations`: also when something was done to the system, or a rebuild has come further.
    """
    watch: Watch = request.app.state.watch
    operated = operations and viewer.may("operations:read")
    return StreamingResponse(_events(watch, operated=operated), media_type="text/event-stream")


async def _events(watch: Watch, *, operated: bool) -> AsyncIterator[str]:
    stands = watch.stands(operated=operated)
    yield f"retry: 2000\nevent: stands\ndata: {stands}\n\n"
    until = asyncio.get_running_loop().time() + _STREAM_S
    while asyncio.get_running_loop().time() < until:
        now = await watch.other_than(stands, _STILL_THERE_S, operated=operated)
        # A comment keeps proxies from closing a stream in which nothing happens.
        yield f"event: changed\ndata: {now}\n\n" if now != stands else ": still there\n\n"
        stands = now
