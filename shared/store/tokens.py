"""API tokens: `slt_<id>_<secret>`, shown once when they are made; the database has the SHA-256 of the secret only.

The secret has 256 random bits, so nothing slower than a plain digest is needed: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import class_row

PREFIX = "slt_"
_ID_BYTES, _SECRET_BYTES = 6, 32

_SHOWN = "id, name, role, reseller, customer, scopes, created_at, expires_at, revoked_at"
_INSERT = f"""
INSERT INTO store.api_token (id, digest, name, role, reseller, customer, scopes, expires_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, now() + %s) RETURNING {_SHOWN}
"""
_FIND = f"SELECT digest, {_SHOWN} FROM store.api_token WHERE id = %s"
_LIST = f"SELECT {_SHOWN} FROM store.api_token ORDER BY created_at, id"
_REVOKE = f"""
UPDATE store.api_token SET revoked_at = coalesce(revoked_at, now()) WHERE id = %s RETURNING {_SHOWN}
"""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token: everything but its secret. Moments in UTC."""

    id: str
    name: str
    role: str
    reseller: str | None
    customer: str | None
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def is_good(self, at: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and at < self.expires_at


async def create(
    connection: AsyncConnection,
    role: str,
    life: timedelta,
    *,
    reseller: str | None = None,
    customer: str | None = None,
    scopes: Collection[str] = (),
    name: str = "",
) -> tuple[Token, str]:
    """A new token and its text, which nobody can find out again. Without scopes it may what its role may."""
    token_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_hex(_SECRET_BYTES)
    values = [token_id, _digest(secret), name, role, reseller, customer, sorted(scopes), life]
    async with connection.cursor(row_factory=class_row(Token)) as cursor:
        made = await (await cursor.execute(_INSERT, values)).fetchone()
    assert made is not None
    return made, f"{PREFIX}{token_id}_{secret}"


async def find(connection: AsyncConnection, text: str) -> Token | None:
    """The token with this text, good or not; None for a text of no token."""
    token_id, _, secret = text.removeprefix(PREFIX).partition("_")
    # PostgreSQL takes no NUL in a text, and no id has other letters than these.
    if not text.startswith(PREFIX) or not token_id.isalnum():
        return None
    row = await (await connection.execute(_FIND, [token_id])).fetchone()
    if row is None or not hmac.compare_digest(row[0], _digest(secret)):
        return None
    return Token(*row[1:])


async def every(connection: AsyncConnection) -> list[Token]:
    """All tokens, expired and revoked ones too, in the order in which they were made."""
    async with connection.cursor(row_factory=class_row(Token)) as cursor:
        return await (await cursor.execute(_LIST)).fetchall()


async def revoke(connection: AsyncConnection, token_id: str) -> Token | None:
    """Have a token count no more; the first time stands. None where there is no such token."""
    async with connection.cursor(row_factory=class_row(Token)) as cursor:
        return await (await cursor.execute(_REVOKE, [token_id])).fetchone()


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
