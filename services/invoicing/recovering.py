"""Documents that are in the log and not in the ledger, taken into it as the runs that issued them left it.

Days are completed with their documents: what a run that died had still to issue is on the next one's. What had been
billed of a subscription is not marked, so that the next run looks at it and finds what its lines leave open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from psycopg import AsyncConnection

from services.invoicing import ledger_store, open_invoices
from services.invoicing.delivery.reacting import not_again
from services.invoicing.issued_again import issued_again
from services.invoicing.line_ids import parsed, revision_of
from services.invoicing.paper import names
from shared.billing.balance import credited, related
from shared.billing.documents import Document
from shared.billing.ledger import IssuedLine
from shared.billing.money import ZERO
from shared.billing.tax_lines import TaxLeft, take_tax
from shared.errors import UserError
from shared.events.models.base import EventModel
from shared.events.models.documents import IssuedDocument
from shared.store.arrays import columns, literal

_DOCUMENTS_OF = """
SELECT line, document
FROM unnest(%s::text[], %s::text[], %s::date[], %s::date[], %s::int[])
    AS w (line, subscription, cycle_start, layer_start, revision)
JOIN invoicing.issued_line USING (subscription, cycle_start, layer_start, revision)
"""
_CLOSE = """
INSERT INTO invoicing.billing_run AS run (day, barrier, early, completed_at, documents, lines)
SELECT day, '{"ends": []}', false, clock_timestamp(), documents, lines
FROM unnest(%s::date[], %s::int[], %s::int[]) AS w (day, documents, lines)
ON CONFLICT (day) DO UPDATE SET documents = run.documents + excluded.documents, lines = run.lines + excluded.lines,
    payers_left = 0,
    completed_at = coalesce(run.completed_at, excluded.completed_at)
"""
_LOOK_AGAIN = "DELETE FROM invoicing.billed WHERE subscription = ANY(%s::text[])"


async def take_in(connection: AsyncConnection, models: Iterable[EventModel]) -> None:
    """Take documents in, in the order of their issue, in the caller's transaction; what is none is passed over.

    UserError for a credit note that takes back a line which is nowhere.
    """
    documents = [issued_again(model) for model in models if isinstance(model, IssuedDocument)]
    if not documents:
        return
    lines = ledger_store.document_lines(documents)
    await ledger_store.add_lines(connection, lines)
    await ledger_store.keep_numbers(connection, (document.number for document in documents))
    await _return_tax(connection, documents)
    await _settle(connection, documents)
    await names.keep(connection, documents)
    await _close_days(connection, documents)
    await not_again(connection, ((document.number, document.recipient) for document in documents))
    await connection.execute(_LOOK_AGAIN, [literal(sorted({line.key.subscription for line in lines}))])


async def _return_tax(connection: AsyncConnection, documents: Sequence[Document]) -> None:
    """What is left of the tax of invoices: theirs, less what credit notes say that they return."""
    returning = [line for document in documents for line in document.lines if line.returns is not None]
    invoice_of = await _documents_of(connection, returning)
    left: TaxLeft = await ledger_store.returnable_tax(connection, sorted(set(invoice_of.values())))
    for document in documents:
        if document.kind == "invoice":
            left.update({(document.number, tax.rate): tax.amount for tax in document.taxes})
            continue
        for tax in document.taxes:
            nets: dict[str, Decimal] = {}
            for line in document.lines:
                if (line.tax_rate, line.reverse_charge) == (tax.rate, tax.reverse_charge):
                    invoice = _invoice(document, line, invoice_of)
                    nets[invoice] = nets.get(invoice, ZERO) + line.net
            take_tax(tax.amount, tax.rate, nets, document.currency, left)
    await ledger_store.set_returnable_tax(connection, dict(left))


def _invoice(note: Document, line: IssuedLine, invoice_of: dict[str, str]) -> str:
    if line.returns not in invoice_of:
        raise UserError(
            f"{note.number} takes back the line {line.returns}, and no document in the database or in the log has it: "
            "the log is not whole, and nothing was recovered; docs/backup.md says what to do without it"
        )
    return invoice_of[line.returns]


async def _documents_of(connection: AsyncConnection, credits: Sequence[IssuedLine]) -> dict[str, str]:
    """The documents of the lines that are taken back, by line."""
    wanted = {line.returns for line in credits if line.returns is not None}
    keys = [(line, *key, revision_of(line)) for line in sorted(wanted) if (key := parsed(line)) is not None]
    return dict(await (await connection.execute(_DOCUMENTS_OF, columns(keys, 5))).fetchall())


async def _settle(connection: AsyncConnection, documents: Sequence[Document]) -> None:
    """Set credit notes against invoices: as they say, and those of releases that did not say it as it is done now."""
    silent = [one for one in documents if one.kind == "credit_note" and not one.relates_to and one.balance != one.gross]
    names = {one.number for one in silent}
    await open_invoices.settle(connection, [one for one in documents if one.number not in names])
    for note in silent:
        oldest = await open_invoices.oldest_open(connection, credited([note]))
        await open_invoices.settle(connection, related([note], oldest))


async def _close_days(connection: AsyncConnection, documents: Sequence[Document]) -> None:
    issued: Counter[date] = Counter(document.day for document in documents)
    lines: Counter[date] = Counter()
    for document in documents:
        lines[document.day] += len(document.lines)
    await connection.execute(_CLOSE, columns(((day, issued[day], lines[day]) for day in sorted(issued)), 3))
