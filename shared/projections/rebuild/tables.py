"""The tables of a generation that is built: no keys and indexes while they are filled, all of them afterwards."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from psycopg import AsyncConnection, sql

from shared.store.arrays import literal

# Constraints first: their indexes go with them.
_CONSTRAINTS = """
SELECT c.relname, con.conname, pg_get_constraintdef(con.oid)
FROM pg_constraint AS con JOIN pg_class AS c ON c.oid = con.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND con.contype IN ('p', 'u') AND c.relname <> ALL(%s::text[]) ORDER BY 1, 2
"""
_INDEXES = """
SELECT c.relname, i.relname, pg_get_indexdef(i.oid)
FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid JOIN pg_class AS c ON c.oid = x.indrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname <> ALL(%s::text[]) AND NOT EXISTS (
    SELECT FROM pg_constraint AS con WHERE con.conindid = i.oid
) ORDER BY 1, 2
"""
# Few rows, and needed from the beginning.
_SMALL = frozenset({"position", "clock", "recompute_queue", "parked"})


async def strip(connection: AsyncConnection, schema: str, keep: Collection[str]) -> list[str]:
    """Take keys and indexes off the tables of a schema, but those of `keep`; the statements that bring them back."""
    kept = literal(sorted({*_SMALL, *keep}))
    statements = []
    constraints = await (await connection.execute(_CONSTRAINTS, [schema, kept])).fetchall()
    for table, name, definition in constraints:
        where = sql.Identifier(schema, table)
        await connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(where, sql.Identifier(name)))
        # The catalogue's own words, not anybody's input.
        statements.append(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                where, sql.Identifier(name), sql.SQL(definition)
            ).as_string(connection)
        )  # fmt: skip
    for _, name, definition in await (await connection.execute(_INDEXES, [schema, kept])).fetchall():
        await connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(schema, name)))
        statements.append(definition)
    return statements


async def restore(connection: AsyncConnection, statements: Sequence[str]) -> None:
    """Give tables their keys and indexes, all of them or none. Raises psycopg.errors.UniqueViolation."""
    async with connection.transaction():
        for statement in statements:
            await connection.execute(statement.encode())
