"""The category of tax that EN 16931 wants of each line: standard, zero, exempt, or reverse charge (UNTDID 5305)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from services.invoicing.paper.content import Paper
from services.invoicing.paper.sums import taxes_by_line
from services.invoicing.queries import DocumentLine
from shared.billing.money import ZERO, minor_unit, written
from shared.web.document_models import Tax


class Category(NamedTuple):
    """A category with its rate in percent; `reason` and `reason_code` (VATEX) say why there is no tax."""

    code: str
    percent: str
    reason: str | None = None
    reason_code: str | None = None


@dataclass(frozen=True, slots=True)
class Categories:
    """Of each line its category, by the line's id; and of each category its base and its tax (BG-23)."""

    of: Mapping[str, Category]
    breakdown: tuple[tuple[Category, Decimal, Decimal], ...]


_REVERSE_CHARGE = Category("AE", "0", "Reverse charge", "VATEX-EU-AE")
_EXEMPT = Category("E", "0", "Exempt from VAT")
_ZERO = Category("Z", "0")


def categories_of(paper: Paper) -> Categories:
    """Categories of a document. Tax stands on its rate as the document has it: a rate is one category unless it is 0.

    Without tax and without reverse charge a line is exempt where recipient or product are (rule R6.7), else zero rated.
    """
    taxes = taxes_by_line(paper.document)
    found = {line.line: _category(paper, line, taxes[line.line]) for line in paper.document.lines}
    bases: dict[Category, Decimal] = {}
    for line in paper.document.lines:
        category = found[line.line]
        bases[category] = bases.get(category, ZERO) + line.net
    amounts = {_percent(tax.rate): tax.amount for tax in paper.document.taxes if tax.rate}
    unit = minor_unit(paper.document.currency)
    breakdown = tuple(
        (category, base.quantize(unit), amounts.get(category.percent, ZERO).quantize(unit))
        for category, base in sorted(bases.items(), key=lambda one: (one[0].code, one[0].percent))
    )
    return Categories(found, breakdown)


def _category(paper: Paper, line: DocumentLine, tax: Tax) -> Category:
    if tax.reverse_charge:
        return _REVERSE_CHARGE
    if tax.rate:
        return Category("S", _percent(tax.rate))
    return _EXEMPT if paper.is_exempt(line) else _ZERO


def _percent(rate: Decimal) -> str:
    """A rate of 0.24 as 24, of 0.055 as 5.5."""
    return written((rate * 100).normalize())
