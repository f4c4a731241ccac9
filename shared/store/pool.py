"""Connections to PostgreSQL.

A projector has one connection of its own whose `search_path` is its generation, so that its SQL can be constants; API
and handlers share a pool. `away` tells a database that does not answer from a statement that is wrong.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from weakref import WeakKeyDictionary

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

_CONNECT_TIMEOUT_S = 5
# What lay longer than this is asked whether it still answers before somebody gets it: a round trip, and seldom.
_IDLE_S = 5.0
_Callback = Callable[[AsyncConnection], Awaitable[None]]


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
    """A closed pool of autocommit connections: `async with pool(dsn) as connections`.

    A database that was restarted while nobody asked breaks nobody's next request.
    """
    returned, checked = _watching_for_idle_ones()
    return AsyncConnectionPool(
        dsn,
        min_size=1,
        max_size=most,
        open=False,
        reset=returned,
        check=checked,
        kwargs={"autocommit": True, "connect_timeout": _CONNECT_TIMEOUT_S, "application_name": application},
    )


def _watching_for_idle_ones() -> tuple[_Callback, _Callback]:
    """What a pool does with a connection that comes back, and with one before it goes out."""
    since = WeakKeyDictionary[AsyncConnection, float]()

    async def returned(connection: AsyncConnection) -> None:
        since[connection] = time.monotonic()

    async def checked(connection: AsyncConnection) -> None:
        if time.monotonic() - since.get(connection, 0.0) > _IDLE_S:
            await AsyncConnectionPool.check_connection(connection)

    return returned, checked


def away(error: psycopg.Error) -> bool:
    """Whether trying again may help: no connection, a server that shuts down, a deadlock, a lock that was not had."""
    if isinstance(error, psycopg.errors.InterfaceError):
        return True
    if isinstance(error, psycopg.OperationalError):
        # Without a state the connection itself broke; 08 connection, 40 rollback, 53 resources, 55 lock, 57 shutdown.
        return error.sqlstate is None or error.sqlstate[:2] in {"08", "40", "53", "55", "57"}
    return False
