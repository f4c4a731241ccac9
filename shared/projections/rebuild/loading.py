"""Writing what a bucket came to into the tables of a new generation, in the transaction that marks it as done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb

from shared.projections.generations import Generation, use
from shared.projections.position import Positions, positions
from shared.projections.rebuild.copying import HEADER, TRAILER
from shared.projections.spec import ProjectionSpec, Row, Table
from shared.projections.writes import column_types
from shared.store.arrays import literal

_TABLES = {
    "event": "identity, fingerprint, topic, partition, \"offset\"",
    "packed_fact": "scope, scope_id, facts",
    "state": "scope, scope_id, state, depends_on, next_change_at, touched",
    "dependency": "scope, scope_id, dependent_scope, dependent_id",
    "pending": "scope, scope_id, since, facts",
}  # fmt: skip
_COPY_BYTES = 256 * 1024
_TOUCHED = "SELECT scope_id, touched FROM state WHERE scope = %s AND scope_id = ANY(%s::text[])"


@dataclass(frozen=True, slots=True)
class Target:
    """A generation that is built, and the live one beside it."""

    spec: ProjectionSpec
    generation: Generation
    live: Generation


@dataclass(slots=True)
class Load:
    """What is to be written into one generation: encoded rows of the runtime's tables, and rows of the service's."""

    encoded: dict[str, list[bytes]] = field(default_factory=lambda: {name: [] for name in _TABLES})
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)


async def copy_into(connection: AsyncConnection, target: Target, load: Load) -> None:
    """Write a load, in the caller's transaction."""
    await use(connection, target.generation)
    for name, columns in _TABLES.items():
        rows = load.encoded[name]
        if rows:
            statement = f"COPY {name} ({columns}) FROM STDIN (FORMAT binary)"
            async with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
                for part in _parts(rows):
                    await copy.write(part)
    for table in target.spec.tables:
        await _copy_rows(connection, table, load.rows.get(table.name, ()))


async def _copy_rows(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    if not rows:
        return
    types = await column_types(connection, table)
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(sql.Identifier(table.name), columns)
    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([types[column] for column in table.columns])
        texts = [place for place, column in enumerate(table.columns) if types[column] in ("json", "jsonb")]
        for row in rows:
            await copy.write_row(_with_json(row, texts))


def _with_json(row: Row, places: Sequence[int]) -> Row:
    """A JSON column that is given as text means that text, as in `arrays.literal`, and no JSON string."""
    if not any(isinstance(row[place], str) for place in places):
        return row
    return tuple(
        Jsonb(value, dumps=str) if place in places and isinstance(value, str) else value
        for place, value in enumerate(row)
    )


async def touched_in_live(
    connection: AsyncConnection, target: Target, ends: Positions, scope: str, ids: Iterable[str]
) -> dict[str, int]:
    """When the live generation last folded these streams, by its count: an invoice run remembers that number.

    Of none while live has not read up to `ends`, where the rebuild reads to: its number would say that a run has seen
    what is not billed yet.
    """
    wanted = list(ids)
    if not wanted:
        return {}
    await use(connection, target.live)
    reached = await positions(connection)
    if any(at < ends.get(partition, 0) for partition, at in reached.items()):
        return {}
    return dict(await (await connection.execute(_TOUCHED, [scope, literal(wanted)])).fetchall())


def _parts(rows: Sequence[bytes]) -> Iterable[bytes]:
    """A table's rows with what COPY wants around them, in pieces of some size."""
    waiting, size = [HEADER], 0
    for row in rows:
        waiting.append(row)
        size += len(row)
        if size >= _COPY_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join([*waiting, TRAILER])
