"""A document as EN 16931 XML: UN/CEFACT Cross Industry Invoice, profile EN 16931 of Factur-X.

Amounts are the document's own: none is reckoned again but sums over lines of one category of tax. Names of business
terms (BT-…, BG-…) and rules (BR-…) are those of EN 16931-1.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from services.invoicing.paper.categories import Category, categories_of
from services.invoicing.paper.content import Paper
from services.invoicing.paper.expressible import NotExpressible, refuse_inexpressible
from services.invoicing.paper.letterheads import Recipient, Seller
from services.invoicing.paper.sums import due_day, period_of
from services.invoicing.paper.words import WORDS
from services.invoicing.queries import DocumentLine
from shared.billing.money import written

__all__ = ["NotExpressible", "xml"]

_NAMESPACES: Final = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
_PROFILE: Final = "urn:cen.eu:en16931:2017"
# Characters that XML has no way to write (XML 1.0, 2.2); names that somebody chose may have them.
_NOT_OF_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# UNTDID 1001, 4461; UN/ECE recommendation 20.
_INVOICE, _CREDIT_NOTE, _SEPA_TRANSFER, _TRANSFER, _PIECE = "380", "381", "58", "30", "C62"


def xml(paper: Paper) -> str:
    """The document as XML. NotExpressible says what it lacks, or what EN 16931 has no place for."""
    refuse_inexpressible(paper)
    root = Element("rsm:CrossIndustryInvoice", {f"xmlns:{name}": uri for name, uri in _NAMESPACES.items()})
    context = _in(root, "rsm:ExchangedDocumentContext", "ram:GuidelineSpecifiedDocumentContextParameter")
    _text(context, "ram:ID", _PROFILE)
    _document(root, paper)
    trade = SubElement(root, "rsm:SupplyChainTradeTransaction")
    categories = categories_of(paper)
    for place, line in enumerate(paper.document.lines, 1):
        _line(trade, place, line, paper, categories.of[line.line])
    _agreement(trade, paper)
    SubElement(trade, "ram:ApplicableHeaderTradeDelivery")
    _settlement(trade, paper, categories.breakdown)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _document(root: Element, paper: Paper) -> None:
    """Number, type, date, notes (BT-1, BT-3, BT-2, BG-1)."""
    head = SubElement(root, "rsm:ExchangedDocument")
    _text(head, "ram:ID", paper.document.number)
    _text(head, "ram:TypeCode", _CREDIT_NOTE if paper.is_credit else _INVOICE)
    _day(_in(head, "ram:IssueDateTime"), "udt:DateTimeString", paper.document.date)
    known = paper.document.transaction
    if known is not None and known.total is not None and known.rate is not None:
        note = f"{written(known.total)} {known.currency} (1 {paper.document.currency} = {written(known.rate)})"
        _text(_in(head, "ram:IncludedNote"), "ram:Content", note)


def _line(trade: Element, place: int, line: DocumentLine, paper: Paper, category: Category) -> None:
    """A line (BG-25): what it is, its net price, quantity, tax, days and net."""
    item = SubElement(trade, "ram:IncludedSupplyChainTradeLineItem")
    _text(_in(item, "ram:AssociatedDocumentLineDocument"), "ram:LineID", str(place))
    product = _in(item, "ram:SpecifiedTradeProduct")
    _text(product, "ram:SellerAssignedID", line.product)
    _text(product, "ram:Name", paper.product(line))
    for name, value in (("customer", paper.customer(line.customer)), ("subscription", line.subscription)):
        attribute = _in(product, "ram:ApplicableProductCharacteristic")
        _text(attribute, "ram:Description", name)
        _text(attribute, "ram:Value", value)
    _price(_in(item, "ram:SpecifiedLineTradeAgreement", "ram:NetPriceProductTradePrice"), line)
    quantity = _text(_in(item, "ram:SpecifiedLineTradeDelivery"), "ram:BilledQuantity", str(line.quantity))
    quantity.set("unitCode", _PIECE)
    settled = _in(item, "ram:SpecifiedLineTradeSettlement")
    tax = _in(settled, "ram:ApplicableTradeTax")
    _text(tax, "ram:TypeCode", "VAT")
    _text(tax, "ram:CategoryCode", category.code)
    _text(tax, "ram:RateApplicablePercent", category.percent)
    _period(settled, line.from_, line.to)
    _text(_in(settled, "ram:SpecifiedTradeSettlementLineMonetarySummation"), "ram:LineTotalAmount", written(line.net))


def _price(price: Element, line: DocumentLine) -> None:
    """The net price (BT-146) such that price x quantity is the net: of one licence, else of all of them (BT-149).

    Where a line was rounded once (`rounding: line`), or a credit is what was billed less what is kept, no price of one
    licence in whole cents gives its net.
    """
    unit = line.unit_price if line.unit_net is None else line.unit_net
    one_each = unit * line.quantity == line.net
    _text(price, "ram:ChargeAmount", written(unit if one_each else line.net))
    if not one_each:
        _text(price, "ram:BasisQuantity", str(line.quantity)).set("unitCode", _PIECE)


def _agreement(trade: Element, paper: Paper) -> None:
    """Who sells and who pays (BG-4, BG-7)."""
    agreement = SubElement(trade, "ram:ApplicableHeaderTradeAgreement")
    assert paper.seller is not None
    _party(agreement, "ram:SellerTradeParty", paper.seller, None)
    _party(agreement, "ram:BuyerTradeParty", paper.recipient, paper.document.recipient)


def _party(agreement: Element, tag: str, party: Seller | Recipient, id: str | None) -> None:
    one = SubElement(agreement, tag)
    if id is not None:
        _text(one, "ram:ID", id)
    _text(one, "ram:Name", party.name or id or "")
    if isinstance(party, Seller) and (party.phone or party.email):
        contact = _in(one, "ram:DefinedTradeContact")
        _text(contact, "ram:PersonName", party.name)
        if party.phone:
            _text(_in(contact, "ram:TelephoneUniversalCommunication"), "ram:CompleteNumber", party.phone)
        if party.email:
            _text(_in(contact, "ram:EmailURIUniversalCommunication"), "ram:URIID", party.email)
    address = _in(one, "ram:PostalTradeAddress")
    if party.post_code:
        _text(address, "ram:PostcodeCode", party.post_code)
    for name, text in zip(("ram:LineOne", "ram:LineTwo", "ram:LineThree"), party.address, strict=False):
        _text(address, name, text)
    if party.city:
        _text(address, "ram:CityName", party.city)
    _text(address, "ram:CountryID", party.country or "")
    if party.vat_id:
        _text(_in(one, "ram:SpecifiedTaxRegistration"), "ram:ID", party.vat_id).set("schemeID", "VA")


def _settlement(trade: Element, paper: Paper, breakdown: tuple[tuple[Category, Decimal, Decimal], ...]) -> None:
    """Currency, account, taxes, days, terms, totals, and invoices that a credit note names (BG-16 to BG-23, BG-3)."""
    document, seller = paper.document, paper.seller
    settled = SubElement(trade, "ram:ApplicableHeaderTradeSettlement")
    _text(settled, "ram:PaymentReference", document.number)
    _text(settled, "ram:InvoiceCurrencyCode", document.currency)
    if seller is not None and seller.iban and not paper.is_credit:
        means = _in(settled, "ram:SpecifiedTradeSettlementPaymentMeans")
        _text(means, "ram:TypeCode", _SEPA_TRANSFER if document.currency == "EUR" else _TRANSFER)
        _text(_in(means, "ram:PayeePartyCreditorFinancialAccount"), "ram:IBANID", seller.iban)
        if seller.bic:
            _text(_in(means, "ram:PayeeSpecifiedCreditorFinancialInstitution"), "ram:BICID", seller.bic)
    for category, base, amount in breakdown:
        _tax(settled, category, base, amount)
    period = period_of(document)
    if period is not None:
        _period(settled, *period)
    _terms(settled, paper)
    sums = _in(settled, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    _text(sums, "ram:LineTotalAmount", written(document.net))
    _text(sums, "ram:TaxBasisTotalAmount", written(document.net))
    _text(sums, "ram:TaxTotalAmount", written(document.tax)).set("currencyID", document.currency)
    _text(sums, "ram:GrandTotalAmount", written(document.gross))
    _text(sums, "ram:DuePayableAmount", written(document.gross))
    for one in document.relates_to or ():
        preceding = _in(settled, "ram:InvoiceReferencedDocument")
        _text(preceding, "ram:IssuerAssignedID", one.document)
        if one.document in paper.related:
            dated = _in(preceding, "ram:FormattedIssueDateTime")
            _day(dated, "qdt:DateTimeString", paper.related[one.document])


def _tax(settled: Element, category: Category, base: Decimal, amount: Decimal) -> None:
    tax = _in(settled, "ram:ApplicableTradeTax")
    _text(tax, "ram:CalculatedAmount", written(amount))
    _text(tax, "ram:TypeCode", "VAT")
    if category.reason is not None:
        _text(tax, "ram:ExemptionReason", category.reason)
    _text(tax, "ram:BasisAmount", written(base))
    _text(tax, "ram:CategoryCode", category.code)
    if category.reason_code is not None:
        _text(tax, "ram:ExemptionReasonCode", category.reason_code)
    _text(tax, "ram:RateApplicablePercent", category.percent)


def _terms(settled: Element, paper: Paper) -> None:
    """When it is due, or in words what becomes of it (BT-9, BT-20; one of them is wanted by BR-CO-25)."""
    terms, due, words = Element("ram:SpecifiedTradePaymentTerms"), due_day(paper), WORDS[paper.language.split("-")[0]]
    if paper.is_credit:
        named = ", ".join(one.document for one in paper.document.relates_to or ())
        _text(terms, "ram:Description", f"{words.takes_off} {named}" if named else words.balance)
    elif paper.seller is not None and paper.seller.payment_terms:
        _text(terms, "ram:Description", paper.seller.payment_terms)
    if due is not None:
        _day(_in(terms, "ram:DueDateDateTime"), "udt:DateTimeString", due)
    if len(terms):
        settled.append(terms)


def _period(settled: Element, first: date, last: date) -> None:
    period = _in(settled, "ram:BillingSpecifiedPeriod")
    _day(_in(period, "ram:StartDateTime"), "udt:DateTimeString", first)
    _day(_in(period, "ram:EndDateTime"), "udt:DateTimeString", last)


def _in(parent: Element, *names: str) -> Element:
    for name in names:
        parent = SubElement(parent, name)
    return parent


def _text(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, name)
    element.text = _NOT_OF_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    return element


def _day(parent: Element, name: str, day: date) -> None:
    _text(parent, name, f"{day:%Y%m%d}").set("format", "102")
