"""Sessions of the console: a cookie with a secret, and a row that this secret opens.

The row keeps the token that was signed in with, sealed under a key that is derived from the secret; the table has the
secret's digest only. So a copy of the table signs nobody in, and signing out ends the session at once.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from psycopg_pool import AsyncConnectionPool

LIFE: Final = timedelta(hours=12)
_SECRET_BYTES = 32
_LONGEST_SECRET = 100
_PURPOSE = b"seatledger console session"
_CONNECTION_S = 5.0
_START = "INSERT INTO console.session (digest, sealed, csrf, expires_at) VALUES (%s, %s, %s, now() + %s)"
_FIND = "SELECT sealed, csrf FROM console.session WHERE digest = %s AND expires_at > now()"
_END = "DELETE FROM console.session WHERE digest = %s OR expires_at <= now()"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in: the token that the APIs take, and what each form has to bring back."""

    token: str
    csrf: str


class Sessions:
    """The sessions of one installation."""

    def __init__(self, connections: AsyncConnectionPool) -> None:
        self._connections = connections

    async def start(self, token: str) -> str:
        """A new session with this token; gives the secret for the cookie."""
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        row = [_digest(secret), _key(secret).encrypt(token.encode()), secrets.token_urlsafe(_SECRET_BYTES), LIFE]
        async with self._connections.connection(timeout=_CONNECTION_S) as connection:
            await connection.execute(_START, row)
        return secret

    async def find(self, secret: str | None) -> Session | None:
        """The session of a cookie; None without one, and once it is over."""
        if not secret or len(secret) > _LONGEST_SECRET:
            return None
        async with self._connections.connection(timeout=_CONNECTION_S) as connection:
            row = await (await connection.execute(_FIND, [_digest(secret)])).fetchone()
        if row is None:
            return None
        return Session(_key(secret).decrypt(bytes(row[0])).decode(), row[1])

    async def end(self, secret: str | None) -> None:
        """Nobody is signed in with this cookie any more. Sessions that are over go with it."""
        if secret:
            async with self._connections.connection(timeout=_CONNECTION_S) as connection:
                await connection.execute(_END, [_digest(secret)])


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _key(secret: str) -> Fernet:
    # The secret has 256 random bits: it needs no salt, and no slow derivation.
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=_PURPOSE).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
