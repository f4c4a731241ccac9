"""The list of subscriptions and the page of one, in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Opening


def test_the_list_is_searched_sorted_and_paged(open_page: Opening) -> None:
    page = open_page("/subscriptions")

    expect(page.get_by_role("heading", name="Subscriptions")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(51)
    page.get_by_role("link", name="Seats").click()
    expect(page.get_by_role("columnheader", name="Seats")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text(re.compile("51 to 100 of"))).to_be_visible()
    assert_accessible(page)


def test_the_installment_plan_summary_pops_up_by_keyboard(open_page: Opening) -> None:
    page = open_page("/subscriptions?plan=some&status=active")
    icon = page.get_by_role("button", name=re.compile("Installment plan summary")).first

    icon.focus()
    page.keyboard.press("Enter")
    summary = page.get_by_role("dialog", name="Installment plan summary")
    expect(summary).to_be_visible()
    for name in ("Installments", "Invoiced", "Remaining", "Next Invoice Date", "Next Invoice Amount"):
        expect(summary.get_by_text(name, exact=True)).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(summary).to_be_hidden()
    expect(icon).to_be_focused()


def test_one_subscription(open_page: Opening) -> None:
    page = open_page("/subscriptions")

    page.get_by_role("rowheader").get_by_role("link").first.click()
    expect(page.get_by_role("term").filter(has_text="Price of a licence and cycle")).to_be_visible()
    assert_accessible(page)
