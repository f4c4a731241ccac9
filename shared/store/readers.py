"""Logins that read the views of `read`, for BI and dashboards: roles of PostgreSQL, and whose rows each of them sees.

All of them are in the group `seatledger_reader`, which inherits what the role of the APIs may read and cannot become
that role: so whatever an API may read of a new view or a new generation, readers may too, and no setting counts for
them. Whose rows a login sees stands in `store.reader`, which policies ask by session_user.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg import AsyncConnection, sql
from psycopg.rows import class_row

GROUP: Final = "seatledger_reader"
# Defaults of each login, against accidents: who logs in can set them otherwise, and writes nothing all the same.
# A transaction left open would hold up the switch of a replay.
STATEMENT_TIMEOUT: Final = "60s"
_DEFAULTS: Final = {
    "default_transaction_read_only": "on",
    "statement_timeout": STATEMENT_TIMEOUT,
    "idle_in_transaction_session_timeout": "60s",
    "search_path": "read",
}
_CONNECTIONS: Final = 20

_MAY_BECOME = """
SELECT bool_or(m.inherit_option), bool_or(m.set_option)
FROM pg_auth_members AS m WHERE m.roleid = 'seatledger_api'::regrole AND m.member = to_regrole('seatledger_reader')
"""
_MAKE_GROUP = """
DO $$
BEGIN
    IF to_regrole('seatledger_reader') IS NULL THEN
        CREATE ROLE seatledger_reader NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;
GRANT seatledger_api TO seatledger_reader WITH INHERIT TRUE, SET FALSE;
"""
_INSERT = "INSERT INTO store.reader (name, reseller) VALUES (%s, %s) ON CONFLICT (name) DO NOTHING"
_DELETE = "DELETE FROM store.reader WHERE name = %s"
_MEMBER = "SELECT FROM pg_auth_members WHERE roleid = to_regrole('seatledger_reader') AND member = to_regrole(%s)"
_ROLE = "SELECT FROM pg_roles WHERE rolname = %s"
_LIST = """
SELECT reader.name, reseller, created_at, coalesce(rolcanlogin, false) AND EXISTS (
    SELECT FROM pg_auth_members WHERE roleid = to_regrole('seatledger_reader') AND member = pg_roles.oid
) AS logs_in
FROM store.reader LEFT JOIN pg_roles ON rolname = reader.name ORDER BY reader.name
"""
# Parameters have no place in statements about roles; the password is a digest here already.
_CREATE = "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT {} PASSWORD {}"
_JOIN = "GRANT seatledger_reader TO {} WITH INHERIT TRUE, SET FALSE"
_SET = "ALTER ROLE {} SET {} = {}"
# A temporary table or a large object is all that it can own; who drops those has to have its rights for a moment.
_TAKE = "GRANT {} TO CURRENT_USER WITH INHERIT TRUE"
_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s AND pid <> pg_backend_pid()"
_DROP = "DROP OWNED BY {name}; DROP ROLE {name}"


class ReaderRefused(Exception):
    """A login cannot be made or dropped; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A login: `reseller` is whose rows it sees, None every row; `logs_in` whether the server has its role."""

    name: str
    reseller: str | None
    created_at: datetime
    logs_in: bool


async def create(connection: AsyncConnection, name: str, password: str, reseller: str | None) -> None:
    """Make a login. Raises ReaderRefused where there is a role or a reader of that name.

    The server gets the SCRAM digest of the password, so that it stands in no log. psycopg's InsufficientPrivilege where
    the account of the connection may make no roles.
    """
    digest = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    role = sql.Identifier(name)
    async with connection.transaction():
        await _ensure_group(connection)
        if (await connection.execute(_INSERT, [name, reseller])).rowcount == 0:
            raise ReaderRefused(f"there is a reader {name} already; drop it first: seatledger readers drop {name}")
        if (await connection.execute(_ROLE, [name])).rowcount:
            raise ReaderRefused(f"this server has a role {name} already, of another use; choose another name")
        await connection.execute(sql.SQL(_CREATE).format(role, sql.Literal(_CONNECTIONS), sql.Literal(digest)))
        await connection.execute(sql.SQL(_JOIN).format(role))
        for setting, value in _DEFAULTS.items():
            await connection.execute(sql.SQL(_SET).format(role, sql.Identifier(setting), sql.Literal(value)))


async def every(connection: AsyncConnection) -> list[Reader]:
    """All readers by name, also those whose role this server lacks: of a database restored on another one."""
    async with connection.cursor(row_factory=class_row(Reader)) as cursor:
        return await (await cursor.execute(_LIST)).fetchall()


async def drop(connection: AsyncConnection, name: str) -> bool:
    """Remove a login and end its connections; False where there is none of that name.

    A role that is in no group of readers is somebody else's, and stays.
    """
    role = sql.Identifier(name)
    async with connection.transaction():
        if (await connection.execute(_DELETE, [name])).rowcount == 0:
            return False
        if (await connection.execute(_MEMBER, [name])).rowcount:
            await connection.execute(sql.SQL(_TAKE).format(role))
            await connection.execute(_END, [name])
            await connection.execute(sql.SQL(_DROP).format(name=role))
    return True


async def _ensure_group(connection: AsyncConnection) -> None:
    row = await (await connection.execute(_MAY_BECOME)).fetchone()
    inherits, becomes = row or (None, None)
    if becomes:
        raise ReaderRefused(
            f"{GROUP} may become seatledger_api on this server, and so see everything: "
            f"REVOKE SET OPTION FOR seatledger_api FROM {GROUP}"
        )
    if not inherits:
        await connection.execute(_MAKE_GROUP)
