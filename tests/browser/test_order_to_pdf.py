"""From an order with a billing plan to the invoice on paper, as whoever sells does it: every step in a browser."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pypdfium2
from playwright.sync_api import Download, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Demonstration, Opening
from tests.browser.selling import RESELLER, bill, register

_CUSTOMER, _NAME = "cus-paper", "Papyrus Press"


def draft_with_a_plan(page: Page) -> None:
    """An order of ten licences, paid in months."""
    page.get_by_label("Product", exact=True).select_option("Office in months")
    page.get_by_label("Licences").fill("10")
    page.get_by_role("button", name="Place the draft").click()
    page.get_by_role("link", name="Edit item 1").click()
    page.get_by_role("radio", name="Monthly").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Products")).to_contain_text("Monthly")


def saved(page: Page, name: str, folder: Path) -> Path:
    """The file that a link of a page leads to."""
    with page.expect_download() as coming:
        page.get_by_role("link", name=name, exact=True).click()
    done: Download = coming.value
    path = folder / done.suggested_filename
    done.save_as(path)
    return path


def test_an_order_with_a_plan_becomes_an_invoice_on_paper(
    sold: Demonstration, open_page: Opening, tmp_path: Path
) -> None:
    register(sold, _CUSTOMER, _NAME)
    # What other tests of this session sold is on an earlier document.
    bill(sold)
    page = open_page(f"/orders/new?customer={_CUSTOMER}")

    draft_with_a_plan(page)
    page.get_by_role("link", name="Execute").click()
    figures = page.locator("#costs .figures")
    expect(figures).to_contain_text("+105.00 EUR")
    expect(figures).to_contain_text("+130.20 EUR")
    page.get_by_role("button", name="Confirm: execute").click()
    expect(page.locator(".status.executed")).to_be_visible()
    bill(sold)

    page.goto(f"/documents?customer={_CUSTOMER}")
    expect(page.get_by_role("rowheader")).to_have_count(1)
    number = page.get_by_role("rowheader").inner_text()
    page.get_by_role("link", name=number).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Invoice {number}")
    head = page.locator("#state .figures")
    for amount in ("105.00\u00a0EUR", "25.20\u00a0EUR", "130.20\u00a0EUR"):
        expect(head).to_contain_text(amount)
    assert_accessible(page)

    paper = pypdfium2.PdfDocument(saved(page, "PDF", tmp_path).read_bytes())
    assert len(paper) == 1
    text = paper[0].get_textpage().get_text_range()
    for words in (f"Invoice {number}", "Ionian Cloud", _NAME, "Office in months", "10.50", "105.00", "25.20", "130.20"):
        assert words in text, text
    with saved(page, "CSV", tmp_path).open(newline="") as file:
        (line,) = csv.DictReader(file)
    assert (line["number"], line["recipient"], line["customer"], line["quantity"], line["net"]) == (
        number, RESELLER, _CUSTOMER, "10", "105.00",
    )  # fmt: skip

    # One of its twelve installments stands on that document.
    page.goto(f"/subscriptions/{line['subscription']}")
    page.get_by_role("button", name=re.compile("Installment plan summary")).click()
    summary = page.get_by_role("dialog", name="Installment plan summary")
    expect(summary).to_contain_text(re.compile(r"Installments\s*12\s*Invoiced\s*1\s*Remaining\s*11"))
    page.keyboard.press("Escape")
    page.locator("#documents").get_by_role("link", name=number).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Invoice {number}")
