"""Open invoices in PostgreSQL: what credit notes may still be related to (rule R3.4). Written by invoice runs only.

A chunk reads and writes them in its transaction, under the billing lock: no row of theirs is locked beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from psycopg import AsyncConnection

from shared.billing.balance import Debtor, OpenInvoice, OpenInvoices
from shared.billing.documents import Document, reference_of
from shared.store.arrays import columns

# The oldest open invoices of each debtor that together hold what is credited: a reseller may have very many.
_OLDEST = """
SELECT document, day, recipient, customer, currency, open FROM (
    SELECT invoice.*, credited.total,
        sum(open) OVER (PARTITION BY recipient, currency ORDER BY ordinal) - open AS older
    FROM invoicing.open_invoice AS invoice
    JOIN unnest(%s::text[], %s::text[], %s::numeric[]) AS credited (recipient, currency, total)
        USING (recipient, currency)
    WHERE open > 0
) AS one
WHERE older < total ORDER BY recipient, currency, ordinal
"""
_COPY = """
COPY invoicing.open_invoice (document, day, recipient, customer, currency, gross, open) FROM STDIN
"""
_CREDIT = "UPDATE invoicing.open_invoice SET open = open - %s WHERE document = %s"


async def oldest_open(connection: AsyncConnection, credited: Mapping[Debtor, Decimal]) -> OpenInvoices:
    """Each debtor's oldest open invoices, as many as what is credited takes."""
    if not credited:
        return {}
    wanted = columns(((*debtor, total) for debtor, total in credited.items()), 3)
    cursor = await connection.execute(_OLDEST, wanted)
    found: OpenInvoices = {}
    async for document, day, recipient, customer, currency, left in cursor:
        reference = reference_of("invoice", day, recipient, customer, currency)
        found.setdefault(Debtor(recipient, currency), []).append(OpenInvoice(document, reference, left))
    return found


async def settle(connection: AsyncConnection, documents: Sequence[Document]) -> None:
    """Add new invoices in the order of their issue, and take off what new credit notes are related to."""
    invoices = [document for document in documents if document.kind == "invoice" and document.gross]
    async with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for one in invoices:
            gross = one.gross
            await copy.write_row((one.number, one.day, one.recipient, one.customer, one.currency, gross, gross))
    relations = [(one.amount, one.document) for document in documents for one in document.relates_to]
    if relations:
        async with connection.cursor() as cursor:
            await cursor.executemany(_CREDIT, relations)
