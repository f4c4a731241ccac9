"""What paper and XML both have to know of a document: which tax is whose, its days, when it is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from services.invoicing.paper.content import Paper
from services.invoicing.queries import DocumentWithLines
from shared.billing.money import ZERO
from shared.web.document_models import Tax


def taxes_by_line(document: DocumentWithLines) -> Mapping[str, Tax]:
    """The tax of each line, by its id: the only one of the document, or the one that the line names.

    On the lines of a document without taxes, as events of others may be, there is none.
    """
    if not document.taxes:
        return {line.line: Tax(rate=ZERO, base=line.net, amount=ZERO) for line in document.lines}
    if len(document.taxes) == 1:
        return {line.line: document.taxes[0] for line in document.lines}
    by_tax: dict[tuple[Decimal | None, bool], Tax] = {
        (tax.rate, bool(tax.reverse_charge)): tax for tax in document.taxes
    }
    return {line.line: by_tax[(line.tax_rate, bool(line.reverse_charge))] for line in document.lines}


def period_of(document: DocumentWithLines) -> tuple[date, date] | None:
    """First and last day that the lines cover; None without lines."""
    if not document.lines:
        return None
    return min(line.from_ for line in document.lines), max(line.to for line in document.lines)


def due_day(paper: Paper) -> date | None:
    """When an invoice is to be paid; None for what nothing is to be paid of, and where the seller names no days."""
    days = None if paper.seller is None else paper.seller.payment_days
    if days is None or paper.is_credit or not paper.document.gross:
        return None
    return paper.document.date + timedelta(days=days)
