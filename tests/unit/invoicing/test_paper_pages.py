"""Documents on paper: as they are kept in pictures, the same bytes wherever they are made, with their XML in them."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import facturx
import pypdfium2
import pytest

from services.invoicing.paper.content import Paper
from services.invoicing.paper.en16931 import xml
from services.invoicing.paper.factur_x import UnknownPdf, declared
from services.invoicing.paper.files import rendered_pdf
from services.invoicing.paper.layout import printed
from services.invoicing.paper.letterheads import Recipient
from services.invoicing.paper.names import Named
from tests.paper_samples import KINDS, a_document, a_line, aggregated, credit_note, on_paper, several_taxes
from tests.unit.invoicing.paper_pages import differing, kept, pages

_MAKE = """
import hashlib, sys
from services.invoicing.paper.files import rendered_pdf
from tests.paper_samples import KINDS
print(hashlib.sha256(rendered_pdf(KINDS[sys.argv[1]]())).hexdigest())
"""


def text_of(paper: Paper) -> list[str]:
    document = pypdfium2.PdfDocument(rendered_pdf(paper))
    return [document[place].get_textpage().get_text_range() for place in range(len(document))]


@pytest.mark.parametrize("kind", KINDS)
def test_pages_look_as_they_are_kept(kind: str) -> None:
    expected, found = kept(kind), pages(rendered_pdf(KINDS[kind]()))

    assert len(found) == len(expected) > 0
    for one, other in zip(found, expected, strict=True):
        assert differing(one, other.convert("L")) < 0.002


@pytest.mark.parametrize(("name", "is_known"), [("Bakery", True), ("A Company With A Long Name " * 6, False)])
def test_a_row_whose_text_needs_more_room_has_its_height_found(name: str, is_known: bool) -> None:
    paper = aggregated()
    first, *_ = sorted(paper.names.customers)
    rows = printed(replace(paper, names=replace(paper.names, customers={**paper.names.customers, first: name})))["rows"]

    assert isinstance(rows, list)
    of_it = [one for one in rows if one["name"] == name or name in one["name"]]
    assert {one["kind"] for one in of_it} == {"group", "subtotal"}
    assert {one["height"] is not None for one in of_it} == {is_known}


def test_a_page_that_looks_otherwise_is_told_apart() -> None:
    (before,) = pages(rendered_pdf(several_taxes()))
    (after,) = pages(rendered_pdf(replace(several_taxes(), logo=None)))

    assert differing(before, after) > 0.002


def test_the_recipients_logo_stands_beside_the_sellers() -> None:
    both = KINDS["several_pages"]()
    first, *_ = pages(rendered_pdf(both))
    without, *_ = pages(rendered_pdf(replace(both, recipient_logo=None)))

    assert differing(first, without.convert("L")) > 0.002


def test_bytes_are_the_same_in_another_process_at_another_time_in_another_place() -> None:
    environment = os.environ | {"TZ": "Pacific/Auckland", "LANG": "el_GR.UTF-8", "PYTHONHASHSEED": "7"}
    for kind in ("aggregated", "several_taxes"):
        made = subprocess.run(
            [sys.executable, "-c", _MAKE, kind], env=environment, capture_output=True, text=True, check=True
        )

        assert made.stdout.strip() == hashlib.sha256(rendered_pdf(KINDS[kind]())).hexdigest()


@pytest.mark.parametrize("kind", ["aggregated", "credit_note"])
def test_the_xml_is_in_it_and_it_says_that_it_is_a_factur_x(kind: str) -> None:
    logging.getLogger("factur-x").setLevel(logging.ERROR)
    paper = KINDS[kind]()
    pdf = rendered_pdf(paper)

    name, found = facturx.get_xml_from_pdf(pdf, check_xsd=True)

    assert (name, found.decode()) == ("factur-x.xml", xml(paper))
    assert pdf.count(b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>") == 2
    assert pdf.count(b"<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>") == 1
    assert b"/AFRelationship/Alternative" in pdf


def test_what_cannot_be_xml_is_printed_without_it() -> None:
    pdf = rendered_pdf(replace(aggregated(), seller=None, recipient=Recipient(), names=Named()))

    assert pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range().startswith("res-6")
    assert b"factur-x" not in pdf


def test_a_document_with_lines_and_without_taxes_is_printed() -> None:
    lines = [a_line(1, "80.00", "10.00", 8), a_line(2, "20.00", "10.00", 2, tax_rate=Decimal("0.24"))]
    document = a_document(lines, [], tax=Decimal("19.20"), gross=Decimal("119.20"))

    (page,) = text_of(on_paper(document))

    assert "119.20" in page
    assert "VAT" not in page.partition("Total EUR")[0].partition("Net")[2]


def test_another_pdf_than_typsts_is_not_taken_for_one() -> None:
    with pytest.raises(UnknownPdf):
        declared(b"%PDF-1.7\n%%EOF\n")


def test_heads_are_repeated_and_pages_are_counted() -> None:
    found = text_of(aggregated("en", customers=30, each=3))

    assert len(found) > 3
    for place, page in enumerate(found, 1):
        assert f"{place} / {len(found)}" in page
    for page in found[:-1]:
        assert all(head in page for head in ("Description", "Quantity", "Unit price", "Amount"))


def kinds_of_rows(page: str) -> list[str]:
    """What stands on a page, row by row: customers, their lines, and their subtotals."""
    kinds = {"cus-": "customer", "Office Suite": "line", "Subtotal": "subtotal"}
    lines = (line.strip() for line in page.splitlines())
    return [kind for line in lines for begin, kind in kinds.items() if line.startswith(begin)]


@pytest.mark.parametrize(
    "name", ["Office Suite", "Office Suite that has a name which is so long that it stands in two"]
)
def test_a_customer_is_never_alone_at_the_end_of_a_page_nor_its_subtotal_at_the_beginning(name: str) -> None:
    for before in range(9, 23):
        whose = ["cus-1"] * before + ["cus-2"] + ["cus-3"] * 30
        lines = [a_line(place, "80.00", "10.00", 8, customer=customer) for place, customer in enumerate(whose)]
        paper = on_paper(a_document(lines, []), names=Named(products={"suite": name}))

        found = [kinds_of_rows(page) for page in text_of(paper)]

        assert sum(page.count("line") for page in found) == len(lines)
        for page in found:
            following = list(pairwise([*page, "end"]))
            assert ("customer", "subtotal") not in following
            assert ("customer", "end") not in following


def test_customers_have_subtotals_and_totals_are_there_once() -> None:
    (page,) = text_of(aggregated("en", customers=2))

    assert "Subtotal Contoso Software" in page
    assert page.count("167.50") == 2
    assert "VAT 19% on 335.00" in page
    assert "7 of 28 days at 10.00" in page
    assert "598.47" in page


def test_a_credit_note_names_the_invoices_that_it_takes_off() -> None:
    (page,) = text_of(credit_note())

    assert "INV-2025-000911" in page
    assert "40,00" in page
    assert "Reste en votre faveur" in page


def test_letters_that_no_font_has_are_boxes_and_do_not_keep_it_from_being_printed() -> None:
    paper = aggregated("en", customers=1, each=1)
    names = replace(paper.names, customers={"cus-a": "漢字"})

    pdf = rendered_pdf(replace(paper, names=names))

    assert pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range().count("80.00") > 1
    assert b"pdfaid:part" not in pdf
    assert facturx.get_xml_from_pdf(pdf, check_xsd=False)[0] == "factur-x.xml"


def test_a_name_of_one_long_word_stays_on_the_page() -> None:
    paper = aggregated("en", customers=1, each=1)
    name = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 4
    named = replace(paper, names=replace(paper.names, customers={paper.document.lines[0].customer: name}))
    document = pypdfium2.PdfDocument(rendered_pdf(named))
    width = document[0].get_width()
    text = document[0].get_textpage()

    boxes = [text.get_charbox(place) for place in range(text.count_chars())]

    assert min(left for left, *_ in boxes) > 0
    assert max(right for _, _, right, _ in boxes) < width
