"""From full tables to a generation that can be projected: what lies scattered, parked streams, keys, positions."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

import psycopg
from psycopg import AsyncConnection, sql

from shared.log.records import Partition, Standing
from shared.projections import recompute
from shared.projections.generations import Generation
from shared.projections.rebuild.loading import Target
from shared.projections.rebuild.tables import restore
from shared.projections.spec import Key, ProjectionSpec, Table
from shared.projections.waiting import park
from shared.store.arrays import columns, literal
from shared.store.pool import connect

_SCATTERED = "SELECT scope, scope_id FROM packed_fact GROUP BY scope, scope_id HAVING count(*) > 1"
_GATHER = """
WITH parts AS (
    DELETE FROM packed_fact USING unnest(%s::text[], %s::text[]) AS w (s, i) WHERE (scope, scope_id) = (s, i)
    RETURNING scope, scope_id, facts
)
INSERT INTO packed_fact (scope, scope_id, facts)
SELECT scope, scope_id, string_agg(facts, '\\x0a'::bytea) FROM parts GROUP BY scope, scope_id
"""
_UNFOLD = """
DELETE FROM {} USING unnest(%s::text[], %s::text[]) AS w (s, i) WHERE (scope, scope_id) = (s, i)
"""
_UNDEPEND = """
DELETE FROM dependency USING unnest(%s::text[], %s::text[]) AS w (s, i) WHERE (dependent_scope, dependent_id) = (s, i)
"""
_COLUMNS = "SELECT column_name FROM information_schema.columns WHERE (table_schema, table_name) = (%s, %s)"
_TABLES = """
SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind = 'r' ORDER BY 1
"""
_HAS_POSITIONS = "SELECT FROM position LIMIT 1"
_ANCHORS = "INSERT INTO anchor (scope, scope_id) SELECT scope, scope_id FROM packed_fact"
_POSITIONS = """
INSERT INTO position (topic, partition, next, last_offset, last_identity)
SELECT * FROM unnest(%s::text[], %s::int[], %s::bigint[], %s::bigint[], %s::text[])
"""
# Far beyond what the live generation counts to meanwhile: no number of one ever means another thing in the other.
_COUNT_ON = "SELECT setval('touched', %s::bigint + 1000000000)"
_LAST_COUNT = "SELECT last_value FROM {}"
_AS_LONG = """
UPDATE parked SET since = live.since FROM {} AS live
WHERE (live.scope, live.scope_id, live.reason) = (parked.scope, parked.scope_id, parked.reason)
"""
_IDENTICAL = """
SELECT topic, partition, "offset" FROM event WHERE identity IN (
    SELECT identity FROM event GROUP BY identity HAVING count(*) > 1
) ORDER BY identity, topic, partition, "offset" LIMIT 20
"""


class IdsReused(Exception):
    """Events of the log have one id and different contents, and the live generation does not hold them dead."""


async def finish(
    dsn: str, targets: Sequence[Target], standings: Mapping[Partition, Standing],
    indexes: Mapping[str, Sequence[str]], parked: Mapping[str, Mapping[Key, str]],
) -> None:  # fmt: skip
    """Bring all generations to where the live projector can go on; generations side by side. Raises IdsReused."""
    finishing = [
        _finish(dsn, target, standings, indexes[target.generation.schema], parked[target.spec.name])
        for target in targets
    ]  # fmt: skip
    # All of them come to their end, so that nothing is being written when the caller goes on with an error.
    for outcome in await asyncio.gather(*finishing, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


async def _finish(
    dsn: str, target: Target, standings: Mapping[Partition, Standing], indexes: Sequence[str],
    parked: Mapping[Key, str],
) -> None:  # fmt: skip
    """In one transaction: a rebuild that dies here finds full tables without keys again."""
    async with await connect(dsn, target.generation.schema, application="seatledger rebuild") as connection:
        if await (await connection.execute(_HAS_POSITIONS)).fetchone() is not None:
            return
        try:
            async with connection.transaction():
                await _gather_scattered(connection, target.spec)
                await carry_parked(connection, target, parked)
                await connection.execute(_ANCHORS)
                await restore(connection, indexes)
                here = {p: standing for p, standing in standings.items() if p.topic in target.spec.topics}
                rows = [(*p, s.next, s.last_offset, s.last_identity) for p, s in sorted(here.items())]
                await connection.execute(_POSITIONS, columns(rows, 5))
                await connection.execute(_COUNT_ON, [await _last_count(connection, target.live)])
                # Here too: a generation with positions and without statistics would be catching up for hours.
                await _analyze(connection, target.generation)
        except psycopg.errors.UniqueViolation as error:
            raise IdsReused(await _which(connection, error)) from error


async def _analyze(connection: AsyncConnection, generation: Generation) -> None:
    """Its own tables: without a name each would be analyzed that there is in the database."""
    names = [name for (name,) in await (await connection.execute(_TABLES, [generation.schema])).fetchall()]
    tables = sql.SQL(", ").join(sql.Identifier(generation.schema, name) for name in names)
    await connection.execute(sql.SQL("ANALYZE {}").format(tables))


async def _gather_scattered(connection: AsyncConnection, spec: ProjectionSpec) -> None:
    """Streams of which different customers were said lie in several buckets: they are folded again, from all facts."""
    async with connection.transaction():
        scattered = [Key(*row) for row in await (await connection.execute(_SCATTERED)).fetchall()]
        if scattered:
            wanted = columns(scattered, 2)
            await connection.execute(_GATHER, wanted)
            for table in ("state", "pending"):
                await connection.execute(sql.SQL(_UNFOLD).format(sql.Identifier(table)), wanted)
            await connection.execute(_UNDEPEND, wanted)
            await _delete_rows(connection, spec, scattered)
            await recompute.ask(connection, [key for key in scattered if key.scope in spec.folds])


async def _delete_rows(connection: AsyncConnection, spec: ProjectionSpec, keys: Collection[Key]) -> None:
    for stream in spec.streams:
        ids = [key.scope_id for key in keys if key.scope == stream.scope]
        for table in stream.tables if ids else ():
            statement = sql.SQL("DELETE FROM {} WHERE {} = ANY(%s::text[])").format(
                sql.Identifier(table.name), sql.Identifier(table.owner)
            )
            await connection.execute(statement, [literal(ids)])


async def carry_parked(connection: AsyncConnection, target: Target, parked: Mapping[Key, str]) -> None:
    """What the live generation holds parked is parked here too, with the rows that it has there, and as long."""
    live = target.live
    if not parked:
        return
    async with connection.transaction():
        await _delete_rows(connection, target.spec, parked)
        for stream in target.spec.streams:
            ids = [key.scope_id for key in parked if key.scope == stream.scope]
            for table in stream.tables if ids else ():
                rows = await connection.execute(_COLUMNS, [live.schema, table.name])
                shared = [column for (column,) in await rows.fetchall() if column in table.columns]
                await connection.execute(_copied(table, live, shared), [literal(ids)])
        await park(connection, dict(parked))
        await connection.execute(sql.SQL(_AS_LONG).format(sql.Identifier(live.schema, "parked")))


def _copied(table: Table, live: Generation, columns: Sequence[str]) -> sql.Composed:
    """`columns` are those that live has too: a release may have added one."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE {} = ANY(%s::text[])").format(
        sql.Identifier(table.name), names, names, sql.Identifier(live.schema, table.name), sql.Identifier(table.owner)
    )


async def _last_count(connection: AsyncConnection, live: Generation) -> int:
    statement = sql.SQL(_LAST_COUNT).format(sql.Identifier(live.schema, "touched"))
    row = await (await connection.execute(statement)).fetchone()
    assert row is not None
    return int(row[0])


async def _which(connection: AsyncConnection, error: psycopg.Error) -> str:
    rows = await (await connection.execute(_IDENTICAL)).fetchall()
    places = ", ".join(f"{topic} partition {partition} offset {offset}" for topic, partition, offset in rows)
    if not places:
        return f"a key of the new tables is there twice: {error}"
    return f"events with the same source and id and different content, which live does not hold dead: {places}"
