"""Orders in a browser: the list, and the story of one from the draft to its invoice."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import httpx
from playwright.sync_api import expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Demonstration, Opening
from tests.browser.selling import RESELLER, bill, register


def documents_of(demonstration: Demonstration, recipient: str) -> list[tuple[str, Decimal, Decimal]]:
    """Kind, net and gross of what somebody was sent."""
    api = demonstration.seatledger("status --api invoicing").strip()
    answer = httpx.get(
        f"{api}/v1/documents", params={"recipient": recipient},
        headers={"Authorization": f"Bearer {demonstration.token('distributor')}"},
    )  # fmt: skip
    items = answer.raise_for_status().json()["items"]
    return [(one["kind"], Decimal(one["net"]), Decimal(one["gross"])) for one in items]


def test_the_list_of_orders_is_searched_filtered_and_sorted(open_page: Opening) -> None:
    page = open_page("/orders")

    expect(page.get_by_role("row")).to_have_count(51)
    page.get_by_label("Search").fill("aegean")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("Aegean Cloud")
    page.get_by_role("link", name="Order", exact=True).click()
    expect(page.get_by_role("columnheader", name=re.compile("^Order"))).to_have_attribute("aria-sort", "ascending")
    page.get_by_label("Status").select_option("Executed")
    page.wait_for_url(re.compile("status=executed"))
    assert_accessible(page)
    with page.expect_download() as saved:
        page.get_by_role("link", name="XLSX").click()
    assert saved.value.suggested_filename == "orders.xlsx"
    page.get_by_role("rowheader").get_by_role("link").first.click()
    expect(page.get_by_role("columnheader", name="Billing Plan")).to_be_visible()
    assert_accessible(page)


def test_an_order_with_a_plan_is_billed_as_its_preview_says(sold: Demonstration, open_page: Opening) -> None:
    bill(sold)
    register(sold, "cus-story", "Story Shipping")
    page = open_page("/orders")

    page.get_by_role("link", name="New order").click()
    page.get_by_role("searchbox", name="Customer").fill("story")
    page.get_by_role("button", name="Search").click()
    assert_accessible(page)
    page.get_by_role("link", name="Story Shipping").click()
    page.get_by_label("Product", exact=True).select_option("Office in months")
    page.get_by_label("Licences").fill("10")
    page.get_by_role("button", name="Show the prices").click()
    expect(page.get_by_role("row", name=re.compile("Monthly"))).to_contain_text("130.20 EUR")
    assert_accessible(page)
    page.get_by_role("button", name="Place the draft").click()
    expect(page.get_by_role("status").filter(has_text="placed as a draft")).to_be_visible()
    assert_accessible(page)

    page.get_by_role("link", name="Edit item 1").click()
    page.get_by_role("radio", name="Monthly").check()
    assert_accessible(page)
    page.get_by_role("button", name="Save").click()
    products = page.get_by_role("region", name="Products")
    expect(products).to_contain_text("Monthly")
    expect(products).to_contain_text("5 %")
    expect(products.get_by_role("radio")).to_have_count(0)

    page.get_by_role("link", name="Execute").click()
    expect(page.locator("#costs .figures")).to_contain_text("+105.00 EUR")
    expect(page.locator("#costs .figures")).to_contain_text("+130.20 EUR")
    assert_accessible(page)
    page.get_by_role("button", name="Confirm: execute").click()
    expect(page.locator(".status.executed")).to_be_visible()

    before = documents_of(sold, RESELLER)
    bill(sold)
    assert documents_of(sold, RESELLER)[len(before) :] == [("invoice", Decimal("105.00"), Decimal("130.20"))]
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("alert")).to_contain_text("is executed and has installments: it cannot be deleted")
    expect(page.get_by_role("button", name="Confirm: delete")).to_have_count(0)
    assert_accessible(page)


def test_the_demonstrations_own_products_are_ordered_with_a_plan(
    demonstration: Demonstration, open_page: Opening
) -> None:
    page = open_page("/orders/new")

    # What the form begins with can be bought as it stands.
    page.get_by_role("searchbox", name="Customer").fill("cus-aegean-001")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("row", name=re.compile("cus-aegean-001")).get_by_role("link").click()
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    page.get_by_role("button", name="Show the prices").click()
    expect(page.get_by_role("row", name=re.compile("paid at once"))).to_contain_text("EUR")
    expect(page.get_by_role("alert")).to_have_count(0)

    # A product whose own way to be paid is a plan, from the price to the subscription.
    page.get_by_label("Product", exact=True).select_option("Microsoft 365 Business Standard")
    page.get_by_label("Licences").fill("10")
    page.get_by_role("button", name="Place the draft").click()
    page.get_by_role("link", name="Edit item 1").click()
    expect(page.get_by_role("row", name=re.compile("paid at once"))).to_contain_text("1,337.00 EUR")
    page.get_by_role("radio", name="Quarterly").check()
    page.get_by_role("radio", name="Monthly").check()
    page.get_by_role("button", name="Save").click()
    products = page.get_by_role("region", name="Products")
    for words in ("Monthly", "5 %", "122.90 EUR", "152.40 EUR"):
        expect(products).to_contain_text(words)
    page.get_by_role("link", name="Execute").click()
    expect(page.locator("#costs .figures")).to_contain_text("with VAT")
    page.get_by_role("button", name="Confirm: execute").click()
    expect(page.locator(".status.executed")).to_be_visible()
    assert_accessible(page)
    products.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Microsoft 365 Business Standard")
    expect(page.locator("#state")).to_contain_text("Monthly")


def test_a_draft_changes_and_goes_without_scripts(sold: Demonstration, open_page: Opening) -> None:
    register(sold, "cus-plain", "Plain Paper")
    page = open_page("/orders/new?customer=cus-plain", java_script_enabled=False)

    page.get_by_label("Product", exact=True).select_option("Office in months")
    page.get_by_label("Licences").fill("none")
    page.get_by_role("button", name="Place the draft").click()
    expect(page.get_by_role("alert")).to_contain_text('Quantity: got "none"; give a whole number')
    expect(page.get_by_label("Licences")).to_have_value("none")
    page.get_by_label("Licences").fill("4")
    page.get_by_role("button", name="Place the draft").click()
    expect(page.get_by_role("region", name="Products")).to_contain_text("595.20 EUR")
    page.get_by_role("link", name="Add an item").click()
    page.get_by_label("Product", exact=True).select_option("Office in months")
    page.get_by_label("Licences").fill("1")
    page.get_by_role("button", name="Add the item").click()
    expect(page.get_by_role("region", name="Products").get_by_role("row")).to_have_count(3)
    page.get_by_role("link", name="Edit item 2").click()
    page.get_by_role("button", name="Remove this item").click()
    expect(page.get_by_role("region", name="Products").get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Confirm: delete").click()
    expect(page.locator(".status.deleted")).to_be_visible()
    expect(page.get_by_role("link", name="Execute")).to_have_count(0)


def test_another_resellers_orders_are_not_there(sold: Demonstration, open_page: Opening) -> None:
    register(sold, "cus-secret", "Secret Customer")
    placed = json.loads(
        sold.seatledger(
            "orders place --customer cus-secret --currency EUR --product office-in-months --quantity 1 --json"
        )
    )
    page = open_page("/orders", token=sold.token("reseller", "--reseller res-nordlicht"))

    expect(page.get_by_role("link", name="New order")).to_be_visible()
    expect(page.get_by_text("Secret Customer")).to_have_count(0)
    for path in ("", "/execute", "/delete", "/items/1", "/items/new"):
        answer = page.goto(f"/orders/{placed['order_id']}{path}")
        assert answer is not None
        assert answer.status == 404, path
