"""What the pages of replays read: the generations, the runs that were watched, positions, and what operators did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import class_row
from pydantic import BaseModel

from services.console.listing import Lister
from shared.log.records import Partition
from shared.projections.generations import PROJECTED

# Rows as the database last counted them; a table that it never counted adds none.
_GENERATIONS: Final = """
SELECT g.name, g.number, g.version, g.status, g.created_at, g.left_at, g.drop_after, sizes.bytes, sizes.rows
FROM store.generation AS g CROSS JOIN LATERAL (
    SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint AS bytes,
        coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint AS rows
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = g.name || '_g' || g.number AND c.relkind = 'r'
) AS sizes
ORDER BY g.name, g.number DESC
"""
_RUN_COLUMNS: Final = """
SELECT id, purpose, projections, until, who, began_at, told_at, phases, "left", ended_at, outcome, reason, generations,
    compared, differing, switch_ms
FROM store.rebuild_run
"""
_NEWEST: Final = f"{_RUN_COLUMNS} ORDER BY id DESC LIMIT %s"
_ONE: Final = f"{_RUN_COLUMNS} WHERE id = %s"
_DIFFERENCES: Final = "SELECT differences, totals FROM store.rebuild_run WHERE id = %s"
_POSITIONS: Final = "SELECT topic, partition, next FROM {}.position ORDER BY topic, partition"
_OPERATIONS_WANTED: Final = """
FROM store.operation
WHERE (%(search)s::text IS NULL OR who ILIKE %(search)s OR what ILIKE %(search)s OR target ILIKE %(search)s
        OR reason ILIKE %(search)s)
    AND (%(what)s::text IS NULL OR what = %(what)s)
"""
_OPERATIONS: Final = f"""
SELECT id, at, who, what, target, reason, detail {_OPERATIONS_WANTED}
ORDER BY {{order}} LIMIT %(limit)s OFFSET %(offset)s
"""
_COUNT: Final = f"SELECT count(*) {_OPERATIONS_WANTED}"
_WHATS: Final = "SELECT DISTINCT what FROM store.operation ORDER BY what"


class Generation(BaseModel):
    """One generation. `left_at`: when readers were last led away from it; `drop_after`: until when it is kept."""

    name: str
    number: int
    version: int
    status: str
    created_at: datetime
    left_at: datetime | None
    drop_after: datetime | None
    bytes: int
    rows: int

    @property
    def schema_name(self) -> str:
        return f"{self.name}_g{self.number}"


class Run(BaseModel):
    """One run of replay, verify or as-of, as `shared.projections.rebuild.runs` writes it down."""

    id: int
    purpose: str
    projections: list[str]
    until: datetime | None
    who: str
    began_at: datetime
    told_at: datetime
    phases: list[dict[str, Any]]
    left: list[tuple[str, int, int]]
    ended_at: datetime | None
    outcome: str | None
    reason: str | None
    generations: list[str]
    compared: int | None
    differing: int | None
    switch_ms: float | None


class Act(BaseModel):
    """What an operator did."""

    id: int
    at: datetime
    who: str
    what: str
    target: str
    reason: str | None
    detail: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Place:
    """One partition of the log as a generation has read it; `end` and `lag` are None while the broker is away."""

    partition: Partition
    next: int
    end: int | None

    @property
    def lag(self) -> int | None:
        return None if self.end is None else max(0, self.end - self.next)


OPERATIONS: Final = Lister(
    Act, _OPERATIONS, _COUNT, ("id", "at", "who", "what", "target"), key=("id",), default="-id"
)  # fmt: skip


async def generations(connection: AsyncConnection) -> list[Generation]:
    async with connection.cursor(row_factory=class_row(Generation)) as cursor:
        return await (await cursor.execute(_GENERATIONS)).fetchall()


async def runs(connection: AsyncConnection, most: int) -> list[Run]:
    """The newest first."""
    async with connection.cursor(row_factory=class_row(Run)) as cursor:
        return await (await cursor.execute(_NEWEST, [most])).fetchall()


async def run(connection: AsyncConnection, number: int) -> Run | None:
    async with connection.cursor(row_factory=class_row(Run)) as cursor:
        return await (await cursor.execute(_ONE, [number])).fetchone()


async def differences(connection: AsyncConnection, number: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The first rows, and the first totals, that a run found to differ."""
    row = await (await connection.execute(_DIFFERENCES, [number])).fetchone()
    return ([], []) if row is None else (row[0], row[1])


async def positions(
    connection: AsyncConnection, found: Sequence[Generation]
) -> Mapping[str, list[tuple[Partition, int]]]:
    """Where each generation that is projected stands, by its schema; one that is just being dropped is left out."""
    known = {}
    for one in found:
        if one.status not in PROJECTED:
            continue
        try:
            async with connection.transaction():
                query = sql.SQL(_POSITIONS).format(sql.Identifier(one.schema_name))
                rows = await (await connection.execute(query)).fetchall()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            continue
        known[one.schema_name] = [(Partition(topic, partition), next_) for topic, partition, next_ in rows]
    return known


async def whats(connection: AsyncConnection) -> list[str]:
    """What was ever done, each once."""
    return [what for (what,) in await (await connection.execute(_WHATS)).fetchall()]
