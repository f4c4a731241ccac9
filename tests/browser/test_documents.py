"""Invoices and credit notes, the next run and a subscription's history, in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Opening


def figure(page: Page, name: str) -> str:
    """What stands beside a name among the figures of a page."""
    return page.locator(".figures div", has_text=name).locator("dd").first.inner_text()


def test_the_list_is_filtered_and_leads_to_a_document(open_page: Opening) -> None:
    page = open_page("/documents")

    expect(page.get_by_role("heading", name="Documents")).to_be_visible()
    page.get_by_label("Kind").select_option("credit_note")
    page.wait_for_url(re.compile("kind=credit_note"))
    expect(page.get_by_role("rowheader").first).to_contain_text("CN-")
    assert_accessible(page)
    page.get_by_role("rowheader").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Credit note CN-")
    # To its invoice, and from there back.
    note = page.get_by_role("heading", level=1).inner_text().removeprefix("Credit note ")
    page.locator(".facts").get_by_role("link", name=re.compile("^INV-")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Invoice INV-")
    expect(page.locator(".facts").get_by_role("link", name=note)).to_be_visible()


def test_every_line_says_why(open_page: Opening) -> None:
    page = open_page("/documents?kind=invoice&form=aggregated&recipient=res-aegean")

    page.get_by_role("rowheader").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Lines")).to_be_visible()
    page.get_by_text(re.compile("^Why")).first.click()
    reason = page.locator("details.why[open]")
    expect(reason).to_contain_text("because")
    assert_accessible(page)
    reason.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Events")).to_be_visible()
    expect(page.locator(".events > li:target")).to_be_visible()


def test_the_next_run_is_previewed_by_customer(open_page: Opening) -> None:
    page = open_page("/next-run?date=2027-01-01")

    assert_accessible(page)
    page.get_by_role("link", name=re.compile("^Preview of")).first.click()
    expect(page.get_by_role("heading", name="Invoice").first).to_be_visible()
    assert re.fullmatch(r"[\d,]+\.\d\d\s[A-Z]{3}", figure(page, "Gross"))
    assert_accessible(page)


def test_a_customer_of_a_large_next_run_is_found_without_scripts(open_page: Opening) -> None:
    page = open_page("/next-run/res-aegean?date=2027-01-01", java_script_enabled=False)

    search, show = page.get_by_role("searchbox", name="Go to customer"), page.get_by_role("button", name="Show")
    search.fill("nobody at all")
    show.click()
    expect(page.get_by_text("No customer on it fits")).to_be_visible()
    search.fill("cus-aegean")
    show.click()
    found = page.get_by_role("status").filter(has_text="these are the first 20")
    expect(found).to_be_visible()
    name = found.get_by_role("link").last.inner_text()
    found.get_by_role("link").last.click()
    expect(page.get_by_role("rowheader", name=name)).to_be_visible()
    page.get_by_role("link", name="Show the lines of every customer").click()
    expect(page.get_by_role("rowheader", name=name)).to_be_visible()


def test_the_field_that_finds_customers_can_be_used_by_everybody(open_page: Opening) -> None:
    page = open_page("/next-run/res-aegean?date=2027-01-01&find=cus-aegean")

    expect(page.get_by_role("status").filter(has_text="these are the first 20")).to_be_visible()
    assert_accessible(page)


def test_open_invoices_and_what_stands_in_favour(open_page: Opening) -> None:
    page = open_page("/balances")

    expect(page.get_by_role("columnheader", name="In favour")).to_be_visible()
    page.get_by_role("rowheader").get_by_role("link").first.click()
    page.wait_for_url(re.compile("state=owed"))
    expect(page.get_by_role("table").get_by_text("Open", exact=True).first).to_be_visible()


def test_a_subscription_over_time(open_page: Opening) -> None:
    page = open_page("/subscriptions?status=active&sort=-quantity")

    page.get_by_role("rowheader").get_by_role("link").first.click()
    expect(page.get_by_role("group", name=re.compile("Step chart: Seats"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Step chart: Price"))).to_be_visible()
    event = page.locator(".events > li").first
    event.get_by_text(re.compile("^Details")).click()
    expect(event.locator("pre")).to_be_visible()
    assert_accessible(page)


def test_a_cancelled_subscription_has_no_icon(open_page: Opening) -> None:
    page = open_page("/subscriptions?status=canceled&plan=some")

    page.get_by_role("rowheader").get_by_role("link").first.click()
    expect(page.locator(".status.canceled")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Installment plan summary"))).to_have_count(0)
