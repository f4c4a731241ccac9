"""Invoices and credit notes: `simulate`'s output and, with number and taxes, what stands in the log.

Public, field by field. Amounts of a credit note are positive; `from` and `to` are inclusive.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.events.models.base import OPTIONAL, EventModel
from shared.events.models.blocks import PricingRule
from shared.events.models.fields import (
    Amount,
    CivilDate,
    Currency,
    ExchangeRate,
    Flag,
    Id,
    Quantity,
    Rate,
    TaxRate,
    Text,
    Total,
)

LineKind = Literal["free", "prorated", "installment", "recurring", "credit"]


class EventRef(EventModel):
    """An event, by what makes it unique."""

    source: Id
    id: Id


class EventBehind(EventRef):
    """An event behind a line: it brought or ended the seats, made the terms of the cycle, or set the price."""

    role: Literal["seats", "end", "terms", "price"]


class PriceOrigin(EventModel):
    """The price of a line for one licence and one term, before rule and extra charge, and where it comes from.

    `parts` is there where the term is billed in installments, `months` of `of_months` where the plan was changed.
    """

    origin: Literal["order", "list", "protected", "hand_set", "extended"]
    unit_price: Amount
    unit_cost: Amount | None = OPTIONAL
    since: CivilDate
    protected_until: CivilDate | None = OPTIONAL
    pricing: tuple[PricingRule, ...] | None = OPTIONAL
    extra_charge_rate: Rate | None = OPTIONAL
    parts: Quantity | None = OPTIONAL
    months: Quantity | None = OPTIONAL
    of_months: Quantity | None = OPTIONAL
    event: EventRef


class Why(EventModel):
    """Why a line is what it is. `kept` of `of` days or hours are charged; on a credit, are kept of what was billed.

    `rules` are numbers of the billing rules, or rows of their table of conventions: conversion, trial, add-on, arrears.
    """

    rules: tuple[Text, ...]
    cause: Literal[
        "held",
        "added",
        "resumed",
        "repriced",
        "charged_back",
        "decrease",
        "suspended",
        "ending",
        "replaced",
        "withdrawn",
    ]
    kept: Total | None = OPTIONAL
    of: Quantity | None = OPTIONAL
    measure: Literal["days", "hours"] | None = OPTIONAL
    price: PriceOrigin | None = OPTIONAL
    events: tuple[EventBehind, ...]


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
    why: Why | None = OPTIONAL


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
