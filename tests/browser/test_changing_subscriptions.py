"""What is done with a subscription, in a browser: always with what it will cost before it is confirmed."""

from __future__ import annotations

import re
from decimal import Decimal

from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Demonstration, Opening
from tests.browser.selling import RESELLER, bill, ordered
from tests.browser.test_orders import documents_of


def reach(page: Page, name: str, role: str = "link") -> None:
    """Go on with the Tab key until something has the focus."""
    wanted = page.get_by_role(role, name=name).first  # type: ignore[arg-type]  # one of the roles
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{role} {name!r} cannot be reached by the Tab key")


def test_seats_are_changed_by_keyboard_alone_and_billed_as_the_preview_says(
    sold: Demonstration, open_page: Opening
) -> None:
    subscription = ordered(sold, "cus-keys", "Keyboard Keys", "P1M")
    bill(sold)
    before = documents_of(sold, RESELLER)
    page = open_page(f"/subscriptions/{subscription}")
    beside = open_page(f"/subscriptions/{subscription}")

    reach(page, "Change licences")
    page.keyboard.press("Enter")
    page.wait_for_url("**/licences")
    assert_accessible(page)
    reach(page, "Licences in all", "textbox")
    page.keyboard.press("Control+A")
    page.keyboard.type("15")
    page.keyboard.press("Enter")
    costs = page.get_by_role("region", name="What it will cost")
    expect(costs.locator(".figures").first).to_contain_text("+52.50 EUR")
    expect(costs.locator(".figures").first).to_contain_text("+65.10 EUR")
    expect(page.get_by_role("radio")).to_have_count(1)
    assert_accessible(page)
    reach(page, "Confirm: change licences", "button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="It has 15 licences from now on.")).to_be_visible()
    expect(page.locator("#state")).to_contain_text("15")
    assert_accessible(page)
    # Who looks at it elsewhere sees it too, without doing anything.
    expect(beside.locator("#state")).to_contain_text("15")

    bill(sold)
    assert documents_of(sold, RESELLER)[len(before) :] == [("invoice", Decimal("52.50"), Decimal("65.10"))]


def test_a_subscription_is_canceled_without_scripts(sold: Demonstration, open_page: Opening) -> None:
    subscription = ordered(sold, "cus-quiet", "Quiet Mornings")
    page = open_page(f"/subscriptions/{subscription}", java_script_enabled=False)

    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("radio", name="On a day").check()
    page.get_by_role("button", name="Show what it will cost").click()
    expect(page.get_by_role("alert")).to_have_text("On: choose the day, or Immediate.")
    page.get_by_role("radio", name="Immediate").check()
    page.get_by_role("button", name="Show what it will cost").click()
    expect(page.get_by_role("region", name=f"What changes of {subscription}")).to_contain_text("Canceled")
    page.get_by_role("button", name="Confirm: cancel").click()
    expect(page.get_by_text("It is canceled: the last day that is covered is")).to_be_visible()
    expect(page.get_by_role("link", name="Change licences")).to_have_count(0)


def test_every_change_shows_what_it_will_cost(sold: Demonstration, open_page: Opening) -> None:
    subscription = ordered(sold, "cus-every", "Every Change", "P1M")
    of = f"/subscriptions/{subscription}"
    page = open_page(of)

    for path in (
        "pricing?what=price&unit_price=114.00&applies=next_term",
        "pricing?what=rule&rule=discount&rate=10&applies=next_term",
        "cancel?mode=end_of_term",
        "cancel?mode=end_of_cycle",
        "suspend?when=now",
        "auto-renew/off",
        "convert?product=office-in-months&term=P3Y&billing_frequency=P1M&unit_price=300.00&when=now",
        "next-term?quantity=20",
    ):
        page.goto(f"{of}/{path}")
        expect(page.get_by_role("region", name="What it will cost")).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("Confirm"))).to_be_visible()
        assert_accessible(page)
    page.get_by_role("button", name="Confirm: change the next term").click()
    expect(page.get_by_text("The change is scheduled for the renewal.")).to_be_visible()
    page.get_by_role("link", name="Discard what is scheduled").click()
    page.get_by_role("button", name=re.compile("Confirm")).click()
    expect(page.get_by_text("The renewal changes nothing any more.")).to_be_visible()


def test_protecting_the_price_of_what_microsoft_has_shows_what_it_will_cost(open_page: Opening) -> None:
    page = open_page("/subscriptions?status=active&product=exchange-online-1")
    page.get_by_role("rowheader").get_by_role("link").first.click()

    page.get_by_role("link", name="Protect the price").click()
    expect(page.get_by_role("region", name="What it will cost")).to_be_visible()
    expect(page.get_by_role("button", name="Confirm: protect the price")).to_be_visible()
    assert_accessible(page)


def test_a_change_that_somebody_was_faster_with_is_explained(sold: Demonstration, open_page: Opening) -> None:
    subscription = ordered(sold, "cus-fast", "Faster Than You")
    page = open_page(f"/subscriptions/{subscription}/licences?quantity=12&when=now")

    sold.seatledger(f"subscriptions quantity {subscription} --to 11")
    # Until it is projected the page would quote what stood before once more.
    expect(open_page(f"/subscriptions/{subscription}").locator("#state")).to_contain_text("11")
    page.get_by_role("button", name="Confirm: change licences").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody changed it meanwhile, so nothing was done.")
    expect(page.get_by_role("region", name=f"What changes of {subscription}")).to_contain_text("11")
    expect(page.get_by_label("Licences in all")).to_have_value("12")
    assert_accessible(page)
    page.get_by_role("button", name="Confirm: change licences").click()
    expect(page.get_by_text("It has 12 licences from now on.")).to_be_visible()


def test_an_upgrade_to_three_years_and_its_plan_by_keyboard_alone(sold: Demonstration, open_page: Opening) -> None:
    subscription = ordered(sold, "cus-upgrade", "Upgraded Early", "P1M")
    page = open_page(f"/subscriptions/{subscription}", viewport={"width": 390, "height": 844})

    reach(page, "Convert")
    page.keyboard.press("Enter")
    page.wait_for_url("**/convert")
    expect(page.get_by_label("Product")).to_have_value("office-in-months")
    assert_accessible(page)
    reach(page, "Term", "combobox")
    page.keyboard.type("3 years")
    reach(page, "Billed", "combobox")
    page.keyboard.type("1 month")
    reach(page, "Show what it will cost", "button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name=f"What changes of {subscription}")).to_contain_text("36")
    assert_accessible(page)
    reach(page, "Confirm: convert", "button")
    page.keyboard.press("Enter")
    converted = "It is converted to Office in months, 3 years, billed every month."
    expect(page.get_by_role("status").filter(has_text=converted)).to_be_visible()

    reach(page, "Bill it annually")
    page.keyboard.press("Enter")
    expect(page.get_by_text("is paid in parts of the other plan")).to_be_visible()
    assert_accessible(page)
    reach(page, "Confirm: bill it annually", "button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="It is billed annually from its next charge on.")).to_be_visible()
    expect(page.locator("#state")).to_contain_text("billed every year")
    expect(page.get_by_role("link", name="Bill it annually")).to_have_count(0)
    assert_accessible(page)
