"""Issuing, a chunk of payers a transaction: numbers, documents, lines, events, and how far each subscription got."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import orjson
from psycopg import AsyncConnection

from services.invoicing import ledger_store, open_invoices
from services.invoicing.candidates import Findings, Looked
from services.invoicing.paper import names
from shared.billing.balance import credited, related
from shared.billing.documents import Document, DraftLine, Group, grouped, worth_issuing
from shared.billing.exchange import exchanged
from shared.billing.run import issue
from shared.events.envelope import CloudEvent
from shared.events.shapes import Json, document_shape, issued_shape
from shared.store.event_table import append

SOURCE = "urn:seatledger:invoicing"
# Long enough to make its commit cheap, short enough that a run that dies repeats little.
LINES_A_CHUNK = 5_000
_TYPES = {"invoice": "InvoiceIssued", "credit_note": "CreditNoteIssued"}

_LOCK = "SELECT one FROM invoicing.billing_lock FOR UPDATE"
_COUNT = """
UPDATE invoicing.billing_run
SET documents = documents + %s, lines = lines + %s, payers_left = payers_left - %s WHERE day = %s
"""
_MARK = """
INSERT INTO invoicing.billed (subscription, touched, look_again_on, open_from, new_facts_on, waiting)
SELECT * FROM unnest(%s::text[], %s::bigint[], %s::date[], %s::date[], %s::date[], %s::boolean[])
ON CONFLICT (subscription) DO UPDATE SET touched = excluded.touched, look_again_on = excluded.look_again_on,
    open_from = excluded.open_from, new_facts_on = excluded.new_facts_on, waiting = excluded.waiting
"""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Payers that are billed in one transaction: all their lines, and the subscriptions that are settled with them."""

    drafts: Sequence[DraftLine]
    settled: Sequence[Looked]
    findings: Findings


def payers_of(findings: Findings) -> frozenset[str]:
    """Who has lines to be billed for and can be billed."""
    wanted = frozenset(draft.recipient for looked in findings.looked for draft in looked.drafts)
    return wanted - findings.unbillable.keys()


def chunks(findings: Findings, lines: int = LINES_A_CHUNK) -> Iterator[Chunk]:
    """The lines of a run in chunks of some `lines`; those of a payer stay together, unbillable payers are left out.

    A subscription with lines for several payers is settled with the last of them, so that a run that dies between them
    looks at it again.
    """
    by_payer: dict[str, list[DraftLine]] = {}
    last_payer: dict[str, str] = {}
    for looked in findings.looked:
        for draft in looked.drafts:
            by_payer.setdefault(draft.recipient, []).append(draft)
        payers = {draft.recipient for draft in looked.drafts}
        if payers and payers.isdisjoint(findings.unbillable):
            last_payer[looked.candidate.subscription] = max(payers)
    settled_with: dict[str, list[Looked]] = {}
    for looked in findings.looked:
        payer = last_payer.get(looked.candidate.subscription)
        if payer is not None:
            settled_with.setdefault(payer, []).append(looked)
    drafts: list[DraftLine] = []
    settled: list[Looked] = []
    for payer in sorted(payers_of(findings)):
        drafts += by_payer[payer]
        settled += settled_with.get(payer, [])
        if len(drafts) >= lines:
            yield Chunk(drafts, settled, findings)
            drafts, settled = [], []
    if drafts:
        yield Chunk(drafts, settled, findings)


async def issue_chunk(connection: AsyncConnection, chunk: Chunk, day: date) -> list[Json]:
    """Issue the documents of a chunk in one transaction; their shapes with number and taxes."""
    async with connection.transaction():
        await connection.execute(_LOCK)
        groups = _worth_issuing(chunk)
        numbers = await ledger_store.take_numbers(connection, groups, day)
        documents = await _documents(connection, chunk, day, numbers)
        await ledger_store.add_lines(connection, ledger_store.document_lines(documents))
        shapes = [issued_shape(document) for document in documents]
        for document, shape in zip(documents, shapes, strict=True):
            await append(connection, f"document-{document.number}", 0, [_event(document, shape)])
        await names.keep(connection, documents)
        chunk.findings.left_open |= _left_open(chunk, documents)
        await mark(connection, chunk.settled, waiting=chunk.findings.left_open)
        lines, payers = sum(len(d.lines) for d in documents), {draft.recipient for draft in chunk.drafts}
        await connection.execute(_COUNT, [len(documents), lines, len(payers), day])
    return shapes


async def would_issue(connection: AsyncConnection, findings: Findings, day: date) -> list[Json]:
    """The documents that a run would issue now; nothing is written, no number is taken."""
    shapes: list[Json] = []
    async with connection.transaction(force_rollback=True):
        for chunk in chunks(findings):
            numbers = {group: f"preview {place}" for place, group in enumerate(_worth_issuing(chunk), len(shapes) + 1)}
            shapes += [document_shape(document) for document in await _documents(connection, chunk, day, numbers)]
    return shapes


async def mark(connection: AsyncConnection, settled: Iterable[Looked], *, waiting: Collection[str]) -> None:
    """Keep how far the run got with subscriptions; `waiting` ones have lines without amount that were left open."""
    rows = [
        (
            looked.candidate.subscription, looked.candidate.touched, looked.look_again_on, looked.open_from,
            looked.new_facts_on, looked.candidate.subscription in waiting,
        )
        for looked in settled
    ]  # fmt: skip
    if rows:
        await connection.execute(_MARK, [list(column) for column in zip(*rows, strict=True)])


async def _documents(connection: AsyncConnection, chunk: Chunk, day: date, numbers: dict[Group, str]) -> list[Document]:
    returned = sorted({draft.returns.document for draft in chunk.drafts if draft.returns is not None})
    tax_left = await ledger_store.returnable_tax(connection, returned)
    documents = issue(
        chunk.drafts, day, numbers.__getitem__, chunk.findings.revisions, tax_left,
        issue_zero_invoices=chunk.findings.issue_zero_invoices,
    )  # fmt: skip
    await ledger_store.set_returnable_tax(connection, tax_left)
    documents = related(documents, await open_invoices.oldest_open(connection, credited(documents)))
    await open_invoices.settle(connection, documents)
    return [exchanged(document, chunk.findings.exchange_rates) for document in documents]


def _worth_issuing(chunk: Chunk) -> list[Group]:
    groups = grouped(chunk.drafts)
    worth = [g for g in groups if worth_issuing(groups[g], issue_zero_invoices=chunk.findings.issue_zero_invoices)]
    return sorted(worth, key=lambda group: (group.recipient, group.customer or "", group.currency, group.kind))


def _left_open(chunk: Chunk, documents: Sequence[Document]) -> frozenset[str]:
    """Subscriptions with lines on no document: amounts of zero that wait for the next one (rule R6.6)."""
    wanted = Counter(draft.key.subscription for draft in chunk.drafts)
    wanted.subtract(line.key.subscription for document in documents for line in document.lines)
    return frozenset(subscription for subscription, lines in wanted.items() if lines > 0)


def _event(document: Document, shape: Json) -> CloudEvent:
    """The event of an issued document. Its id and sequence come from its stream: one document, one event."""
    return CloudEvent(
        id="",
        source=SOURCE,
        type=_TYPES[document.kind],
        time=datetime.now(UTC),
        data=orjson.dumps(shape),
        subject=document.number,
        partitionkey=document.recipient,
    )
