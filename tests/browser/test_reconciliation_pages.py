"""Reconciliation in a browser: the comparison, and a mismatch that is found, looked at and mended."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Demonstration, Opening
from tests.browser.emulated_vendor import emulated

# A sweep of a few hundred accounts, and what follows in the projections, on a machine that has more to do.
_SLOWLY_MS = 60_000
# An account that answers like one that is gone: of a vendor that no other test looks at.
_DOES_NOT_ANSWER = """
INSERT INTO reconciliation.account (vendor, account, name, looked_at, failed, hinted)
VALUES ('panda', 'acc-left', 'Left Behind Ltd', now(), 'the vendor lists it no more', false) ON CONFLICT DO NOTHING
"""


def test_the_comparison_has_both_sides_and_is_filtered(open_page: Opening) -> None:
    page = open_page("/reconciliation")

    expect(page.get_by_role("row")).to_have_count(51)
    page.get_by_label("Search").fill("sub-00002")
    page.get_by_role("button", name="Search").click()
    row = page.get_by_role("row").filter(has_text="sub-00002")
    expect(row).to_have_count(1)
    assert_accessible(page)
    page.get_by_role("link", name="sub-00002").click()
    expect(page.get_by_role("region", name="Both sides")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("name", ["Findings", "Vendor tasks", "Accounts", "Sweeps"])
def test_each_page_beside_it(open_page: Opening, name: str) -> None:
    page = open_page("/reconciliation")
    page.get_by_role("navigation", name="Reconciliation").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    expect(page.get_by_role("table")).to_be_visible()
    assert_accessible(page)


def test_costs_are_compared_of_the_days_that_are_asked_for(open_page: Opening) -> None:
    page = open_page("/reconciliation/costs")
    expect(page.get_by_role("heading", level=1, name="Costs")).to_be_visible()
    rows = page.get_by_role("region", name="Subscriptions").locator("tbody tr")
    expect(rows).not_to_have_count(0)
    assert_accessible(page)

    subscription = rows.first.get_by_role("link").inner_text()
    page.get_by_label("Subscription", exact=True).fill(subscription)
    page.get_by_role("button", name="Compare").click()
    expect(rows).to_have_count(1)
    expect(rows.get_by_role("link")).to_have_text(subscription)

    page.get_by_label("From").fill("1999-01-01")
    page.get_by_label("To").fill("1999-01-31")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("Nothing to compare")).to_be_visible()
    assert_accessible(page)


def test_a_mismatch_is_found_and_mended_on_the_snapshot_that_was_looked_at(
    open_page: Opening, demonstration: Demonstration, tmp_path: Path
) -> None:
    with emulated(demonstration, tmp_path) as vendor:
        page = open_page(f"/reconciliation?q={vendor.fewer}")
        expect(page.get_by_role("table").get_by_text("OK", exact=True)).to_be_visible()

        # The list follows: nobody loads it again.
        vendor.look()
        expect(page.get_by_text("Seats differ").last).to_be_visible(timeout=_SLOWLY_MS)

        page.get_by_role("link", name=vendor.fewer, exact=True).click()
        expect(page.get_by_role("row", name=re.compile("Seats differs"))).to_be_visible()
        page.get_by_role("link", name="Align our seats").click()
        assert_accessible(page)
        # Who looked at an older snapshot is told so, and what to do.
        asked = page.url
        page.goto(f"{re.sub('snapshot=[^&]*', '', asked)}&snapshot=of-last-year&billing=none&preview=true")
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_role("link", name="Look at it again")).to_be_visible()
        assert_accessible(page)
        page.goto(asked)
        page.get_by_role("button", name="See what comes of it").click()
        expect(page.get_by_text("LicensesChanged, DiscrepancyResolved")).to_be_visible(timeout=_SLOWLY_MS)
        assert_accessible(page)
        page.get_by_role("button", name="Align our seats").click()

        expect(page.get_by_role("status").filter(has_text="Done: align our seats")).to_be_visible(timeout=_SLOWLY_MS)
        expect(page.get_by_text("Our seats were aligned").first).to_be_visible(timeout=_SLOWLY_MS)
        vendor.look()
        expect(page.get_by_role("region", name="Both sides").get_by_text("differs")).to_have_count(
            0, timeout=_SLOWLY_MS
        )

        # What was not billed by it is for somebody to invoice, and to settle.
        page.goto("/reconciliation/by-hand")
        assert_accessible(page)
        page.get_by_role("link", name=f"Settle what is left of {vendor.fewer}").first.click()
        expect(page.get_by_text("Nothing is issued: it says that somebody has invoiced it")).to_be_visible()
        assert_accessible(page)
        page.get_by_label("How it was settled").fill("invoice M-17")
        page.get_by_role("button", name="Settle it").click()
        expect(page.get_by_role("status").filter(has_text="is settled: invoice M-17.")).to_be_visible()
        page.get_by_label("State").select_option("settled")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("row").filter(has_text=vendor.fewer)).to_contain_text("invoice M-17")
        assert_accessible(page)


def test_an_account_is_gone_after_a_question(open_page: Opening, demonstration: Demonstration) -> None:
    with psycopg.connect(demonstration.database, autocommit=True) as connection:
        connection.execute(_DOES_NOT_ANSWER)
    page = open_page("/reconciliation/accounts?failed=yes", viewport={"width": 390, "height": 844})

    page.get_by_role("link", name="Left Behind Ltd is gone for good").click()
    expect(page.get_by_text("The vendor showing the account again takes it back.")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Why it is gone").fill("moved to another partner")
    page.get_by_role("button", name="It is gone for good").click()

    expect(page.get_by_role("status").filter(has_text="Left Behind Ltd is gone.")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="acc-left")
    expect(row).to_contain_text("moved to another partner")
    expect(row.get_by_role("link", name="is gone for good")).to_have_count(0)
    assert_accessible(page)
