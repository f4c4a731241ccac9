"""Reconciliation in a browser: the comparison, and a mismatch that is found, looked at and mended."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Demonstration, Opening
from tests.browser.emulated_vendor import emulated

# A sweep of a few hundred accounts, and what follows in the projections, on a machine that has more to do.
_SLOWLY_MS = 60_000


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
