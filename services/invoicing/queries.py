"""What the API of invoicing reads: the views of the schema `read`, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel, Field

from shared.events.models.documents import Why
from shared.web.document_models import Relation, Tax, Transaction

Kind = Literal["invoice", "credit_note"]
State = Literal["open", "partly_credited", "credited", "nothing_to_pay", "credit_note", "owed"]
"""Of an invoice how much credit notes have left of it; `owed` is whatever they have left something of.

Of `nothing_to_pay` the gross was 0 from the first."""

_DOCUMENTS = """
SELECT * FROM read.documents
WHERE (date, number) > (%(after_date)s::date, %(after_number)s)
    AND (%(recipient)s::text IS NULL OR recipient = %(recipient)s)
    AND (%(first)s::date IS NULL OR date >= %(first)s)
    AND (%(last)s::date IS NULL OR date <= %(last)s)
    AND (%(kind)s::text IS NULL OR kind = %(kind)s)
    AND (%(currency)s::text IS NULL OR currency = %(currency)s)
    AND (%(state)s::text IS NULL OR %(state)s = 'credit_note' AND kind = 'credit_note'
        OR %(state)s = 'nothing_to_pay' AND kind = 'invoice' AND gross = 0
        OR %(state)s = 'credited' AND kind = 'invoice' AND gross <> 0
            AND number NOT IN (SELECT number FROM read.open_invoices)
        OR number IN (
            SELECT number FROM read.open_invoices
            WHERE %(state)s = 'owed' OR %(state)s = CASE WHEN open < gross THEN 'partly_credited' ELSE 'open' END))
ORDER BY date, number LIMIT %(limit)s
"""
_DOCUMENT = "SELECT * FROM read.documents WHERE number = %s"
_LINES = """
SELECT * FROM read.document_lines WHERE number = %s ORDER BY customer, subscription, "from", kind, line
"""
_PLANS = """
SELECT * FROM read.installment_plans
WHERE subscription > %(after)s
    AND (%(customer)s::text IS NULL OR customer = %(customer)s)
    AND (%(reseller)s::text IS NULL OR reseller = %(reseller)s)
ORDER BY subscription LIMIT %(limit)s
"""
_CHARGES = """
SELECT * FROM read.next_charges
WHERE subscription > %(after)s
    AND (%(recipient)s::text IS NULL OR recipient = %(recipient)s)
    AND (%(last)s::date IS NULL OR due <= %(last)s)
ORDER BY subscription LIMIT %(limit)s
"""
_OPEN_INVOICES = """
SELECT * FROM read.open_invoices
WHERE (date, number) > (%(after_date)s::date, %(after_number)s)
    AND (%(recipient)s::text IS NULL OR recipient = %(recipient)s)
ORDER BY date, number LIMIT %(limit)s
"""
_BALANCES = """
SELECT * FROM read.balances
WHERE (recipient, currency) > (%(after_recipient)s, %(after_currency)s)
    AND (%(recipient)s::text IS NULL OR recipient = %(recipient)s)
ORDER BY recipient, currency LIMIT %(limit)s
"""


class Document(BaseModel):
    """A row of read.documents; amounts are strings, positive on credit notes too."""

    number: str
    kind: str
    date: date
    recipient: str
    customer: str | None
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    taxes: list[Tax]
    transaction: Transaction | None
    relates_to: list[Relation] | None
    balance: Decimal | None


class DocumentLine(BaseModel):
    """A row of read.document_lines; `from` and `to` are both covered."""

    line: str
    customer: str
    subscription: str
    product: str
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
    why: Why | None


class DocumentWithLines(Document):
    """A document and all its lines, sorted by customer, subscription, from, kind, line."""

    lines: list[DocumentLine]


class InstallmentPlan(BaseModel):
    """A row of read.installment_plans."""

    subscription: str
    billing_plan: str
    installments: int
    invoiced: int
    excluded: int
    remaining: int
    next_invoice_date: date | None
    next_invoice_amount: Decimal | None
    next_invoice_gross: Decimal | None
    extra_charge_rate: Decimal
    customer: str
    reseller: str | None
    currency: str


class OpenInvoice(BaseModel):
    """A row of read.open_invoices: `open` is what credit notes have left of the gross."""

    number: str
    date: date
    recipient: str
    customer: str | None
    currency: str
    gross: Decimal
    open: Decimal


class Balance(BaseModel):
    """A row of read.balances: credit notes for which no invoice was open."""

    recipient: str
    currency: str
    amount: Decimal


class NextCharge(BaseModel):
    """A row of read.next_charges."""

    subscription: str
    due: date
    net: Decimal
    recipient: str
    currency: str


M = TypeVar("M", bound=BaseModel)


async def documents(
    connection: AsyncConnection,
    after: tuple[date, str],
    limit: int,
    *,
    recipient: str | None = None,
    first: date | None = None,
    last: date | None = None,
    kind: Kind | None = None,
    currency: str | None = None,
    state: State | None = None,
) -> list[Document]:
    """At most `limit` documents after (date, number), sorted by these; dated `first` to `last`, both included."""
    wanted = {
        "after_date": after[0], "after_number": after[1], "limit": limit, "recipient": recipient, "first": first,
        "last": last, "kind": kind, "currency": currency, "state": state,
    }  # fmt: skip
    return await _all(connection, Document, _DOCUMENTS, wanted)


async def document(connection: AsyncConnection, number: str) -> DocumentWithLines | None:
    """One document with its lines."""
    found = await _all(connection, Document, _DOCUMENT, [number])
    if not found:
        return None
    lines = await _all(connection, DocumentLine, _LINES, [number])
    return DocumentWithLines(**found[0].model_dump(), lines=lines)


async def installment_plans(
    connection: AsyncConnection, after: str, limit: int, *, customer: str | None = None, reseller: str | None = None
) -> list[InstallmentPlan]:
    """At most `limit` plans after a subscription's id, sorted by it."""
    wanted = {"after": after, "limit": limit, "customer": customer, "reseller": reseller}
    return await _all(connection, InstallmentPlan, _PLANS, wanted)


async def next_charges(
    connection: AsyncConnection, after: str, limit: int, *, recipient: str | None = None, last: date | None = None
) -> list[NextCharge]:
    """At most `limit` next charges after a subscription's id, sorted by it; due by `last`."""
    wanted = {"after": after, "limit": limit, "recipient": recipient, "last": last}
    return await _all(connection, NextCharge, _CHARGES, wanted)


async def open_invoices(
    connection: AsyncConnection, after: tuple[date, str], limit: int, *, recipient: str | None = None
) -> list[OpenInvoice]:
    """At most `limit` open invoices after (date, number), the oldest first."""
    wanted = {"after_date": after[0], "after_number": after[1], "limit": limit, "recipient": recipient}
    return await _all(connection, OpenInvoice, _OPEN_INVOICES, wanted)


async def balances(
    connection: AsyncConnection, after: tuple[str, str], limit: int, *, recipient: str | None = None
) -> list[Balance]:
    """At most `limit` standing balances after (recipient, currency)."""
    wanted = {"after_recipient": after[0], "after_currency": after[1], "limit": limit, "recipient": recipient}
    return await _all(connection, Balance, _BALANCES, wanted)


async def _all(
    connection: AsyncConnection, model: type[M], query: LiteralString, wanted: Sequence[object] | dict[str, object]
) -> list[M]:
    async with connection.cursor(row_factory=class_row(model)) as cursor:
        return await (await cursor.execute(query, wanted)).fetchall()
