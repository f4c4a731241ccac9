"""Connections to PostgreSQL.

A projector has one connection of its own whose `search_path` is its generation, so that its SQL can be constants; API
and handlers share a pool. `away` tells a database that does not answer from a statement that is wrong.
"""

from __future__ import annotations

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

_CONNECT_TIMEOUT_S = 5


async def connect(dsn: str, schema: str | None = None, *, application: str = "seatledger") -> AsyncConnection:
    """A connection in autocommit mode; unqualified names mean tables of `schema`. Raises psycopg.OperationalError."""
    connection = await AsyncConnection.connect(
        dsn, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_S, application_name=application
    )
    if schema is not None:
        await read_from(connection, schema)
    return connection


async def read_from(connection: AsyncConnection, schema: str) -> None:
    """Have unqualified names mean tables of `schema`, for as long as the connection lives."""
    await connection.execute("SELECT set_config('search_path', quote_ident(%s), false)", [schema])


def pool(dsn: str, *, most: int = 8, application: str = "seatledger") -> AsyncConnectionPool:
    """A closed pool of autocommit connections: `async with pool(dsn) as connections`."""
    return AsyncConnectionPool(
        dsn,
        min_size=1,
        max_size=most,
        open=False,
        kwargs={"autocommit": True, "connect_timeout": _CONNECT_TIMEOUT_S, "application_name": application},
    )


def away(error: psycopg.Error) -> bool:
    """Whether trying again may help: no connection, a server that shuts down, a deadlock, a lock that was not had."""
    if isinstance(error, psycopg.errors.InterfaceError):
        return True
    if isinstance(error, psycopg.OperationalError):
        # Without a state the connection itself broke; 08 connection, 40 rollback, 53 resources, 55 lock, 57 shutdown.
        return error.sqlstate is None or error.sqlstate[:2] in {"08", "40", "53", "55", "57"}
    return False
