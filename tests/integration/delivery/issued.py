"""Documents that were issued, as the projector leaves them: rows, and the reactions that it wrote with them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from psycopg import AsyncConnection

from services.invoicing.delivery.asking import reactions
from services.invoicing.delivery.couriers import Couriers
from services.invoicing.delivery.deliveries import Delivery
from services.invoicing.delivery.destinations import Channel, Subscribed, subscribe
from services.invoicing.delivery.papers import File
from services.invoicing.delivery.queries import newest
from shared.events.envelope import CloudEvent
from shared.events.models.documents import CreditNoteIssued, InvoiceIssued
from shared.store.pool import connect
from shared.store.reactions import ask

_ROW = """
INSERT INTO invoicing_g1.document (number, kind, date, recipient, currency, net, tax, gross, taxes)
VALUES (%s, %s, '2026-02-01', %s, 'EUR', 80, 19.20, 99.20, '[]') ON CONFLICT DO NOTHING
"""


async def files(connection: AsyncConnection, number: str) -> Sequence[File]:
    """The files of a document without a typesetter."""
    return [File(f"{number}.pdf", "application/pdf", b"%PDF-" + number.encode()),
            File(f"{number}.csv", "text/csv", b"line,net\r\n")]  # fmt: skip


async def issue(
    dsn: str,
    number: str,
    recipient: str = "res-1",
    *,
    kind: Literal["invoice", "credit_note"] = "invoice",
    at: datetime | None = None,
    id: str = "",
) -> None:
    """A document, issued now or at another moment; the same number again is the same event again."""
    model = {"invoice": InvoiceIssued, "credit_note": CreditNoteIssued}[kind].model_construct(
        number=number, recipient=recipient, kind=kind, date=date(2026, 2, 1), customer=None, currency="EUR",
        net=Decimal("80.00"), tax=Decimal("19.20"), gross=Decimal("99.20"), lines=(), taxes=(),
    )  # fmt: skip
    time = at or datetime.now(UTC)
    event = CloudEvent(id or number, "urn:seatledger:invoicing", type(model).__name__, time, b"{}", subject=number)
    async with await connect(dsn) as connection, connection.transaction():
        await connection.execute(_ROW, [number, kind, recipient])
        await ask(connection, list(reactions(event, model)))


async def wanted(dsn: str, channel: Channel, address: str, recipient: str | None = "res-1") -> Subscribed:
    async with await connect(dsn) as connection:
        return await subscribe(connection, channel, address, recipient, "test")


async def turn(dsn: str, later: timedelta = timedelta()) -> list[Delivery]:
    """A worker's turn, now or in a while; how all deliveries stand then, the oldest first."""
    await Couriers(dsn, files, lambda: datetime.now(UTC) + later).deliver(asyncio.Event())
    return await standing(dsn)


async def standing(dsn: str) -> list[Delivery]:
    async with await connect(dsn) as connection:
        return (await newest(connection, 1000))[::-1]
