"""Documents of one run day: lines grouped for their recipients, with tax (rules R6.1 to R6.6, R0.5, R3.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from shared.billing.ledger import IssuedLine, LayerKey, LineKind
from shared.billing.money import ZERO, minor_unit, round_money
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
    why: Why | None = None


class Group(NamedTuple):
    """What one document holds: recipient, the customer of a separate invoice, currency, kind (rule R6.2)."""

    recipient: str
    customer: str | None
    currency: str
    kind: DocumentKind


@dataclass(frozen=True, slots=True)
class TaxLine:
    """The tax of a document at one rate (rule R0.5)."""

    rate: Decimal
    base: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice or a credit note as it is issued; amounts are positive on both. `number` is its name in the ledger."""

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

    @property
    def sort_key(self) -> tuple[date, str, str, str, str]:
        """Date, recipient, customer (null first), currency, kind."""
        return (self.day, self.recipient, self.customer or "", self.currency, self.kind)


# Tax that invoices still hold, by document and rate: what credit notes may take back (rule R3.4).
TaxLeft = MutableMapping[tuple[str, Decimal], Decimal]


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
        taxes = _taxes(group, lines)
        tax_left.update({(name, tax.rate): tax.amount for tax in taxes})
    else:
        taxes = _returned_taxes(group, drafts, tax_left)
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
    )


def line_order(line: IssuedLine) -> tuple[str, str, date, str, str]:
    """Lines of a document: by customer, subscription, from, kind, line."""
    return (line.customer, line.key.subscription, line.start, line.kind, line.line)


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
        why=draft.why,
    )


def _taxes(group: Group, lines: tuple[IssuedLine, ...]) -> tuple[TaxLine, ...]:
    """One tax line a rate: ROUND2(sum of net lines x rate) (rule R0.5)."""
    bases = _bases(lines)
    return tuple(TaxLine(rate, base, round_money(base * rate, group.currency)) for rate, base in sorted(bases.items()))


def _returned_taxes(group: Group, drafts: Iterable[DraftLine], tax_left: TaxLeft) -> tuple[TaxLine, ...]:
    """As rule R0.5, but never more than is left of the tax on the invoices whose lines come back (rule R3.4)."""
    returned: dict[Decimal, dict[str, Decimal]] = {}
    for draft in drafts:
        if draft.returns is None:
            raise ValueError(f"the credit on {draft.key} names no line that it returns")
        nets = returned.setdefault(draft.tax_rate, {})
        nets[draft.returns.document] = nets.get(draft.returns.document, ZERO) + draft.net
    taxes = []
    for rate, nets in sorted(returned.items()):
        base = sum(nets.values(), ZERO)
        amount = min(round_money(base * rate, group.currency), sum((tax_left[(name, rate)] for name in nets), ZERO))
        _take(amount, rate, nets, group.currency, tax_left)
        taxes.append(TaxLine(rate, base, amount))
    return tuple(taxes)


def _take(amount: Decimal, rate: Decimal, nets: Mapping[str, Decimal], currency: str, tax_left: TaxLeft) -> None:
    """Take returned tax off the invoices: each its own share first, the odd cents where something is left."""
    for own_share_only in (True, False):
        for name in sorted(nets):
            left = tax_left[(name, rate)]
            share = round_money(nets[name] * rate, currency) if own_share_only else left
            taken = min(share, left, amount)
            tax_left[(name, rate)] = left - taken
            amount -= taken


def _bases(lines: Iterable[IssuedLine]) -> dict[Decimal, Decimal]:
    bases: dict[Decimal, Decimal] = {}
    for line in lines:
        bases[line.tax_rate] = bases.get(line.tax_rate, ZERO) + line.net
    return bases
