"""Generations in which something does not flow, and the connection of an operator."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from psycopg import AsyncConnection

from shared.projections.generations import ensure_generation
from shared.projections.spec import ProjectionSpec
from shared.projections.stopped import StreamName
from shared.store import dead_letters
from shared.store.dead_letters import Place
from shared.store.pool import connect
from tests.integration.projections.events import Said, change, order
from tests.integration.projections.generation import NEW_YEAR, Seats, seats
from tests.integration.projections.seats import SPEC

SECOND = Place("subscriptions.events", 0, 1)
SUB_1 = StreamName("seats", "subscription", "sub-1")
FINE = replace(SPEC, name="fine")


def run(dsn: str, scenario: Callable[[Seats, AsyncConnection], Awaitable[None]]) -> None:
    """One generation of seats, and the connection of an operator."""

    async def main() -> None:
        async with seats(dsn) as generation, await connect(dsn) as operator:
            await scenario(generation, operator)

    asyncio.run(main())


async def another(dsn: str, spec: ProjectionSpec) -> None:
    async with await connect(dsn) as connection:
        await ensure_generation(connection, spec, 2, NEW_YEAR)


async def all_of(connection: AsyncConnection, query: str) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query.encode())).fetchall()


async def status(connection: AsyncConnection, place: Place = SECOND) -> str | None:
    async with connection.transaction():
        return await dead_letters.status_of(connection, place)


def newer(subscription: str, quantity: int, at: str = "2026-02-01T10:00:00Z") -> Said:
    return replace(change(subscription, quantity, at), version=2)


async def given_a_newer_version(g: Seats) -> None:
    """sub-1 stands still at 6 seats for an event that the release does not know, and another one waits behind it."""
    await g.given(order("sub-1", 5), order("sub-2", 5), change("sub-1", 6, "2026-01-20T10:00:00Z"))
    await g.given(newer("sub-1", 8), change("sub-1", 9, "2026-03-01T10:00:00Z"), change("sub-2", 7))
