"""Looking at the subscriptions of a run, some at a time; many of them in several processes.

To look at a subscription is to reckon all that it was ever charged: most of what a run does, and each by itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date

from psycopg import AsyncConnection

from services.invoicing.candidates import Candidate, Findings, look
from shared.errors import UserError
from shared.store.ledger import INVOICE_RUN
from shared.store.pool import connect
from shared.workers import WorkerEnded, WorkerFailed, Workers

_A_READ = 1_000
# Processes take a moment to come up, and a connection each.
_WORTH_IT = 4
_Part = tuple[int, Sequence[Candidate]]
_SCHEMA = "SELECT current_schema()"


@dataclass(frozen=True, slots=True)
class Reader:
    """How a run reads: `connection` is the run's own, in the live generation; `workers` have one each."""

    connection: AsyncConnection
    dsn: str
    day: date
    workers: int


async def look_at(wanted: Sequence[Candidate], findings: Findings, reader: Reader, done: Callable[[int], None]) -> None:
    """Add what is due to the findings, in the order of `wanted`. UserError when a process was ended from outside."""
    parts = [(place, wanted[place : place + _A_READ]) for place in range(0, len(wanted), _A_READ)]
    if reader.workers == 1 or len(parts) < _WORTH_IT:
        for _, part in parts:
            await look(reader.connection, part, reader.day, findings)
            done(len(part))
        return
    for found in await _in_processes(parts, reader, done):
        findings.add(found)


async def _in_processes(parts: Sequence[_Part], reader: Reader, done: Callable[[int], None]) -> list[Findings]:
    row = await (await reader.connection.execute(_SCHEMA)).fetchone()
    assert row is not None
    (schema,) = row

    async def work(job: _Part) -> AsyncIterator[tuple[int, Findings]]:
        place, part = job
        found = Findings()
        async with await connect(reader.dsn, schema, application=INVOICE_RUN) as connection:
            await look(connection, part, reader.day, found)
        yield place, found

    found: dict[int, Findings] = {}
    try:
        async with aclosing(Workers[_Part, tuple[int, Findings]](work, reader.workers).run(parts)) as results:
            async for place, some in results:
                found[place] = some
                done(len(some.looked))
    except WorkerFailed as failed:
        raise failed.cause from failed
    except WorkerEnded as ended:
        raise UserError(str(ended)) from ended
    return [found[place] for place, _ in parts]
