"""What operators did to the running system: who, what, to what and why, in the transaction that did it."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Json

from shared.store.config import OperatorConfig

_INSERT = "INSERT INTO store.operation (who, what, target, reason, detail) VALUES (%s, %s, %s, %s, %s)"
_OF_TARGET = "SELECT id, at, who, what, target, reason, detail FROM store.operation WHERE target = %s ORDER BY id"
_NEWEST = """
SELECT id, at, who, what, target, reason, detail FROM store.operation
WHERE (%(target)s::text IS NULL OR target = %(target)s) AND (%(before)s::bigint IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Operation:
    """One act. `what` is the command as it is typed, or what happened by itself; `detail` is its own of each `what`."""

    id: int
    at: datetime
    who: str
    what: str
    target: str
    reason: str | None
    detail: Mapping[str, object] | None


async def record(
    connection: AsyncConnection,
    what: str,
    target: str,
    reason: str | None = None,
    detail: Mapping[str, object] | None = None,
    by: str | None = None,
) -> None:
    """Write an act down in the caller's transaction: it is on record if and only if it was done.

    `by` None: the name in SEATLEDGER_OPERATOR, else the account of the operating system and this machine's name.
    """
    told = None if detail is None else Json(dict(detail))
    await connection.execute(_INSERT, [by or operator(), what, target, reason, told])


async def history(connection: AsyncConnection, target: str) -> list[Operation]:
    """What was done to one thing, the first act first."""
    async with connection.cursor(row_factory=class_row(Operation)) as cursor:
        return await (await cursor.execute(_OF_TARGET, [target])).fetchall()


async def newest(
    connection: AsyncConnection, most: int, *, target: str | None = None, before: int | None = None
) -> list[Operation]:
    """The last acts (on `target`, or on anything), the newest first; those older than the act with the id `before`."""
    async with connection.cursor(row_factory=class_row(Operation)) as cursor:
        return await (await cursor.execute(_NEWEST, {"target": target, "before": before, "most": most})).fetchall()


def operator() -> str:
    """Who acts, where nobody says so: SEATLEDGER_OPERATOR, else user@host."""
    named = OperatorConfig().operator
    if named:
        return named
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as containers have it
        user = f"uid {os.getuid()}"
    return f"{user}@{socket.gethostname()}"
