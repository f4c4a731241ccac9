"""Where documents go: who is to get them by which channel, from when until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import class_row

from services.invoicing.delivery import webhook_secrets
from shared.commands.decision import CommandRefused, Exists
from shared.store.operations import record

Channel = Literal["email", "webhook"]

# Whoever needs more of one recipient's forwards them on; it keeps one token from sending letters to a whole list.
_MOST_OF_ONE: Final = 20
_COLUMNS = "destination, recipient, channel, address, created_at, created_by, ended_at"
_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended('delivery to ' || coalesce(%s::text, ''), 0))"
_COUNT = """
SELECT count(*) FROM invoicing.delivery_destination WHERE ended_at IS NULL AND recipient IS NOT DISTINCT FROM %s
"""
_ADD = f"""
INSERT INTO invoicing.delivery_destination (recipient, channel, address, created_by) VALUES (%s, %s, %s, %s)
RETURNING {_COLUMNS}
"""
_END = f"""
UPDATE invoicing.delivery_destination SET ended_at = clock_timestamp(), ended_by = %s
WHERE destination = %s AND ended_at IS NULL RETURNING {_COLUMNS}
"""
# What waits goes to whoever still wants it there, else to nobody; what is being sent at this moment is not stopped.
_LEFT = """
WITH waiting AS (
    SELECT delivery, (
        SELECT other.destination FROM invoicing.delivery_destination AS other
        WHERE (other.channel, other.address) = (d.channel, d.address) AND other.ended_at IS NULL
            AND (other.recipient IS NULL OR other.recipient = d.recipient)
        ORDER BY other.recipient NULLS LAST LIMIT 1
    ) AS heir
    FROM invoicing.delivery AS d WHERE destination = %s AND state = 'pending' FOR UPDATE
)
UPDATE invoicing.delivery AS d SET
    destination = coalesce(heir, destination),
    state = CASE WHEN heir IS NULL THEN 'given_up' ELSE state END,
    next_at = CASE WHEN heir IS NULL THEN NULL ELSE next_at END,
    ended_at = CASE WHEN heir IS NULL THEN clock_timestamp() END,
    answer = CASE WHEN heir IS NULL THEN 'nobody wants it there any more' ELSE answer END
FROM waiting WHERE d.delivery = waiting.delivery
"""
_ALL = f"""
SELECT {_COLUMNS} FROM read.delivery_destinations
WHERE (%(recipient)s::text IS NULL OR recipient = %(recipient)s) AND (%(ended)s OR ended_at IS NULL)
    AND (%(after_at)s::timestamptz IS NULL OR (created_at, destination) > (%(after_at)s, %(after)s))
ORDER BY created_at, destination LIMIT %(most)s
"""
_ONE = f"SELECT {_COLUMNS} FROM read.delivery_destinations WHERE destination = %s"


@dataclass(frozen=True, slots=True)
class Destination:
    """One address that documents go to: a recipient's, or everybody's where that is None."""

    destination: UUID
    recipient: str | None
    channel: Channel
    address: str
    created_at: datetime
    created_by: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A new destination; `secret` is what its webhooks are signed with, shown this once."""

    destination: Destination
    secret: str | None


async def subscribe(
    connection: AsyncConnection, channel: Channel, address: str, recipient: str | None, by: str
) -> Subscribed:
    """Have the documents that are issued from now on delivered to an address that was checked before.

    Raises Exists where they are already, CommandRefused where the recipient has too many.
    """
    async with connection.transaction():
        await connection.execute(_HOLD, [recipient])
        row = await (await connection.execute(_COUNT, [recipient])).fetchone()
        if row is not None and row[0] >= _MOST_OF_ONE:
            raise CommandRefused(f"documents of {of_whom(recipient)} go to {_MOST_OF_ONE} addresses: end one of them")
        try:
            async with connection.cursor(row_factory=class_row(Destination)) as cursor:
                made = await (await cursor.execute(_ADD, [recipient, channel, address, by])).fetchone()
        except psycopg.errors.UniqueViolation:
            raise Exists(f"documents of {of_whom(recipient)} go to {address} already") from None
        assert made is not None
        secret = await webhook_secrets.add(connection, made.destination) if channel == "webhook" else None
        told = {"channel": channel, "address": address, "recipient": recipient}
        await record(connection, "deliveries subscribe", str(made.destination), detail=told, by=by)
    return Subscribed(made, secret)


async def unsubscribe(connection: AsyncConnection, destination: UUID, by: str) -> Destination | None:
    """Deliver nothing more there, also of what waits; None where nothing goes there (any more)."""
    async with connection.transaction():
        async with connection.cursor(row_factory=class_row(Destination)) as cursor:
            ended = await (await cursor.execute(_END, [by, destination])).fetchone()
        if ended is None:
            return None
        await connection.execute(_LEFT, [destination])
        await webhook_secrets.forget(connection, destination)
        told = {"channel": ended.channel, "address": ended.address, "recipient": ended.recipient}
        await record(connection, "deliveries unsubscribe", str(destination), detail=told, by=by)
    return ended


async def destinations(
    connection: AsyncConnection,
    most: int,
    *,
    recipient: str | None = None,
    ended: bool = False,
    after: tuple[datetime, UUID] | None = None,
) -> list[Destination]:
    """The oldest destinations that whoever asks may see; of one recipient, with those that were `ended` too."""
    at, last = after or (None, None)
    wanted = {"recipient": recipient, "ended": ended, "after_at": at, "after": last, "most": most}
    async with connection.cursor(row_factory=class_row(Destination)) as cursor:
        return await (await cursor.execute(_ALL, wanted)).fetchall()


async def destination_of(connection: AsyncConnection, destination: UUID) -> Destination | None:
    """One destination; None where there is none, or whoever asks may not see it."""
    async with connection.cursor(row_factory=class_row(Destination)) as cursor:
        return await (await cursor.execute(_ONE, [destination])).fetchone()


def of_whom(recipient: str | None) -> str:
    """Whose documents, as a sentence says it."""
    return "everybody" if recipient is None else recipient
