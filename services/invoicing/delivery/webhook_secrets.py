"""The secrets that webhooks of a destination are signed with: one, and for a while those that it replaced."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection

from services.invoicing.delivery.signing import new_secret
from shared.commands.decision import CommandRefused
from shared.store.operations import record

# Each makes the header of every webhook longer, and an old secret is a secret that somebody may have.
_MOST_BEFORE: Final = 3
_ADD = "INSERT INTO invoicing.webhook_secret (destination, secret) VALUES (%s, %s)"
_FORGET = "DELETE FROM invoicing.webhook_secret WHERE destination = %s"
_FORGET_BEFORE = "DELETE FROM invoicing.webhook_secret_before WHERE destination = %s"
_SIGNING = """
SELECT secret FROM invoicing.webhook_secret WHERE destination = %(destination)s
UNION ALL
(SELECT secret FROM invoicing.webhook_secret_before
 WHERE destination = %(destination)s AND signs_until > clock_timestamp() ORDER BY signs_until DESC)
"""
_HELD = "SELECT secret FROM invoicing.webhook_secret WHERE destination = %s FOR UPDATE"
_OVER = "DELETE FROM invoicing.webhook_secret_before WHERE destination = %s AND signs_until <= clock_timestamp()"
_OVER_EVERYWHERE = "DELETE FROM invoicing.webhook_secret_before WHERE signs_until <= clock_timestamp()"
_COUNT_BEFORE = "SELECT count(*) FROM invoicing.webhook_secret_before WHERE destination = %s"
_KEEP = """
INSERT INTO invoicing.webhook_secret_before (destination, secret, signs_until)
VALUES (%s, %s, clock_timestamp() + %s) RETURNING signs_until
"""
_REPLACE = "UPDATE invoicing.webhook_secret SET secret = %s WHERE destination = %s"


class Rotated(NamedTuple):
    """A new secret, shown this once; `old_until`: until when the old one signs too, None where it does not any more."""

    secret: str
    old_until: datetime | None


async def add(connection: AsyncConnection, destination: UUID) -> str:
    """The first secret of a destination; in the caller's transaction."""
    secret = new_secret()
    await connection.execute(_ADD, [destination, secret])
    return secret


async def forget(connection: AsyncConnection, destination: UUID) -> None:
    """Nothing is signed for a destination any more; in the caller's transaction."""
    await connection.execute(_FORGET, [destination])
    await connection.execute(_FORGET_BEFORE, [destination])


async def forget_what_is_over(connection: AsyncConnection) -> None:
    """Old secrets that sign nothing any more are kept nowhere: who reads the database reads none of them."""
    await connection.execute(_OVER_EVERYWHERE)


async def secrets_of(connection: AsyncConnection, destination: UUID) -> list[str]:
    """What webhooks of a destination are signed with now, the newest first; none where it was ended."""
    return [secret for (secret,) in await (await connection.execute(_SIGNING, {"destination": destination})).fetchall()]


async def rotate(connection: AsyncConnection, destination: UUID, overlap: timedelta, by: str) -> Rotated | None:
    """Another secret; the old one signs beside it for `overlap`. Without any overlap no older one signs either.

    None where nothing is signed for it: letters, or a destination that was ended. CommandRefused while too many old
    secrets sign.
    """
    async with connection.transaction():
        held = await (await connection.execute(_HELD, [destination])).fetchone()
        if held is None:
            return None
        secret, until = new_secret(), None
        if overlap:
            await connection.execute(_OVER, [destination])
            count = await (await connection.execute(_COUNT_BEFORE, [destination])).fetchone()
            if count is not None and count[0] >= _MOST_BEFORE:
                raise CommandRefused(
                    f"{_MOST_BEFORE} old secrets of destination {destination} sign beside its own: wait until one of "
                    "them is over, or let no old one sign any more"
                )
            kept = await (await connection.execute(_KEEP, [destination, held[0], overlap])).fetchone()
            until = None if kept is None else kept[0]
        else:
            await connection.execute(_FORGET_BEFORE, [destination])
        await connection.execute(_REPLACE, [secret, destination])
        told = {"old_until": None if until is None else until.isoformat()}
        await record(connection, "deliveries rotate-secret", str(destination), detail=told, by=by)
    return Rotated(secret, until)
