"""What the worker of invoicing does about deliveries: makes them of reactions, puts right what was left, sends.

Some senders work beside each other, each with turns of its own, so that an endpoint which does not answer holds up one
of them and nobody else.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import psycopg
import structlog
from psycopg import AsyncConnection

from services.invoicing.delivery import deliveries
from services.invoicing.delivery.asking import CONSUMER
from services.invoicing.delivery.config import DeliveryConfig, MailServer, Misconfigured, configured, mail_server
from services.invoicing.delivery.deliveries import Claimed, ClaimLost
from services.invoicing.delivery.letters import letter
from services.invoicing.delivery.mailing import send
from services.invoicing.delivery.outcomes import Later, Outcome, Refused, Unknown
from services.invoicing.delivery.papers import Files, NotThereYet, files_of, head_of
from services.invoicing.delivery.reacting import react
from services.invoicing.delivery.signing import signed
from services.invoicing.delivery.webhook_secrets import forget_what_is_over, secrets_of
from services.invoicing.delivery.webhooks import body_of, new_client, post
from shared.errors import UserError
from shared.projections.worker import Timer
from shared.store.pool import connect
from shared.store.reactions import drain

_EVERY_S: Final = 2.0
_SENDERS: Final = 4
_REACTIONS: Final = 500
_log = structlog.get_logger("delivery")

HandOver = Callable[[], Awaitable[None]]
Send = Callable[[AsyncConnection, Claimed, HandOver], Awaitable[Outcome]]
"""How one channel delivers: awaits the second before it is given to anybody who could deliver it twice."""
Tally = Counter[tuple[str, str]]
"""How many tries by a channel came to a state, in this process."""


def by_mail(server: MailServer, files: Files) -> Send:
    """Letters with the files of the document."""

    async def send_it(connection: AsyncConnection, claimed: Claimed, hand_over: HandOver) -> Outcome:
        head = await head_of(connection, claimed.document)
        attached = await files(connection, claimed.document)
        content = letter(
            head, attached, delivery=claimed.delivery, sender=server.sender, to=claimed.address, at=datetime.now(UTC)
        )
        return await send(server, claimed.address, content, hand_over)

    return send_it


async def tell(config: DeliveryConfig, connection: AsyncConnection, claimed: Claimed) -> Outcome:
    """Post a signed webhook."""
    secrets = await secrets_of(connection, claimed.destination)
    if not secrets:
        return Refused("nobody wants it there any more")
    body = body_of(await head_of(connection, claimed.document), config.documents_url)
    headers = signed(secrets, str(claimed.delivery), datetime.now(UTC), body)
    async with new_client() as client:
        return await post(client, claimed.address, body, headers, insecure=config.webhooks_insecure)


def _now() -> datetime:
    return datetime.now(UTC)


class Couriers:
    """Delivers what waits, turn by turn. `tally` counts what tries came to."""

    def __init__(self, dsn: str, files: Files = files_of, now: Callable[[], datetime] = _now) -> None:
        self._dsn = dsn
        self._now = now
        self._files = files
        self.tally: Tally = Counter()

    async def deliver(self, stop: asyncio.Event) -> int:
        """One sender's turn: what is due and nobody else has is tried once; how many were. Raises psycopg.Error."""
        count = 0
        async with await connect(self._dsn, application="seatledger deliveries") as connection:
            while await drain(connection, CONSUMER, react, _REACTIONS) == _REACTIONS and not stop.is_set():
                pass
            left = await deliveries.put_right(connection, self._now())
            if left:
                _log.warning("senders died", deliveries=left)
            await forget_what_is_over(connection)
            ways = await self._ways(connection)
            while not stop.is_set():
                claimed = await deliveries.claim(connection, ways.keys(), self._now())
                if claimed is None:
                    break
                await self._try(connection, claimed, ways[claimed.channel])
                count += 1
        return count

    async def _try(self, connection: AsyncConnection, claimed: Claimed, way: Send) -> None:
        is_given = False

        async def hand_over() -> None:
            nonlocal is_given
            await deliveries.hand_over(connection, claimed)
            is_given = True

        outcome: Outcome
        try:
            outcome = await way(connection, claimed, hand_over)
        except ClaimLost as error:
            _log.warning("not sent", delivery=str(claimed.delivery), reason=str(error))
            return
        except psycopg.Error:
            raise  # the claim is put right by whoever comes next
        except Exception as error:  # a document that cannot be printed, or a fault of ours: kept with its row
            said = str(error) if isinstance(error, UserError | NotThereYet) else f"{type(error).__name__}: {error}"
            outcome = Unknown(said) if is_given else Later(said)
        stands = await deliveries.end(connection, claimed, outcome, self._now())
        self.tally[claimed.channel, "retry" if stands.state == "pending" else stands.state] += 1
        _log.info("delivery", delivery=str(claimed.delivery), document=claimed.document, channel=claimed.channel,
                  state=stands.state, tries=claimed.tries + 1, answer=stands.answer)  # fmt: skip

    async def _ways(self, connection: AsyncConnection) -> Mapping[str, Send]:
        """The channels that can be used as things are configured; what waits for another one says why."""
        try:
            config = configured()
        except Misconfigured as error:
            for channel in ("email", "webhook"):
                await deliveries.held_back(connection, channel, str(error))
            return {}

        async def webhook(connection: AsyncConnection, claimed: Claimed, _: HandOver) -> Outcome:
            return await tell(config, connection, claimed)

        ways: dict[str, Send] = {"webhook": webhook}
        try:
            ways["email"] = by_mail(mail_server(config), self._files)
        except Misconfigured as error:
            await deliveries.held_back(connection, "email", str(error))
        return ways


def timers(couriers: Couriers) -> tuple[Timer, ...]:
    """The timers of deliveries: senders that take turns on their own."""
    return tuple(Timer(f"deliveries {number}", _EVERY_S, couriers.deliver) for number in range(1, _SENDERS + 1))
