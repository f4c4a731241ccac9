"""What keeps a document from being EN 16931 XML, said at once and whole: what is missing, and how it is mended."""

from __future__ import annotations

from collections.abc import Iterator

from services.invoicing.paper.content import Paper
from services.invoicing.paper.sums import taxes_by_line
from shared.billing.money import ZERO, minor_digits, written
from shared.errors import UserError

_ORGANISATION = "seatledger letterheads set --scope organisation"


class NotExpressible(UserError):
    """A document that EN 16931 has no place for, with the reason and what to do; it can be printed all the same."""


def refuse_inexpressible(paper: Paper) -> None:
    """NotExpressible names everything that keeps the document from being XML."""
    document = paper.document
    if minor_digits(document.currency) > 2:
        raise NotExpressible(
            f"{document.number} cannot be XML: EN 16931 has two digits after the point (BR-DEC), and amounts in "
            f"{document.currency} have {minor_digits(document.currency)}"
        )
    if not document.lines:
        raise NotExpressible(f"{document.number} cannot be XML: it has no line, and EN 16931 wants one (BR-16)")
    _refuse_unexplained_tax(paper)
    missing = [*_missing_of_seller(paper), *_missing_of_recipient(paper)]
    if missing:
        raise NotExpressible(f"{document.number} cannot be XML without {'; '.join(missing)}")


def _refuse_unexplained_tax(paper: Paper) -> None:
    """Documents of another system may have lines and a total of tax, and no tax that says which is whose (BR-CO-14)."""
    document = paper.document
    taxes = {tax.rate for tax in document.taxes}
    stray = sorted({tax.rate for tax in taxes_by_line(document).values() if tax.rate and tax.rate not in taxes})
    if stray:
        rates = ", ".join(written(rate) for rate in stray)
        raise NotExpressible(
            f"{document.number} cannot be XML: lines of it name the rate {rates}, and its `taxes` do not"
        )
    stated = sum((tax.amount for tax in document.taxes), ZERO)
    if stated != document.tax:
        raise NotExpressible(
            f"{document.number} cannot be XML: its tax is {written(document.tax)}, and its `taxes` come to "
            f"{written(stated)} (BR-CO-14)"
        )


def _missing_of_seller(paper: Paper) -> Iterator[str]:
    """What EN 16931 wants of the seller (BR-06, BR-09, BR-S-02, BR-Z-02, BR-E-02, BR-AE-02, BR-CO-25)."""
    seller, day = paper.seller, paper.document.date
    if seller is None:
        yield f"a letterhead of the seller that holds on {day} ({_ORGANISATION} --from {day} …)"
        return
    lacks = [name for name in ("country", "vat_id") if getattr(seller, name) is None]
    is_due = paper.document.gross > 0 and not paper.is_credit
    if is_due and seller.payment_days is None and seller.payment_terms is None:
        lacks.append("payment_days or payment_terms")
    if lacks:
        yield f"{', '.join(lacks)} in the letterhead of the seller ({_ORGANISATION} …)"


def _missing_of_recipient(paper: Paper) -> Iterator[str]:
    """What EN 16931 wants of the recipient (BR-07, BR-11, BR-AE-02)."""
    recipient, id = paper.recipient, paper.document.recipient
    lacks = ["country"] if recipient.country is None else []
    if recipient.vat_id is None and any(tax.reverse_charge for tax in paper.document.taxes):
        lacks.append("vat_id")
    if lacks:
        yield f"{', '.join(lacks)} of the recipient (seatledger letterheads set --scope recipient --id {id} …)"
