"""The overview in a browser: charts with their tables, links to what is behind a number, what a reseller sees."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Demonstration, Opening


def test_the_overview_of_the_organisation(open_page: Opening) -> None:
    page = open_page("/")

    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    for title in ("Revenue by month, EUR", "Revenue by month, GBP", "Active seats"):
        chart = page.get_by_role("figure", name=title)
        expect(chart.get_by_role("img")).to_be_visible()
        chart.get_by_text("The same as a table").click()
        expect(chart.get_by_role("row")).not_to_have_count(0)
    for what in ("Open discrepancies", "Dead letters", "Events not read yet"):
        expect(page.get_by_text(what).first).to_be_visible()
    assert_accessible(page)


def test_a_number_leads_to_what_is_behind_it(open_page: Opening) -> None:
    page = open_page("/")

    page.get_by_role("row", name=re.compile("Canceled")).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Subscriptions")).to_be_visible()
    expect(page.get_by_label("Status")).to_have_value("canceled")

    page.goto("/")
    for state in ("Open", "Credit note"):
        number = page.locator("#states").get_by_role("row", name=re.compile(f"^{state} ")).get_by_role("link").first
        shown = number.inner_text()
        number.click()
        expect(page.locator(".pages").first).to_contain_text(f" of {shown} documents")
        page.goto("/")

    due = page.get_by_text("Still due this month")
    expect(due).to_have_count(1)
    due.locator("xpath=..").get_by_role("link", name="EUR").click()
    expect(page.get_by_text(re.compile("Due in 20[0-9]{2}-[0-9]{2}"))).to_be_visible()
    assert_accessible(page)


def test_a_reseller_sees_figures_of_its_own_and_nothing_of_the_system(
    open_page: Opening, demonstration: Demonstration
) -> None:
    page = open_page("/", demonstration.token("reseller", "--reseller res-aegean"))

    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.get_by_text("Dead letters")).to_have_count(0)
    expect(page.get_by_text("Open discrepancies")).to_have_count(0)
    assert_accessible(page)


def test_a_customer_whose_reseller_pays_is_told_so(open_page: Opening, demonstration: Demonstration) -> None:
    page = open_page("/", demonstration.token("customer", "--customer cus-aegean-001"))

    charts = page.get_by_role("region", name="Charts")
    expect(charts).to_contain_text("Your reseller pays for these subscriptions")
    expect(charts).not_to_contain_text("first invoice run")
    expect(charts.get_by_role("figure", name="Active seats")).to_be_visible()
    assert_accessible(page)

    page = open_page("/", demonstration.token("customer", "--customer cus-direct-001"))
    expect(page.get_by_role("figure", name="Revenue by month, EUR")).to_be_visible()
