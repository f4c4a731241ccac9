"""Credit notes against open invoices: what each note takes off which invoice, and what stays as balance (rule R3.4)."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from shared.billing.documents import Document, Relation
from shared.billing.money import ZERO


class Debtor(NamedTuple):
    """Whose invoices a credit note is related to: same recipient, same currency."""

    recipient: str
    currency: str


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice whose gross is not yet credited away: `open` is what is left of it."""

    document: str
    reference: str
    open: Decimal


# Open invoices of each debtor, the oldest first.
OpenInvoices = MutableMapping[Debtor, list[OpenInvoice]]


def debtor_of(document: Document) -> Debtor:
    """The debtor of an invoice, the creditor of a credit note."""
    return Debtor(document.recipient, document.currency)


def related(documents: Sequence[Document], open_invoices: OpenInvoices) -> list[Document]:
    """The documents of a run, with each credit note related to what its recipient owes (rule R3.4; IW/4664822).

    A note goes on the oldest open invoice, what is more than that invoice on the next oldest, and what is left when
    none is open stays as the recipient's balance. The run's own invoices are there before its notes, as the youngest.
    A balance is never taken off a later invoice: documents are not netted. `open_invoices` is brought up to date.
    """
    for document in documents:
        if document.kind == "invoice" and document.gross:
            own = OpenInvoice(document.number, document.reference, document.gross)
            open_invoices.setdefault(debtor_of(document), []).append(own)
    return [
        _related(document, open_invoices.get(debtor_of(document), [])) if document.kind == "credit_note" else document
        for document in documents
    ]


def _related(note: Document, open_invoices: list[OpenInvoice]) -> Document:
    left = note.gross
    relations = []
    while left and open_invoices:
        oldest = open_invoices[0]
        amount = min(left, oldest.open)
        relations.append(Relation(oldest.document, oldest.reference, amount))
        left -= amount
        if amount == oldest.open:
            del open_invoices[0]
        else:
            open_invoices[0] = replace(oldest, open=oldest.open - amount)
    return replace(note, relates_to=tuple(relations), balance=left)


def credited(documents: Iterable[Document]) -> dict[Debtor, Decimal]:
    """What the credit notes among documents come to for each debtor."""
    totals: dict[Debtor, Decimal] = {}
    for document in documents:
        if document.kind == "credit_note" and document.gross:
            debtor = debtor_of(document)
            totals[debtor] = totals.get(debtor, ZERO) + document.gross
    return totals
