"""Recovering: what a restored database lacks of our own events, and what follows from them, from the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date

from psycopg import AsyncConnection

from services.invoicing import recovering as documents
from services.invoicing.ledger_store import numbers_not_there
from shared.errors import UserError
from shared.events.models.documents import IssuedDocument
from shared.recovery.importing import Lost, Progress, hold, take_in
from shared.store import operations
from shared.store.ledger import RUN_LOCK
from shared.store.locks import holder, try_lock
from shared.store.pool import connect

_NAMED = 20
Told = Callable[[Progress], None]


@dataclass(slots=True)
class Recovered:
    """What was taken in: events by type, and of documents how many of each day, and the first and last number.

    `not_there` are numbers that were given and that neither the log nor the database has a document of.
    """

    dry_run: bool
    events: Counter[str] = field(default_factory=Counter)
    streams: set[str] = field(default_factory=set)
    documents: Counter[date] = field(default_factory=Counter)
    lines: Counter[date] = field(default_factory=Counter)
    not_there: list[str] = field(default_factory=list)

    def add(self, lost: Sequence[Lost]) -> None:
        for one in lost:
            self.events[one.event.type] += 1
            self.streams.add(one.stream_id)
            if isinstance(one.model, IssuedDocument):
                self.documents[one.model.date] += 1
                self.lines[one.model.date] += len(one.model.lines)


async def recover(dsn: str, broker: str, *, dry_run: bool, by: str | None, told: Told) -> Recovered:
    """Take in what is missing, in one transaction; with `dry_run` it is rolled back.

    UserError while an invoice run goes on, and where the log and the database contradict each other.
    """
    async with await connect(dsn, application="seatledger recover") as connection:
        if not await try_lock(connection, RUN_LOCK):
            who = await holder(connection, RUN_LOCK)
            raise UserError(
                f"an invoice run goes on, or another recovery ({who}): wait until it has ended, then run it again"
            )
        async with connection.transaction(force_rollback=dry_run):
            return await _recover(connection, broker, dry_run=dry_run, by=by, told=told)


async def _recover(connection: AsyncConnection, broker: str, *, dry_run: bool, by: str | None, told: Told) -> Recovered:
    recovered = Recovered(dry_run)
    if not dry_run:
        await hold(connection)
    async with aclosing(take_in(connection, broker, told)) as portions:
        async for lost in portions:
            await documents.take_in(connection, (one.model for one in lost))
            recovered.add(lost)
    recovered.not_there = await numbers_not_there(connection)
    if recovered.events:
        detail = {"events": dict(recovered.events), "numbers_not_there": recovered.not_there[:_NAMED]}
        await operations.record(connection, "recover", "store.event", detail=detail, by=by)
    return recovered
