"""One invoice run in the database: it closes a day (barrier, charges, documents, numbers, events).

One run at a time in an installation. A run that dies is run again and goes on where it was: every chunk is one
transaction with its issued lines, numbers, events, outbox rows, and how far each of its subscriptions got.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from services.invoicing.candidates import Findings, candidates, leave_out_parked
from services.invoicing.issuing import LINES_A_CHUNK, chunks, issue_chunk, mark, payers_of, would_issue
from services.invoicing.looking import Reader, look_at
from services.invoicing.projection import SPEC
from shared.errors import UserError
from shared.events.shapes import Json
from shared.projections import barrier
from shared.projections.generations import generations
from shared.recovery.comparing import refuse_lost_events
from shared.store.ledger import INVOICE_RUN, RUN_LOCK, last_closed
from shared.store.locks import holder, sign, try_lock
from shared.store.pool import connect, read_from

_LOCK = "SELECT pg_advisory_lock(%s)"
_BEGIN = """
INSERT INTO invoicing.billing_run (day, barrier, early) VALUES (%s, %s, %s)
ON CONFLICT (day) DO UPDATE SET barrier = excluded.barrier, early = excluded.early
"""
_PLAN = "UPDATE invoicing.billing_run SET payers_left = %s WHERE day = %s"
_COMPLETE = """
UPDATE invoicing.billing_run SET completed_at = clock_timestamp() WHERE day = %s RETURNING documents, lines
"""
_UNPARK = "DELETE FROM invoicing.parked_payer"
_PARK = "INSERT INTO invoicing.parked_payer (payer, day, reason) VALUES (%s, %s, %s)"
# A civil day has ended everywhere when it has ended in the westernmost zone on earth, UTC-12.
_LAST_ZONE = "Etc/GMT+12"
_ZONES = "SELECT (%(now)s AT TIME ZONE %(zone)s)::date"


@dataclass(slots=True)
class RunReport:
    """What a run issued, or with `dry_run` would issue: documents as `simulate` shows them; payers left out and why."""

    day: date
    dry_run: bool
    documents: list[Json] = field(default_factory=list)
    lines: int = 0
    looked_at: int = 0
    unbillable: dict[str, str] = field(default_factory=dict)


Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


def _told_nobody(more: int) -> None:
    """Nobody is told how far a run is."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. `waiting` is told what a run still waits for, `step` how many lines were issued.

    `workers`: so many processes look at subscriptions; who has threads of its own has one. `progress` is given what is
    counted and how many there are, and gives what is told of each few more.
    """

    early: bool = False
    dry_run: bool = False
    timeout_s: float = 120.0
    lines_a_chunk: int = LINES_A_CHUNK
    waiting: Callable[[str], None] = lambda what: None
    step: Callable[[int], None] = lambda lines: None
    workers: int = 1
    progress: Progress = lambda what, total: nullcontext(_told_nobody)


async def run_day(dsn: str, broker: str, day: date, options: Options) -> RunReport:
    """Close a day: issue what is due by then. UserError says why a run cannot be made.

    Of a day before the last run nothing is issued any more; the same day again finds what came in since.
    """
    async with _alone(dsn, options.waiting) as connection:
        # A dry run issues nothing, so it may be of a day that has not ended, or has not begun.
        await _check_day(connection, day, early=options.early or options.dry_run)
        await refuse_lost_events(connection, broker, options.waiting)
        reached = await barrier.wait(
            connection, broker, options.timeout_s, options.waiting,
            who="the invoice run", then="Nothing was issued; run it again",
        )  # fmt: skip
        if not options.dry_run:
            await connection.execute(_BEGIN, [day, Jsonb(asdict(reached)), options.early])
        findings = await _look_at_all(connection, dsn, day, options)
        report = RunReport(day, options.dry_run, looked_at=len(findings.looked), unbillable=findings.unbillable)
        if options.dry_run:
            report.documents = await would_issue(connection, findings, day)
            report.lines = sum(len(_lines(document)) for document in report.documents)
            return report
        await connection.execute(_PLAN, [len(payers_of(findings)), day])
        with options.progress("Lines issued", sum(len(looked.drafts) for looked in findings.looked)) as done:
            for chunk in chunks(findings, options.lines_a_chunk):
                issued = await issue_chunk(connection, chunk, day)
                report.documents += issued
                lines = sum(len(_lines(document)) for document in issued)
                report.lines += lines
                options.step(lines)
                done(lines)
        await _complete(connection, findings, day)
        return report


@asynccontextmanager
async def _alone(dsn: str, waiting: Callable[[str], None]) -> AsyncIterator[AsyncConnection]:
    """A connection that reads the live generation, while no other run goes on. The lock ends with the connection.

    The lock first: what it waits for may be a replay that makes another generation live.
    """
    async with await connect(dsn, application=INVOICE_RUN) as connection:
        if not await try_lock(connection, RUN_LOCK):
            waiting(f"another invoice run goes on, or a replay switches: {await holder(connection, RUN_LOCK)}")
            await connection.execute(_LOCK, [RUN_LOCK])
            await sign(connection)
        live = [one for one in await generations(connection, SPEC.name) if one.status == "live"]
        if not live:
            raise UserError("invoicing has no generation yet: start the system with `seatledger up` first")
        if live[0].version != SPEC.version:
            # Nobody projects it any more, and its stored states are not ours to read.
            raise UserError(
                f"{live[0].schema} is live in version {live[0].version}, and this release projects version "
                f"{SPEC.version}: nothing can be billed before that one is live; go on with the release that it came "
                "from"
            )
        await read_from(connection, live[0].schema)
        yield connection


async def _check_day(connection: AsyncConnection, day: date, *, early: bool) -> None:
    last = await last_closed(connection)
    if last is not None and day < last:
        raise UserError(f"{day} is closed: the last invoice run is of {last}; late facts go on the next one")
    today = await connection.execute(_ZONES, {"now": datetime.now(UTC), "zone": _LAST_ZONE})
    row = await today.fetchone()
    assert row is not None
    if day >= row[0] and not early:
        raise UserError(
            f"{day} has not ended in every time zone: run it when it has, or with --early, "
            "and what comes in until then goes on the next documents"
        )


async def _look_at_all(connection: AsyncConnection, dsn: str, day: date, options: Options) -> Findings:
    findings = Findings()
    await leave_out_parked(connection, day, findings)
    wanted = await candidates(connection, day)
    with options.progress("Subscriptions looked at", len(wanted)) as done:
        await look_at(wanted, findings, Reader(connection, dsn, day, options.workers), done)
    return findings


async def _complete(connection: AsyncConnection, findings: Findings, day: date) -> None:
    """Mark what had nothing to issue, note the payers that were left out, and close the day."""
    async with connection.transaction():
        nothing_due = [looked for looked in findings.looked if not looked.drafts]
        await mark(connection, nothing_due, waiting=frozenset())
        await connection.execute(_UNPARK)
        for payer, reason in sorted(findings.unbillable.items()):
            await connection.execute(_PARK, [payer, day, reason])
        await connection.execute(_COMPLETE, [day])


def _lines(document: Json) -> Sequence[object]:
    lines = document["lines"]
    assert isinstance(lines, list)
    return lines
