"""Documents as EN 16931 XML: valid by schema and rules, with the document's own amounts; what cannot be is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from services.invoicing.paper.content import Paper
from services.invoicing.paper.en16931 import NotExpressible, xml
from tests.infrastructure.en16931 import assert_valid, broken_rules
from tests.paper_samples import (
    KINDS,
    a_document,
    a_line,
    aggregated,
    credit_note,
    on_paper,
    reverse_charge,
    rounded_once,
    several_taxes,
    taxed,
)

NAMES = {
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}


def parsed(paper: Paper) -> Element:
    return ElementTree.fromstring(xml(paper))


def texts(root: Element, path: str) -> list[str | None]:
    return [one.text for one in root.iterfind(f".//{path}", NAMES)]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_kind_of_document_is_valid(kind: Callable[[], Paper]) -> None:
    assert_valid(xml(kind()))


@pytest.mark.parametrize("letter", ["\x01", "\x0b", "\ufffe", "\ud800"])
def test_a_name_with_what_xml_cannot_write_keeps_it_well_formed(letter: str) -> None:
    paper = aggregated()
    first, *_ = sorted(paper.names.customers)
    odd = replace(
        paper, names=replace(paper.names, customers={**paper.names.customers, first: f"A{letter}B\U0001f600"})
    )

    assert "A\ufffdB\U0001f600" in texts(parsed(odd), "ram:ApplicableProductCharacteristic/ram:Value")
    assert_valid(xml(odd))


def test_a_rule_that_does_not_hold_is_found() -> None:
    wrong = xml(aggregated()).replace("<ram:GrandTotalAmount>", "<ram:GrandTotalAmount>1")

    assert any(one.startswith("BR-CO-15") for one in broken_rules(wrong))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_amounts_are_the_documents_to_the_cent(kind: Callable[[], Paper]) -> None:
    paper = kind()
    document, root = paper.document, parsed(paper)

    lines = texts(root, "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount")
    assert lines == [str(line.net) for line in document.lines]
    sums = root.find(".//ram:SpecifiedTradeSettlementHeaderMonetarySummation", NAMES)
    assert sums is not None
    assert {one.tag.rpartition("}")[2]: one.text for one in sums} == {
        "LineTotalAmount": str(document.net), "TaxBasisTotalAmount": str(document.net),
        "TaxTotalAmount": str(document.tax), "GrandTotalAmount": str(document.gross),
        "DuePayableAmount": str(document.gross),
    }  # fmt: skip
    settlement = "./rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax"
    header = root.findall(settlement, NAMES)
    amounts = [Decimal(text or "") for one in header for text in texts(one, "ram:CalculatedAmount")]
    assert sum(amounts) == document.tax


def test_categories_say_why_there_is_no_tax() -> None:
    several, reverse = parsed(several_taxes()), parsed(reverse_charge())

    of_lines = "ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax/ram:CategoryCode"
    assert texts(several, of_lines) == ["S", "S", "E", "Z"]
    assert texts(reverse, of_lines) == ["AE", "AE"]
    assert texts(several, "ram:ExemptionReason") == ["Exempt from VAT"]
    assert texts(reverse, "ram:ExemptionReasonCode") == ["VATEX-EU-AE"]


def test_a_credit_note_has_its_type_and_names_the_invoices_that_it_takes_off() -> None:
    root = parsed(credit_note())

    assert texts(root, "rsm:ExchangedDocument/ram:TypeCode") == ["381"]
    assert texts(root, "ram:InvoiceReferencedDocument/ram:IssuerAssignedID") == ["INV-2025-000911", "INV-2026-000003"]
    assert texts(root, "qdt:DateTimeString") == ["20251201", "20260101"]
    assert not root.findall(".//ram:SpecifiedTradeSettlementPaymentMeans", NAMES)


def test_price_times_quantity_is_the_net_also_where_no_price_of_one_licence_gives_it() -> None:
    root = parsed(rounded_once())

    prices = root.findall(".//ram:NetPriceProductTradePrice", NAMES)
    assert [texts(one, "ram:ChargeAmount") for one in prices] == [["3.57"], ["25.00"]]
    assert [texts(one, "ram:BasisQuantity") for one in prices] == [[], ["7"]]


def test_what_is_missing_is_said_at_once_and_how_it_is_mended() -> None:
    paper = reverse_charge()
    assert paper.seller is not None
    seller = paper.seller.model_copy(update={"vat_id": None, "payment_days": None})
    recipient = paper.recipient.model_copy(update={"vat_id": None, "country": None})

    with pytest.raises(NotExpressible) as refused:
        xml(replace(paper, seller=seller, recipient=recipient))

    said = str(refused.value)
    assert "vat_id, payment_days or payment_terms in the letterhead of the seller" in said
    assert "country, vat_id of the recipient (seatledger letterheads set --scope recipient --id res-6" in said


def test_without_a_seller_there_is_no_xml() -> None:
    with pytest.raises(NotExpressible, match="a letterhead of the seller that holds on 2026-02-01"):
        xml(replace(aggregated(), seller=None))


def test_a_currency_with_three_digits_after_the_point_is_refused() -> None:
    lines = [a_line(1, "1.500", "1.500")]
    document = a_document(lines, taxed(lines, {("0", False): [0]}, "KWD"), "KWD")

    with pytest.raises(NotExpressible, match="amounts in KWD have 3"):
        xml(on_paper(document))


def test_when_it_is_due_stands_there() -> None:
    root = parsed(aggregated())

    assert texts(root, "ram:DueDateDateTime/udt:DateTimeString") == [f"{date(2026, 2, 15):%Y%m%d}"]


def test_a_document_with_lines_and_without_taxes_is_zero_rated() -> None:
    document = a_document([a_line(1, "80.00", "10.00", 8)], [])

    found = xml(on_paper(document))

    assert texts(ElementTree.fromstring(found), "ram:CategoryCode") == ["Z", "Z"]
    assert_valid(found)


def test_tax_that_no_rate_explains_is_refused() -> None:
    lines = [a_line(1, "80.00", "10.00", 8)]
    document = a_document(lines, [], tax=Decimal("19.20"), gross=Decimal("99.20"))
    named = a_document([a_line(1, "80.00", "10.00", 8, tax_rate=Decimal("0.24"))], [])

    with pytest.raises(NotExpressible, match=r"its tax is 19\.20, and its `taxes` come to 0"):
        xml(on_paper(document))
    with pytest.raises(NotExpressible, match=r"lines of it name the rate 0\.24, and its `taxes` do not"):
        xml(on_paper(named))
