"""From an issued document to its deliveries: one to each address that wanted it when it was issued."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid5

import orjson
from psycopg import AsyncConnection

from services.invoicing.delivery.outcomes import State
from shared.billing.moments import instant
from shared.events.content import NAMESPACE
from shared.events.values import moment
from shared.store.reactions import Reaction

# Locked, so that who ends a destination at this moment finds what is made here. Where two lead to one address, that of
# the recipient counts: its webhooks have the secret that the recipient was shown.
_WANTED = """
SELECT destination, channel, address FROM invoicing.delivery_destination
WHERE ended_at IS NULL AND (recipient IS NULL OR recipient = %s) AND created_at <= %s
ORDER BY channel, address, recipient NULLS LAST FOR SHARE
"""
_ADD = """
INSERT INTO invoicing.delivery
    (delivery, document, recipient, destination, channel, address, state, asked_at, next_at, ended_at, answer)
VALUES (%(delivery)s, %(document)s, %(recipient)s, %(destination)s, %(channel)s, %(address)s, %(state)s, %(at)s,
    CASE WHEN %(state)s = 'pending' THEN %(at)s END, CASE WHEN %(state)s <> 'pending' THEN %(at)s END, %(answer)s)
ON CONFLICT (document, channel, address) DO NOTHING
"""
_RESTORED = "the database was restored from a backup of before this document, so it may have been delivered already"


async def react(connection: AsyncConnection, reaction: Reaction) -> None:
    """Make the deliveries of a document, in the caller's transaction; none for who began to want documents later."""
    said = orjson.loads(reaction.data)
    issued_at = instant(moment(said["time"]), UTC)
    await _add(connection, said["recipient"], issued_at, [said["number"]], "pending", None)


async def not_again(connection: AsyncConnection, documents: Iterable[tuple[str, str]]) -> None:
    """Have documents (number, recipient) that a restored database lacked not be delivered when their events are read.

    They may have been before; a person who looks can have each delivered.
    """
    numbers: dict[str, list[str]] = {}
    for number, recipient in documents:
        numbers.setdefault(recipient, []).append(number)
    for recipient, of_it in numbers.items():
        await _add(connection, recipient, datetime.now(UTC), of_it, "unknown", _RESTORED)


async def _add(
    connection: AsyncConnection,
    recipient: str,
    since: datetime,
    documents: Sequence[str],
    state: State,
    answer: str | None,
) -> None:
    """A delivery of each of a recipient's documents to each address that wanted them at `since`."""
    wanted = await (await connection.execute(_WANTED, [recipient, since])).fetchall()
    if not wanted:
        return
    common = {"recipient": recipient, "state": state, "at": datetime.now(UTC), "answer": answer}
    async with connection.cursor() as cursor:
        await cursor.executemany(
            _ADD,
            [
                {
                    **common, "delivery": delivery_id(document, channel, address), "document": document,
                    "destination": destination, "channel": channel, "address": address,
                }
                for document in documents
                for destination, channel, address in wanted
            ],
        )  # fmt: skip


def delivery_id(document: str, channel: str, address: str) -> UUID:
    """What a delivery is known by, to its receiver too: made of what it is, so a lost database makes the same again."""
    return uuid5(NAMESPACE, f"delivery\0{document}\0{channel}\0{address}")
