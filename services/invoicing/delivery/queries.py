"""Deliveries as whoever asks may see them: rows of read.deliveries, the newest first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from services.invoicing.delivery.deliveries import Delivery

_COLUMNS = """
SELECT delivery, document, recipient, destination, channel, address, state, asked_at, tries, next_at, answer, ended_at
FROM read.deliveries
"""
_NEWEST = f"""{_COLUMNS}
WHERE (%(state)s::text IS NULL OR state = %(state)s) AND (%(recipient)s::text IS NULL OR recipient = %(recipient)s)
    AND (%(document)s::text IS NULL OR document = %(document)s)
    AND (%(before_at)s::timestamptz IS NULL OR (asked_at, delivery) < (%(before_at)s, %(before)s::uuid))
ORDER BY asked_at DESC, delivery DESC LIMIT %(most)s
"""
_ONE = f"{_COLUMNS} WHERE delivery = %s"


async def newest(
    connection: AsyncConnection,
    most: int,
    *,
    state: str | None = None,
    recipient: str | None = None,
    document: str | None = None,
    before: tuple[datetime, UUID] | None = None,
) -> list[Delivery]:
    """The newest deliveries; of one state, one recipient, one document; those asked for before another one."""
    at, last = before or (None, None)
    wanted = {"state": state, "recipient": recipient, "document": document, "before_at": at, "before": last}
    async with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return await (await cursor.execute(_NEWEST, {**wanted, "most": most})).fetchall()


async def delivery_of(connection: AsyncConnection, delivery: UUID) -> Delivery | None:
    """One delivery; None where there is none, or whoever asks may not see it."""
    async with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return await (await cursor.execute(_ONE, [delivery])).fetchone()
