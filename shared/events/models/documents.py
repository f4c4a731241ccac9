"""Invoices and credit notes: `simulate`'s output and, with number and taxes, what stands in the log.

Public, field by field. Amounts of a credit note are positive; `from` and `to` are inclusive.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.events.models.base import OPTIONAL, EventModel
from shared.events.models.fields import (
    Amount,
    CivilDate,
    Currency,
    ExchangeRate,
    Flag,
    Id,
    Quantity,
    TaxRate,
    Text,
)

LineKind = Literal["free", "prorated", "installment", "recurring", "credit"]


class DocumentLine(EventModel):
    """One layer of one cycle (rule R0.10), or what is taken back of one.

    `line` is its id: subscription/cycle start/layer start, from the second revision on with /2, /3. On a prorated line
    `unit_price` is the full unit of the cycle and `unit_net` that of its `days` of `of_days`. A credit line names in
    `returns` the line that it takes back. In a document with several taxes each line says which is its own.
    """

    line: Id
    customer: Id
    subscription: Id
    product: Id
    kind: LineKind
    from_: CivilDate = Field(validation_alias="from", serialization_alias="from")
    to: CivilDate
    quantity: Quantity
    unit_price: Amount
    net: Amount
    days: Quantity | None = OPTIONAL
    of_days: Quantity | None = OPTIONAL
    unit_net: Amount | None = OPTIONAL
    returns: Id | None = OPTIONAL
    tax_rate: TaxRate | None = OPTIONAL
    reverse_charge: Flag | None = OPTIONAL


class TaxLine(EventModel):
    """One tax rate of a document: `amount` is the rounded tax on `base` (rule R0.5).

    With `reverse_charge` the rate is 0 and the recipient owes the tax itself (rule R6.7).
    """

    rate: TaxRate
    base: Amount
    amount: Amount
    reverse_charge: Flag | None = OPTIONAL


class Relation(EventModel):
    """What a credit note takes off one invoice of its recipient (rule R3.4); in `simulate` that has no number."""

    document: Id
    amount: Amount


class Transaction(EventModel):
    """A document's gross in the currency that its recipient pays in (rule R6.8).

    Without a known rate only `currency` and the `reason` why the amount is missing.
    """

    currency: Currency
    rate: ExchangeRate | None = OPTIONAL
    rate_date: CivilDate | None = OPTIONAL
    total: Amount | None = OPTIONAL
    reason: Text | None = OPTIONAL


class Document(EventModel):
    """`customer` is set on a separate invoice and null on an aggregated one.

    `taxes` stands in `simulate` where it says more than the totals. A credit note has `relates_to`, and `balance` where
    its recipient had no open invoice left for it.
    """

    kind: Literal["invoice", "credit_note"]
    date: CivilDate
    recipient: Id
    customer: Id | None
    currency: Currency
    net: Amount
    tax: Amount
    gross: Amount
    lines: tuple[DocumentLine, ...]
    taxes: tuple[TaxLine, ...] | None = OPTIONAL
    transaction: Transaction | None = OPTIONAL
    relates_to: tuple[Relation, ...] | None = OPTIONAL
    balance: Amount | None = OPTIONAL


class IssuedDocument(Document):
    number: Id
    taxes: tuple[TaxLine, ...]


class InvoiceIssued(IssuedDocument):
    kind: Literal["invoice"]


class CreditNoteIssued(IssuedDocument):
    kind: Literal["credit_note"]
