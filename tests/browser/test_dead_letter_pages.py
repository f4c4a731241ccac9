"""Dead letters in a browser: one comes while somebody looks, is read, retried, and done without."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Demonstration, Opening

_WITHIN_MS = 60_000


def _event(quantity: int) -> dict[str, object]:
    return {
        "specversion": "1.0", "id": "browser-17", "source": "crm", "type": "LicensesChanged",
        "time": "2019-03-05T10:00:00Z",
        "data": {"subscription_id": "sub-of-nobody", "customer_id": "cus-of-nobody", "quantity": quantity},
    }  # fmt: skip


def test_a_dead_letter_is_retried_and_dropped(open_page: Opening, demonstration: Demonstration, tmp_path: Path) -> None:
    page = open_page("/dead-letters")
    for number in (10, 12):
        file = tmp_path / f"{number}.jsonl"
        file.write_text(json.dumps(_event(number)))
        demonstration.seatledger(f"emit {file}")

    # The list follows: nobody loads it again.
    row = page.get_by_role("row").filter(has_text="browser-17")
    expect(row).to_be_visible(timeout=_WITHIN_MS)
    assert_accessible(page)
    row.get_by_role("link").first.click()
    expect(page.get_by_label("Payload")).to_contain_text('"quantity": 12')
    assert_accessible(page)

    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("status").filter(has_text="still dead")).to_be_visible(timeout=_WITHIN_MS)
    expect(page.get_by_role("region", name="What was done")).to_contain_text("dead-letters retry")
    page.get_by_label("Reason").fill("sent again as browser-18")
    page.get_by_role("button", name="Drop").click()
    expect(page.get_by_role("status").filter(has_text="Dropped")).to_be_visible(timeout=_WITHIN_MS)
    page.goto("/dead-letters?status=dropped")
    expect(page.get_by_role("row").filter(has_text="browser-17").first).to_be_visible()


def test_all_that_fit_are_asked_for_first(open_page: Opening) -> None:
    page = open_page("/dead-letters/retry?q=nothing-has-this")
    expect(page.get_by_text("Nothing of that waits for anybody")).to_be_visible()
    assert_accessible(page)
