"""Reading what may be more than memory holds: some rows at a time, where they lie in the database until then."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TypeVar

from psycopg import AsyncServerCursor, sql

ROWS_A_TIME = 1_000
R = TypeVar("R")


async def streamed(cursor: AsyncServerCursor[R], statement: sql.Composed) -> AsyncGenerator[R, None]:
    """The rows of a statement, one by one; the cursor has a name, and its connection is in a transaction."""
    await cursor.execute(statement)
    while rows := await cursor.fetchmany(ROWS_A_TIME):
        for row in rows:
            yield row
