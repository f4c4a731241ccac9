"""Writing what was folded: states, dependencies and the service's rows, each kind in one statement a batch.

Statements over the service's tables are composed once, from its spec and the column types that the catalogue has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection, sql

from shared.projections.spec import Key, ProjectionSpec, Row, Table
from shared.projections.streams import Folded
from shared.store.arrays import columns, literal

_STATES = """
INSERT INTO state (scope, scope_id, state, depends_on, next_change_at)
SELECT scope, scope_id, state, string_to_array(depends_on, E'\\n'), next_change_at
FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::text[], %s::timestamptz[])
    AS w (scope, scope_id, state, depends_on, next_change_at)
ORDER BY scope, scope_id
ON CONFLICT (scope, scope_id) DO UPDATE
SET state = excluded.state, depends_on = excluded.depends_on, next_change_at = excluded.next_change_at,
    touched = excluded.touched
"""
_DEPENDENCIES = """
INSERT INTO dependency (scope, scope_id, dependent_scope, dependent_id)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING
"""
_TYPES = """
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = to_regclass(quote_ident(%s)) AND attnum > 0 AND NOT attisdropped
"""


class TableDiffers(Exception):
    """A table of the generation has not the columns that the spec names."""


@dataclass(frozen=True, slots=True)
class _Statements:
    table: Table
    write: sql.Composed
    # One row a stream: rows of streams that have none any more. Many: all rows of the streams, before writing.
    delete: sql.Composed


async def write_states(connection: AsyncConnection, folded: Mapping[Key, Folded]) -> None:
    """Store the states, and what they begin to depend on."""
    if not folded:
        return
    await connection.execute(
        _STATES,
        columns(((*key, one.state, _listing(one.depends_on), one.next_change) for key, one in folded.items()), 5),
    )
    added = [(name, key) for key, one in folded.items() for name in one.added]
    if added:
        await connection.execute(
            _DEPENDENCIES,
            columns(((*name, *key) for name, key in added), 4),
        )


def _listing(keys: Iterable[Key]) -> str:
    return "\n".join(sorted(map(str, keys)))


class RowWriter:
    """Writes the rows of one projection's tables."""

    def __init__(self, statements: Mapping[str, _Statements]) -> None:
        self._statements = statements

    @classmethod
    async def of(cls, connection: AsyncConnection, spec: ProjectionSpec) -> RowWriter:
        """Compose the statements; raises TableDiffers."""
        statements = {}
        for table in spec.tables:
            types = await column_types(connection, table)
            unknown = [column for column in table.columns if column not in types]
            if unknown:
                raise TableDiffers(
                    f"table {table.name} of {spec.name} has no column {', '.join(unknown)}; see tables.sql"
                )
            statements[table.name] = _composed(table, types)
        return cls(statements)

    async def write(
        self, connection: AsyncConnection, spec: ProjectionSpec, folded: Mapping[Key, Folded], fresh: Collection[Key]
    ) -> None:
        """Make the rows of these streams what the folds say; of `fresh` ones no row can be there yet."""
        for stream in spec.streams:
            keys = [key for key in folded if key.scope == stream.scope]
            if not keys:
                continue
            for table in stream.tables:
                rows = [row for key in keys for row in folded[key].rows.get(table.name, ())]
                old = [key.scope_id for key in keys if key not in fresh]
                if not table.many:
                    present = {row[table.owner_index] for row in rows}
                    old = [scope_id for scope_id in old if scope_id not in present]
                if old:
                    await connection.execute(self._statements[table.name].delete, [literal(old)])
                await self.add(connection, table, rows)

    async def add(self, connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
        """Write rows of one table."""
        if rows:
            await connection.execute(self._statements[table.name].write, columns(rows, len(table.columns)))


async def column_types(connection: AsyncConnection, table: Table) -> dict[str, str]:
    """The types of a table's columns, in the catalogue's words; empty where there is no such table."""
    return dict(await (await connection.execute(_TYPES, [table.name])).fetchall())


def _composed(table: Table, types: Mapping[str, str]) -> _Statements:
    name = sql.Identifier(table.name)
    columns = [sql.Identifier(column) for column in table.columns]
    # The catalogue's own words for types, not anybody's input.
    arrays = sql.SQL(", ").join(sql.SQL("%s::{}[]").format(_type(types[column])) for column in table.columns)
    write = sql.SQL("INSERT INTO {} ({}) SELECT * FROM unnest({}) AS w ({})").format(
        name, _listed(columns), arrays, _listed(columns)
    )
    if not table.many:
        rest = [column for column in table.columns if column not in table.key]
        key = _listed(sql.Identifier(column) for column in table.key)
        if rest:
            sets = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(c)) for c in rest)
            differs = sql.SQL("({}) IS DISTINCT FROM ({})").format(
                sql.SQL(", ").join(sql.SQL("{}.{}").format(name, sql.Identifier(c)) for c in rest),
                sql.SQL(", ").join(sql.SQL("excluded.{}").format(sql.Identifier(c)) for c in rest),
            )
            write += sql.SQL(" ON CONFLICT ({}) DO UPDATE SET {} WHERE {}").format(key, sets, differs)
        else:
            write += sql.SQL(" ON CONFLICT ({}) DO NOTHING").format(key)
    delete = sql.SQL("DELETE FROM {} WHERE {} = ANY(%s::text[])").format(name, sql.Identifier(table.owner))
    return _Statements(table, write, delete)


def _listed(names: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(names)


def _type(name: str) -> sql.SQL:
    return sql.SQL(name)
