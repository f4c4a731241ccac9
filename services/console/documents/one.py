"""What the page of one document reads: its head, its lines by customer, and what is related to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel, Field

from services.console.documents.groups import CustomerGroup, LinesPage
from shared.web.document_models import Relation, Tax, Transaction

_ONE = """
SELECT d.*, coalesce(r.name, payer.name) AS recipient_name, c.name AS customer_name,
    (SELECT o.open FROM read.open_invoices AS o WHERE o.number = d.number) AS open
FROM read.documents AS d
LEFT JOIN read.resellers AS r ON r.reseller = d.recipient
LEFT JOIN read.customers AS payer ON payer.customer = d.recipient
LEFT JOIN read.customers AS c ON c.customer = d.customer
WHERE d.number = %s
"""
_GROUPS = """
SELECT customer, (SELECT c.name FROM read.customers AS c WHERE c.customer = l.customer), count(*), sum(l.net)
FROM read.document_lines AS l WHERE l.number = %s GROUP BY l.customer ORDER BY l.customer
"""
_LINES = """
SELECT l.*, p.name AS product_name FROM (
    SELECT * FROM read.document_lines WHERE number = %s
    ORDER BY customer, subscription, "from", kind, line LIMIT %s OFFSET %s
) AS l
LEFT JOIN read.products AS p ON p.product = l.product
ORDER BY l.customer, l.subscription, l."from", l.kind, l.line
"""
# Of the same recipient: a credit note is related to no other's invoices.
_CREDIT_NOTES = """
SELECT d.number, d.date, (part.value ->> 'amount')::numeric AS amount
FROM read.documents AS d, jsonb_array_elements(d.relates_to) AS part
WHERE d.recipient = %s AND d.kind = 'credit_note' AND part.value ->> 'document' = %s
ORDER BY d.date, d.number
"""
_RETURNED = """
SELECT line, number FROM read.document_lines WHERE subscription = ANY(%s) AND line = ANY(%s)
"""
_RETURNED_BY = """
SELECT returns, number, line, net FROM read.document_lines
WHERE subscription = ANY(%s) AND returns = ANY(%s) ORDER BY number, line
"""


class One(BaseModel):
    """The head of a document."""

    number: str
    kind: str
    date: date
    recipient: str
    recipient_name: str | None
    customer: str | None
    customer_name: str | None
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    taxes: list[Tax]
    transaction: Transaction | None
    relates_to: list[Relation] | None
    balance: Decimal | None
    open: Decimal | None


class Line(BaseModel):
    """One line as its document has it; `why` is the record that explains it."""

    line: str
    customer: str
    subscription: str
    product: str
    product_name: str | None
    kind: str
    from_: date = Field(alias="from")
    to: date
    quantity: int
    unit_price: Decimal
    days: int | None
    of_days: int | None
    unit_net: Decimal | None
    net: Decimal
    returns: str | None
    tax_rate: Decimal | None
    reverse_charge: bool | None
    why: dict[str, Any] | None


class CreditNote(BaseModel):
    """A credit note that is related to an invoice, and what it takes off it."""

    number: str
    date: date
    amount: Decimal


class Return(BaseModel):
    """A credit line that gives back a line, and the document that it stands on."""

    returns: str
    number: str
    line: str
    net: Decimal


M = TypeVar("M", bound=BaseModel)


async def document(connection: AsyncConnection, number: str) -> One | None:
    found = await _all(connection, One, _ONE, [number])
    return found[0] if found else None


async def groups(connection: AsyncConnection, number: str) -> list[CustomerGroup]:
    """The end customers of a document with their subtotals, in its order."""
    return [CustomerGroup(*row) for row in await (await connection.execute(_GROUPS, [number])).fetchall()]


async def lines(connection: AsyncConnection, number: str, page: LinesPage) -> list[Line]:
    """The lines of one page."""
    return await _all(connection, Line, _LINES, [number, page.lines, page.offset])


async def credit_notes(connection: AsyncConnection, one: One) -> list[CreditNote]:
    """The credit notes that are related to an invoice."""
    if one.kind != "invoice":
        return []
    return await _all(connection, CreditNote, _CREDIT_NOTES, [one.recipient, one.number])


async def returned(connection: AsyncConnection, shown: Sequence[Line]) -> dict[str, str]:
    """The documents on which the lines stand that these lines give back, by line."""
    names = {line.returns: line.subscription for line in shown if line.returns is not None}
    if not names:
        return {}
    rows = await connection.execute(_RETURNED, [sorted(set(names.values())), sorted(names)])
    return dict(await rows.fetchall())


async def returned_by(connection: AsyncConnection, shown: Sequence[Line]) -> Mapping[str, Sequence[Return]]:
    """The credit lines that give these lines back, by line."""
    names = {line.line: line.subscription for line in shown if line.kind != "credit"}
    found: dict[str, list[Return]] = {}
    for one in await _all(connection, Return, _RETURNED_BY, [sorted(set(names.values())), sorted(names)]):
        found.setdefault(one.returns, []).append(one)
    return found


async def _all(connection: AsyncConnection, model: type[M], query: LiteralString, wanted: Sequence[object]) -> list[M]:
    async with connection.cursor(row_factory=class_row(model)) as cursor:
        return await (await cursor.execute(query, wanted)).fetchall()
