"""Whatever a document has on it: sums in its XML agree as EN 16931 wants them, and those on paper are the same."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from services.invoicing.paper.content import Paper
from services.invoicing.paper.en16931 import xml
from services.invoicing.paper.layout import printed
from shared.billing.money import round_money
from tests.paper_samples import a_document, a_line, on_paper, taxed

NAMES = {"ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"}
TAXES = [("0.24", False), ("0.055", False), ("0", False), ("0", True)]
PRODUCTS = ["suite", "guard", "book"]


@st.composite
def papers(draw: st.DrawFn) -> Paper:
    """An aggregated document in a currency with two digits or none, lines on any taxes, some rounded once a line."""
    currency = draw(st.sampled_from(["EUR", "JPY"]))
    chosen = draw(st.lists(st.sampled_from(TAXES), min_size=1, unique=True))
    lines = []
    on: dict[tuple[str, bool], list[int]] = {tax: [] for tax in chosen}
    for place in range(draw(st.integers(len(chosen), 12))):
        tax = chosen[place] if place < len(chosen) else draw(st.sampled_from(chosen))
        unit = round_money(draw(st.decimals(0, 9999, places=2)), currency)
        quantity = draw(st.integers(1, 500))
        net = unit * quantity if draw(st.booleans()) else round_money(draw(st.decimals(0, 99999, places=2)), currency)
        named: dict[str, Any] = {"tax_rate": Decimal(tax[0]), "reverse_charge": tax[1]} if len(chosen) > 1 else {}
        product, customer = draw(st.sampled_from(PRODUCTS)), draw(st.sampled_from(["cus-a", "cus-b", "cus-c"]))
        lines.append(a_line(place, str(net), str(unit), quantity, product=product, customer=customer, **named))
        on[tax].append(place)
    taxes = taxed(lines, on, currency)
    # As documents have them.
    return on_paper(a_document(sorted(lines, key=lambda line: line.customer), taxes, currency))


def amount(root: ElementTree.Element, path: str) -> Decimal:
    found = root.find(f".//ram:ApplicableHeaderTradeSettlement/{path}", NAMES)
    assert found is not None
    return Decimal(found.text or "")


@given(papers())
def test_sums_agree(paper: Paper) -> None:
    root = ElementTree.fromstring(xml(paper))
    sums = "ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:"
    net, tax = amount(root, f"{sums}TaxBasisTotalAmount"), amount(root, f"{sums}TaxTotalAmount")

    lines = root.findall(".//ram:IncludedSupplyChainTradeLineItem", NAMES)
    bases: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    total = Decimal(0)
    for line in lines:
        value, quantity, price = (Decimal(line.findtext(f".//ram:{name}", "", NAMES))
                                  for name in ("LineTotalAmount", "BilledQuantity", "ChargeAmount"))  # fmt: skip
        of = Decimal(line.findtext(".//ram:BasisQuantity", "1", NAMES))
        assert price * quantity == value * of
        category, rate = (line.findtext(f".//ram:{name}", "", NAMES)
                          for name in ("CategoryCode", "RateApplicablePercent"))  # fmt: skip
        bases[category, rate] += value
        total += value
    assert total == amount(root, f"{sums}LineTotalAmount") == net == paper.document.net
    breakdown = root.findall(".//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax", NAMES)
    names = ("CategoryCode", "RateApplicablePercent", "BasisAmount", "CalculatedAmount")
    rows = [[one.findtext(f"ram:{name}", "", NAMES) for name in names] for one in breakdown]
    told = {(category, rate): (Decimal(base), Decimal(tax)) for category, rate, base, tax in rows}
    assert {key: base for key, (base, _) in told.items()} == dict(bases)
    for (_, rate), (base, calculated) in told.items():
        assert calculated == round_money(base * Decimal(rate) / 100, paper.document.currency)
    assert sum((calculated for _, calculated in told.values()), Decimal(0)) == tax
    gross = amount(root, f"{sums}GrandTotalAmount")
    assert gross == net + tax == amount(root, f"{sums}DuePayableAmount") == paper.document.gross


@given(papers())
def test_subtotals_on_paper_come_to_the_net_and_every_line_is_there(paper: Paper) -> None:
    layout: dict[str, Any] = printed(paper)

    def read(text: str) -> Decimal:
        return Decimal(text.replace(",", ""))

    lines = [read(row["amount"]) for row in layout["rows"] if row["kind"] == "line"]
    subtotals = [read(row["amount"]) for row in layout["rows"] if row["kind"] == "subtotal"]
    assert lines == [line.net for line in paper.document.lines]
    assert sum(subtotals) == sum(lines) == paper.document.net
    assert len(subtotals) == len({line.customer for line in paper.document.lines})
    assert [read(one["amount"]) for one in layout["totals"] if one["strong"]] == [paper.document.gross]
