"""What somebody named with one endless word, and windows as narrow as at 400 %: what matters stays in sight."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Demonstration, Opening, at_width
from tests.browser.selling import ordered

NAME = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 4
_LINES = """one => {
  const words = document.createRange();
  words.selectNodeContents(one);
  return words.getClientRects().length;
}"""


@pytest.fixture(scope="module")
def endless(sold: Demonstration) -> str:
    """A subscription of a customer with such a name."""
    return ordered(sold, "endless", NAME)


def _lies_within(page: Page, inner: str, outer: str) -> bool:
    one, other = page.locator(inner).first.bounding_box(), page.locator(outer).first.bounding_box()
    assert one is not None
    assert other is not None
    return one["x"] >= other["x"] and one["x"] + one["width"] <= other["x"] + other["width"]


def test_a_name_of_one_word_moves_no_column_out_of_the_list(endless: str, open_page: Opening) -> None:
    page = open_page("/subscriptions?customer=endless")
    expect(page.locator("tbody tr")).to_have_count(1)

    assert _lies_within(page, "tbody tr td:last-child", ".scroll")
    assert_accessible(page)


def test_amounts_stay_whole_and_their_boxes_in_the_window_at_400_percent(open_page: Opening) -> None:
    page = open_page("/documents?kind=invoice")
    page.locator("tbody th a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Invoice")

    with at_width(page, 320):
        amounts = page.locator(".figures dd").all()
        assert [one.evaluate(_LINES) for one in amounts] == [1] * len(amounts)
        assert _lies_within(page, "[aria-label=Taxes] tr.total td:last-child", "main")
