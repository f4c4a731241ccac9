"""What axe-core finds against WCAG 2.2 AA, in light and in dark, on a wide screen and on a phone."""

from __future__ import annotations

from typing import Any, Final, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_RULES: Final = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
# A phone, and what is left of 1,280 pixels at 400 % (WCAG 1.4.10).
_NARROW: Final = (390, 320)


def assert_accessible(page: Page) -> None:
    """Nothing that axe-core objects to, and nothing that has to be scrolled sideways on a phone or at 400 %."""
    before = page.viewport_size
    for scheme in _SCHEMES:
        # A colour that is on its way from one scheme to the other is no colour of the page.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page, options=_RULES).response["violations"]
        assert found == [], "\n".join(f"{scheme}: {_said(one)}" for one in found)
    for width in _NARROW:
        page.set_viewport_size({"width": width, "height": 800})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{page.url} is {wide} pixels wide on a screen of {width}"
    if before is not None:
        page.set_viewport_size(before)
    page.emulate_media(color_scheme="light")


def _said(violation: dict[str, Any]) -> str:
    places = "; ".join(node["html"][:120] for node in violation["nodes"][:3])
    return f"{violation['id']}: {violation['help']} at {places}"
