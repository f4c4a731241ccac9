"""The floor under a replay: the same topics read raw and thrown away, the same rows copied into tables without keys.

Nothing can be faster that reads the log with this client and fills these tables, with as many processes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg import AsyncConnection, sql

from shared.log.ends import end_offsets
from shared.log.records import Partition
from shared.log.span import Bounds, Span
from shared.projections.generations import Generation
from shared.projections.rebuild.spooling import shares
from shared.store.pool import connect
from shared.workers import Workers

_PIECE = 1024 * 1024
_RECORDS_A_TURN = 5_000
_SCHEMA = sql.Identifier("floor")
_TABLES = """
SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind = 'r' ORDER BY pg_total_relation_size(c.oid) DESC
"""


@dataclass(frozen=True)
class Table:
    """A table of a generation, and the file that has its rows as binary COPY gives them."""

    generation: str
    name: str
    rows: Path


async def dump(dsn: str, generations: Sequence[Generation], folder: Path) -> list[Table]:
    """The rows of generations in files, the largest tables first."""
    found = []
    async with await connect(dsn) as connection:
        for generation in generations:
            for (name,) in await (await connection.execute(_TABLES, [generation.schema])).fetchall():
                table = Table(generation.schema, name, folder / f"{generation.schema}.{name}")
                statement = sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.Identifier(generation.schema, name))
                with table.rows.open("wb") as file:
                    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
                        async for data in copy:
                            file.write(data)
                found.append(table)
    return sorted(found, key=lambda table: -table.rows.stat().st_size)


async def floor(dsn: str, broker: str, tables: Sequence[Table], topics: Mapping[str, int], workers: int) -> float:
    """Seconds to read all records of topics (name and partitions) and to copy the rows, with so many processes."""
    partitions = [Partition(topic, number) for topic, count in topics.items() for number in range(count)]
    bounds = {one: Bounds(0, end) for one, end in (await end_offsets(broker, partitions)).items()}

    async def read(part: Mapping[Partition, Bounds]) -> AsyncIterator[int]:
        count = 0
        async with Span(broker, part) as span:
            async for pieces in span.pieces(_RECORDS_A_TURN):
                count += sum(len(piece.records) for piece in pieces)
        yield count

    async def copy(table: Table) -> AsyncIterator[int]:
        async with await connect(dsn) as connection:
            yield await _copy(connection, table)

    async with await connect(dsn) as connection:
        await connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(_SCHEMA))
        await connection.execute(sql.SQL("CREATE SCHEMA {}").format(_SCHEMA))
        for table in tables:
            await connection.execute(
                sql.SQL("CREATE TABLE {} (LIKE {})").format(_place(table), sql.Identifier(table.generation, table.name))
            )
    began = time.perf_counter()
    records = [count async for count in Workers(read, workers).run(shares(bounds, workers))]
    copied = [size async for size in Workers(copy, workers).run(tables)]
    seconds = time.perf_counter() - began
    assert sum(records) > 0, "the log is empty"
    assert sum(copied) == sum(table.rows.stat().st_size for table in tables), "not all rows were copied"
    return seconds


def _place(table: Table) -> sql.Identifier:
    return sql.Identifier("floor", f"{table.generation}_{table.name}")


async def _copy(connection: AsyncConnection, table: Table) -> int:
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(_place(table))
    size = 0
    with await asyncio.to_thread(table.rows.open, "rb") as file:
        async with connection.transaction(), connection.cursor() as cursor, cursor.copy(statement) as copy:
            while data := file.read(_PIECE):
                await copy.write(data)
                size += len(data)
    return size
