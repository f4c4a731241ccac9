"""Documents of one run day: lines grouped for their recipients, with tax (rules R6.1 to R6.6, R0.5, R3.4)."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from shared.billing.ledger import IssuedLine, LayerKey, LineKind
from shared.billing.money import ZERO, minor_unit
from shared.billing.tax import Tax
from shared.billing.tax_lines import TaxLeft, TaxLine, returned_tax_lines, tax_lines
from shared.billing.why import Why

DocumentKind = Literal["invoice", "credit_note"]


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A line that a run wants to issue, [start, end) half-open; revision and document come when its group is issued."""

    key: LayerKey
    kind: LineKind
    customer: str
    recipient: str
    separate: bool
    product: str
    currency: str
    start: date
    end: date
    quantity: int
    unit_price: Decimal
    unit_net: Decimal
    net: Decimal
    tax_rate: Decimal
    days: int
    of_days: int
    returns: IssuedLine | None = None
    reverse_charge: bool = False
    transaction_currency: str | None = None
    why: Why | None = field(default=None, compare=False)

    @property
    def tax(self) -> Tax:
        return Tax(self.tax_rate, self.reverse_charge)


class Group(NamedTuple):
    """What one document holds: recipient, the customer of a separate invoice, currency, kind (rule R6.2)."""

    recipient: str
    customer: str | None
    currency: str
    kind: DocumentKind


@dataclass(frozen=True, slots=True)
class Relation:
    """What a credit note takes off one invoice of its recipient (rule R3.4); `reference` names it without a number."""

    document: str
    reference: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Transaction:
    """A document's gross in its recipient's currency (rule R6.8); without a rate `reason` says why it is missing."""

    currency: str
    rate: Decimal | None = None
    rate_date: date | None = None
    total: Decimal | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice or a credit note as it is issued; amounts are positive on both. `number` is its name in the ledger.

    `relates_to` and `balance` are a credit note's (rule R3.4): together they come to its gross. `transaction` is there
    where the recipient pays in another currency (rule R6.8).
    """

    number: str
    kind: DocumentKind
    day: date
    recipient: str
    customer: str | None
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    taxes: tuple[TaxLine, ...]
    lines: tuple[IssuedLine, ...]
    relates_to: tuple[Relation, ...] = ()
    balance: Decimal = ZERO
    transaction_currency: str | None = None
    transaction: Transaction | None = None

    @property
    def reference(self) -> str:
        """What names it among people where it has no number: kind, date, recipient, customer, currency."""
        return reference_of(self.kind, self.day, self.recipient, self.customer, self.currency)

    @property
    def sort_key(self) -> tuple[date, str, str, str, str]:
        """Date, recipient, customer (null first), currency, kind."""
        return (self.day, self.recipient, self.customer or "", self.currency, self.kind)


def reference_of(kind: DocumentKind, day: date, recipient: str, customer: str | None, currency: str) -> str:
    """A document's reference: invoice/2019-03-01/res-1/EUR, a separate one's with its customer before the currency."""
    return "/".join([kind, day.isoformat(), recipient, *([] if customer is None else [customer]), currency])


def grouped(drafts: Iterable[DraftLine]) -> dict[Group, list[DraftLine]]:
    """Draft lines by the document they belong to (rules R6.2, R6.5)."""
    groups: dict[Group, list[DraftLine]] = {}
    for draft in drafts:
        kind: DocumentKind = "invoice" if draft.returns is None else "credit_note"
        group = Group(draft.recipient, draft.customer if draft.separate else None, draft.currency, kind)
        groups.setdefault(group, []).append(draft)
    return groups


def worth_issuing(drafts: Iterable[DraftLine], *, issue_zero_invoices: bool) -> bool:
    """Whether a group makes a document: when it has an amount, or zero documents are wanted (rule R6.6)."""
    return issue_zero_invoices or any(draft.net for draft in drafts)


def document(
    group: Group,
    day: date,
    drafts: Sequence[DraftLine],
    name: str,
    revisions: MutableMapping[LayerKey, int],
    tax_left: TaxLeft,
) -> Document:
    """The document of a group; `name` is its number.

    `revisions` (lines so far by key) and `tax_left` are brought up to date.
    """
    lines = tuple(sorted((_issued(draft, name, revisions) for draft in drafts), key=line_order))
    if group.kind == "invoice":
        taxes = tax_lines(((draft.tax, draft.net) for draft in drafts), group.currency)
        tax_left.update({(name, tax.rate): tax.amount for tax in taxes})
    else:
        taxes = returned_tax_lines(map(_returned, drafts), group.currency, tax_left)
    net = sum((line.net for line in lines), ZERO)
    tax_total = sum((tax.amount for tax in taxes), ZERO)
    unit = minor_unit(group.currency)
    return Document(
        number=name,
        kind=group.kind,
        day=day,
        recipient=group.recipient,
        customer=group.customer,
        currency=group.currency,
        net=net.quantize(unit),
        tax=tax_total.quantize(unit),
        gross=(net + tax_total).quantize(unit),
        taxes=taxes,
        lines=lines,
        transaction_currency=_transaction_currency(drafts),
    )


def line_order(line: IssuedLine) -> tuple[str, str, date, str, str]:
    """Lines of a document: by customer, subscription, from, kind, line."""
    return (line.customer, line.key.subscription, line.start, line.kind, line.line)


def _returned(draft: DraftLine) -> tuple[Tax, str, Decimal]:
    if draft.returns is None:
        raise ValueError(f"the credit on {draft.key} names no line that it returns")
    return draft.tax, draft.returns.document, draft.net


def _transaction_currency(drafts: Iterable[DraftLine]) -> str | None:
    """The recipient's transaction currency (rule R6.8).

    Around midnight customers of two time zones may know different ones of their reseller: the first customer's counts.
    """
    first = min(drafts, key=lambda draft: (draft.customer, draft.key))
    return first.transaction_currency


def _issued(draft: DraftLine, name: str, revisions: MutableMapping[LayerKey, int]) -> IssuedLine:
    revisions[draft.key] = revision = revisions.get(draft.key, 0) + 1
    return IssuedLine(
        key=draft.key,
        revision=revision,
        document=name,
        kind=draft.kind,
        customer=draft.customer,
        recipient=draft.recipient,
        product=draft.product,
        currency=draft.currency,
        start=draft.start,
        end=draft.end,
        quantity=draft.quantity,
        unit_price=draft.unit_price,
        unit_net=draft.unit_net,
        net=draft.net,
        tax_rate=draft.tax_rate,
        days=draft.days,
        of_days=draft.of_days,
        returns=None if draft.returns is None else draft.returns.line,
        reverse_charge=draft.reverse_charge,
        why=draft.why,
    )
