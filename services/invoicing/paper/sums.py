"""What paper and XML both have to know of a document: which tax is whose, its days, when it is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from services.invoicing.paper.content import Paper
from services.invoicing.queries import DocumentLine, DocumentWithLines
from shared.web.document_models import Tax


def taxes_by_line(document: DocumentWithLines) -> Mapping[str, Tax]:
    """The tax of each line, by its id: the only one of the document, or the one that the line names.

    A line that names none of them, as all do in a document without any, has its own rate and no amount.
    """
    if len(document.taxes) == 1:
        return {line.line: document.taxes[0] for line in document.lines}
    by_tax: dict[tuple[Decimal | None, bool], Tax] = {
        (tax.rate, bool(tax.reverse_charge)): tax for tax in document.taxes
    }
    return {
        line.line: by_tax.get((line.tax_rate, bool(line.reverse_charge))) or _unstated(line) for line in document.lines
    }


def _unstated(line: DocumentLine) -> Tax:
    rate = line.tax_rate or Decimal(0)
    return Tax(rate=rate, base=line.net, amount=Decimal(0), reverse_charge=line.reverse_charge)


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
