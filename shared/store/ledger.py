"""The ledger of invoicing in PostgreSQL, as others read it: issued lines, the last closed day, what is still open.

Invoice runs write it (services/invoicing); a preview of any service begins with what stands in it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg import AsyncConnection

from shared.billing.balance import Debtor, OpenInvoice
from shared.billing.documents import reference_of
from shared.billing.ledger import IssuedLine, LayerKey
from shared.billing.run_loop import Issued
from shared.store.arrays import literal

# Who issues documents holds this advisory lock, one run at a time; so does who changes what a run reads under it.
RUN_LOCK = 7_201_010
# The name of an invoice run's connection, which tells it from others that hold the lock: a replay, a recovery.
INVOICE_RUN = "seatledger invoice-run"

LINE_COLUMNS = (
    "subscription, cycle_start, layer_start, revision, document, kind, customer, recipient, product, currency, "
    "start_day, end_day, quantity, unit_price, unit_net, net, tax_rate, days, of_days, returns, reverse_charge"
)
_LINES_OF = f"SELECT {LINE_COLUMNS} FROM invoicing.issued_line WHERE subscription = ANY(%s)"
_LAYER = f"""
SELECT {LINE_COLUMNS}, why FROM invoicing.issued_line
WHERE (subscription, cycle_start, layer_start) = (%s, %s, %s) ORDER BY revision
"""
# A run that issued something and died has closed its day as well: what it issued is dated.
_LAST_CLOSED = "SELECT max(day) FROM invoicing.billing_run WHERE completed_at IS NOT NULL OR documents > 0"
_TAX_LEFT = """
SELECT document, rate, amount FROM invoicing.returnable_tax JOIN unnest(%s::text[]) AS w (document) USING (document)
"""
_OPEN_INVOICES = """
SELECT document, day, recipient, customer, currency, open
FROM invoicing.open_invoice JOIN unnest(%s::text[]) AS w (recipient) USING (recipient)
WHERE open > 0 ORDER BY ordinal
"""


async def last_closed(connection: AsyncConnection) -> date | None:
    """The last day that was closed: no day before it can be run any more."""
    row = await (await connection.execute(_LAST_CLOSED)).fetchone()
    return None if row is None else row[0]


async def issued_lines(connection: AsyncConnection, subscriptions: Sequence[str]) -> dict[str, list[IssuedLine]]:
    """The issued lines of some subscriptions, by subscription."""
    found: dict[str, list[IssuedLine]] = {subscription: [] for subscription in subscriptions}
    cursor = await connection.execute(_LINES_OF, [list(subscriptions)])
    async for row in cursor:
        line = _line(row)
        found[line.key.subscription].append(line)
    return found


async def explained_lines(connection: AsyncConnection, key: LayerKey) -> list[tuple[IssuedLine, dict[str, Any] | None]]:
    """The issued lines of a layer in their order, each with what explains it as its document has it."""
    rows = await (await connection.execute(_LAYER, key)).fetchall()
    return [(_line(row[:-1]), row[-1]) for row in rows]


async def issued_for(connection: AsyncConnection, subscriptions: Sequence[str], payers: Collection[str]) -> Issued:
    """What stands in the ledger of some subscriptions: runs in memory can go on from there.

    `payers` are who may get their next documents, customers and resellers alike: credit notes are related to their open
    invoices, and to those of the recipients of earlier lines.
    """
    # First of all: a run that ends meanwhile leaves lines on days that seem open, and nothing to do on them.
    closed = await last_closed(connection)
    lines = await issued_lines(connection, subscriptions)
    issued = [line for of_one in lines.values() for line in of_one]
    left = await tax_left(connection, {line.document for line in issued})
    still_open = await open_invoices(connection, {*payers, *(line.recipient for line in issued)})
    return Issued(lines, left, still_open, closed)


async def tax_left(connection: AsyncConnection, documents: Collection[str]) -> dict[tuple[str, Decimal], Decimal]:
    """What is left of the tax of some invoices, by invoice and rate (rule R3.4)."""
    rows = await (await connection.execute(_TAX_LEFT, [literal(sorted(documents))])).fetchall()
    return {(document, rate): amount for document, rate, amount in rows}


async def open_invoices(connection: AsyncConnection, recipients: Collection[str]) -> dict[Debtor, list[OpenInvoice]]:
    """The open invoices of some recipients, the oldest first (rule R3.4)."""
    found: dict[Debtor, list[OpenInvoice]] = {}
    cursor = await connection.execute(_OPEN_INVOICES, [literal(sorted(recipients))])
    async for number, day, recipient, customer, currency, left in cursor:
        reference = reference_of("invoice", day, recipient, customer, currency)
        found.setdefault(Debtor(recipient, currency), []).append(OpenInvoice(number, reference, left))
    return found


def _line(row: Any) -> IssuedLine:
    return IssuedLine(LayerKey(*row[:3]), *row[3:])
