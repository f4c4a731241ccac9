"""Deliveries as rows: one is claimed by one sender at a time, and ends with what came of it.

A claim is a committed row (`sending`) and a lock of the sender's session. A sender that died leaves the row and no
lock, so whoever finds that puts it right: `unknown` where the mail server had been given the letter, else tried again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from services.invoicing.delivery.destinations import Channel
from services.invoicing.delivery.outcomes import Outcome, State, Then, then
from shared.store.operations import record

# The first of two numbers of an advisory lock; the second is of the delivery.
_LOCKS: Final = 7_203
_CLAIMS: Final = 7_204
# Claims wait for each other, so that each sees which addresses are busy; they are over in a moment.
_CLAIMING = "SELECT pg_advisory_xact_lock(%s, 0)"
# One at a time to an address: an endpoint that does not answer keeps one sender, and the others serve the rest.
_CLAIM = """
SELECT delivery, document, recipient, destination, channel, address, tries, first_try_at FROM invoicing.delivery AS d
WHERE state = 'pending' AND next_at <= %(at)s AND channel = ANY(%(channels)s::text[]) AND NOT EXISTS (
    SELECT FROM invoicing.delivery AS busy WHERE busy.state = 'sending' AND busy.address = d.address
)
ORDER BY next_at, delivery LIMIT 1 FOR UPDATE OF d SKIP LOCKED
"""
_LOCK = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"
_UNLOCK = "SELECT pg_advisory_unlock(%s, hashtext(%s))"
_SENDING = """
UPDATE invoicing.delivery SET state = 'sending', next_at = NULL, tries = tries + 1,
    first_try_at = coalesce(first_try_at, %s) WHERE delivery = %s
"""
_HAND_OVER = "UPDATE invoicing.delivery SET handed_over = true WHERE delivery = %s AND state = 'sending'"
_END = """
UPDATE invoicing.delivery SET state = %(state)s, answer = %(answer)s, next_at = %(next_at)s, handed_over = false,
    ended_at = CASE WHEN %(state)s <> 'pending' THEN %(at)s::timestamptz END
WHERE delivery = %(delivery)s AND state = 'sending'
"""
_SENDING_NOW = "SELECT delivery FROM invoicing.delivery WHERE state = 'sending' ORDER BY delivery"
_LEFT_BEHIND = """
UPDATE invoicing.delivery SET
    state = CASE WHEN handed_over THEN 'unknown' ELSE 'pending' END,
    next_at = CASE WHEN NOT handed_over THEN %(at)s::timestamptz END,
    ended_at = CASE WHEN handed_over THEN %(at)s::timestamptz END,
    answer = CASE WHEN handed_over THEN %(unknown)s ELSE %(again)s END,
    handed_over = false
WHERE delivery = %(delivery)s AND state = 'sending'
"""
_DIED_LATE: Final = "the sender died when the mail server had been given it, so nobody knows whether it arrived"
_DIED_EARLY: Final = "the sender died before it had an answer"
_HELD_BACK = """
UPDATE invoicing.delivery SET answer = %(why)s
WHERE state = 'pending' AND channel = %(channel)s AND answer IS DISTINCT FROM %(why)s
"""
_AGAIN = """
UPDATE invoicing.delivery AS d SET state = 'pending', next_at = clock_timestamp(), ended_at = NULL,
    first_try_at = NULL, tries = 0
FROM invoicing.delivery_destination AS to_where
WHERE d.delivery = %s AND d.state IN ('failed', 'given_up', 'unknown') AND to_where.destination = d.destination
    AND to_where.ended_at IS NULL
"""


class ClaimLost(Exception):
    """Somebody has put a claim right that this sender still had: its session of the database must have ended."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One delivery that is this sender's. `tries` counts those before this one."""

    delivery: UUID
    document: str
    recipient: str
    destination: UUID
    channel: Channel
    address: str
    tries: int
    first_try_at: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of read.deliveries."""

    delivery: UUID
    document: str
    recipient: str
    destination: UUID
    channel: Channel
    address: str
    state: State
    asked_at: datetime
    tries: int
    next_at: datetime | None
    answer: str | None
    ended_at: datetime | None


async def claim(connection: AsyncConnection, channels: Collection[str], at: datetime) -> Claimed | None:
    """The delivery by one of these channels that has waited longest, for this session alone; None where none is due."""
    async with connection.transaction():
        await connection.execute(_CLAIMING, [_CLAIMS])
        async with connection.cursor(row_factory=class_row(Claimed)) as cursor:
            found = await (await cursor.execute(_CLAIM, {"at": at, "channels": sorted(channels)})).fetchone()
        if found is None or not await _lock(connection, found.delivery):
            return None
        await connection.execute(_SENDING, [at, found.delivery])
    return found


async def hand_over(connection: AsyncConnection, claimed: Claimed) -> None:
    """Say, before it is so, that the receiver is given it: from here on nobody knows until there is an answer.

    Raises ClaimLost, and then nothing may be given to anybody.
    """
    if (await connection.execute(_HAND_OVER, [claimed.delivery])).rowcount != 1:
        raise ClaimLost(f"delivery {claimed.delivery} is not this sender's any more")


async def end(connection: AsyncConnection, claimed: Claimed, outcome: Outcome, at: datetime) -> Then:
    """Write down what came of a try, and let the claim go; how the delivery stands then."""
    stands = then(outcome, tries=claimed.tries + 1, first_try_at=claimed.first_try_at or at, at=at)
    row = {"state": stands.state, "answer": stands.answer, "next_at": stands.next_at, "at": at}
    await connection.execute(_END, {**row, "delivery": claimed.delivery})
    await connection.execute(_UNLOCK, [_LOCKS, str(claimed.delivery)])
    return stands


async def put_right(connection: AsyncConnection, at: datetime) -> int:
    """Put right what senders that died have left behind; how many there were."""
    count = 0
    for (delivery,) in await (await connection.execute(_SENDING_NOW)).fetchall():
        if await _lock(connection, delivery):
            told = {"delivery": delivery, "at": at, "unknown": _DIED_LATE, "again": _DIED_EARLY}
            # Who had it may have ended it meanwhile: then nothing is found here.
            count += (await connection.execute(_LEFT_BEHIND, told)).rowcount
            await connection.execute(_UNLOCK, [_LOCKS, str(delivery)])
    return count


async def held_back(connection: AsyncConnection, channel: Channel, why: str) -> None:
    """Say of what waits for a channel that cannot be used why it does."""
    await connection.execute(_HELD_BACK, {"channel": channel, "why": why})


async def try_again(connection: AsyncConnection, delivery: UUID, by: str) -> bool:
    """Have one that ended without an arrival tried again, with the same id; False for any other.

    One whose destination was ended stays as it is: nobody wants it there.
    """
    async with connection.transaction():
        if (await connection.execute(_AGAIN, [delivery])).rowcount != 1:
            return False
        await record(connection, "deliveries retry", str(delivery), by=by)
    return True


def why_not(state: State) -> str:
    """Why a delivery in this state is not tried again, as the end of a sentence."""
    if state == "delivered":
        return "it arrived"
    if state in ("pending", "sending"):
        return "it is on its way"
    return "nothing goes to its address any more"


async def _lock(connection: AsyncConnection, delivery: UUID) -> bool:
    row = await (await connection.execute(_LOCK, [_LOCKS, str(delivery)])).fetchone()
    return row is not None and bool(row[0])
