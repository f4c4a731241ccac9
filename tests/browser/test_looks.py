"""How the console looks on a phone and over time, and the pictures of it that the README shows."""

from __future__ import annotations

from io import BytesIO
from typing import Literal

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import PICTURES, Opening

PHONE = {"width": 390, "height": 844}
# As long as what a finger is wide, in CSS pixels.
FINGER = 44
_MOST_BYTES = 200_000
_COLOURS = 128


def _height(one: Locator) -> float:
    box = one.bounding_box()
    assert box is not None
    return box["height"]


def test_on_a_phone_the_areas_are_a_menu_without_scripts(open_page: Opening) -> None:
    page = open_page("/subscriptions", viewport=PHONE, java_script_enabled=False)
    areas = page.get_by_role("navigation", name="Areas")

    expect(areas).to_be_hidden()
    assert _height(page.locator(".top")) <= PHONE["height"] / 10

    page.get_by_role("button", name="Menu").click()
    expect(areas.get_by_role("link")).not_to_have_count(0)
    assert all(_height(link) >= FINGER for link in areas.get_by_role("link").all())
    areas.get_by_role("link", name="Orders").click()
    expect(page.get_by_role("heading", name="Orders")).to_be_visible()


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(open_page: Opening) -> None:
    page = open_page("/", viewport=PHONE)
    opener, areas = page.get_by_role("button", name="Menu"), page.get_by_role("navigation", name="Areas")

    opener.focus()
    page.keyboard.press("Enter")
    expect(areas).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Tab")
    expect(areas.get_by_role("link", name="Overview")).to_be_focused()
    page.keyboard.press("Escape")
    expect(areas).to_be_hidden()


def test_on_a_phone_what_a_row_is_of_stays_in_sight(open_page: Opening) -> None:
    page = open_page("/subscriptions", viewport=PHONE)

    page.get_by_role("region", name="Subscriptions").evaluate("one => { one.scrollLeft = one.scrollWidth }")

    expect(page.get_by_role("columnheader", name="Term ends")).to_be_in_viewport()
    expect(page.locator("tbody th a").first).to_be_in_viewport()


def test_documents_are_marks_over_time_that_lead_to_them(open_page: Opening) -> None:
    page = open_page("/subscriptions/sub-release-notes")
    seats = page.get_by_role("figure", name="Seats")

    expect(page.get_by_text("Today is ")).to_be_visible()
    for what in (
        "So far",
        "To come, if nothing is changed",
        "Free period",
        "Term",
        "A document: its number leads there",
    ):
        expect(seats.locator(".legend").get_by_text(what, exact=True)).to_be_visible()
    expect(page.get_by_role("figure", name="Price").get_by_text("Price protected", exact=True)).to_be_visible()

    first = seats.locator("svg").get_by_role("link").first
    first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Invoice")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_picture_for_the_readme(open_page: Opening, scheme: Literal["light", "dark"]) -> None:
    """Makes the picture, and fails where it is too large for a repository; how it looks, people judge."""
    page = open_page("/", viewport={"width": 1280, "height": 880}, color_scheme=scheme)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()

    seen = page.screenshot(animations="disabled")

    picture = PICTURES / f"console-{scheme}.png"
    Image.open(BytesIO(seen)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(picture, optimize=True)
    assert picture.stat().st_size < _MOST_BYTES
