"""The samples of Microsoft's documentation, where they are (SEATLEDGER_VENDOR_SAMPLES): each is read as it is meant.

They are no recordings of a live tenant; test_own_fixtures.py tries the same on fixtures of ours.
"""

from __future__ import annotations

import dataclasses
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.reconciliation.vendors.connector import Entitlement, Refused, VendorAccount
from services.reconciliation.vendors.microsoft.changes import hint
from services.reconciliation.vendors.microsoft.changing import to_quantity, to_status
from services.reconciliation.vendors.microsoft.customers import account
from services.reconciliation.vendors.microsoft.errors import error, problem_in
from services.reconciliation.vendors.microsoft.paging import Step, following
from services.reconciliation.vendors.microsoft.subscriptions import entitlement
from services.reconciliation.vendors.microsoft.webhooks import event
from shared.events.models.reconciliation import VendorSubscription
from tests.contracts.vendors.microsoft.emulated import Emulated, seed

VARIABLE = "SEATLEDGER_VENDOR_SAMPLES"
pytestmark = pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} names no folder with the samples of Microsoft's documentation"
)

SUBSCRIPTIONS = [
    "pc_subscriptions_collection_legacy_azure", "pc_subscriptions_collection_mixed_2024",
    "pc_subscriptions_collection_nce_software", "pc_subscription_addon_legacy", "pc_subscription_azure",
    "pc_subscription_marketplace_cancelled", "pc_subscription_nce_expired", "pc_patch_quantity_legacy_response",
    "pc_patch_quantity_nce_response", "pc_patch_suspend_response", "pc_patch_scheduled_changes_response",
    "pc_patch_next_charge_response",
]  # fmt: skip


def content(name: str) -> bytes:
    return (Path(os.environ[VARIABLE]) / f"{name}.json").read_bytes()


def sample(name: str) -> Any:
    return json.loads(content(name))


def subscriptions(name: str) -> list[dict[str, Any]]:
    found = sample(name)
    listed: list[dict[str, Any]] = found.get("items", [found])
    return listed


def read(name: str) -> Entitlement:
    (only,) = subscriptions(name)
    return entitlement(only)


@pytest.mark.parametrize("name", SUBSCRIPTIONS)
def test_every_subscription_is_read_and_fits_an_event(name: str) -> None:
    for item in subscriptions(name):
        found = entitlement(item)
        kept = {field.name for field in dataclasses.fields(found)} & set(VendorSubscription.model_fields)
        VendorSubscription(**{part: value for part in kept if (value := getattr(found, part)) is not None})
        assert found.raw_status == found.status or found.raw_status == "deleted"


def test_both_commerces_in_one_list() -> None:
    old, new = (entitlement(item) for item in subscriptions("pc_subscriptions_collection_mixed_2024"))
    assert old == Entitlement(
        vendor_subscription_id="aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e",
        product_key="db2e705f-b82a-4024-a3d5-d88e12f2db35", quantity=5, status="active", raw_status="active",
        name="new offer purchase", auto_renew=True, term_end=datetime(2025, 5, 6, 23, 59, 59, tzinfo=UTC),
        is_trial=False,
    )  # fmt: skip
    assert new == Entitlement(
        vendor_subscription_id="bbbb1b1b-cc2c-dd3d-ee4e-ffffff5f5f5f", product_key="cfq7ttc0lh18:0001", quantity=2,
        status="active", raw_status="active", name="Microsoft 365 Business Basic", auto_renew=True,
        scheduled_cancel=False, term_end=datetime(2024, 7, 4, 23, 59, 59, tzinfo=UTC), is_trial=False,
        window_end=datetime(2024, 6, 14, 17, 41, 13, 467540, UTC), reducible=1,
    )  # fmt: skip


def test_what_is_particular_of_the_others() -> None:
    assert read("pc_subscriptions_collection_legacy_azure").product_key == "0cca44d6-68e9-4762-94ee-31ece98783b9"
    assert read("pc_subscription_azure").term_end is None
    assert read("pc_subscription_addon_legacy").parent_id == "1c2b75c1-74a5-472a-a729-7f8cefc477f9"
    assert read("pc_subscription_marketplace_cancelled").status == "canceled"
    expired = read("pc_subscription_nce_expired")
    assert (expired.status, expired.term_end, expired.reducible) == (
        "expired", datetime(2022, 1, 13, 23, 59, 59, tzinfo=UTC), 10,
    )  # fmt: skip
    software = read("pc_subscriptions_collection_nce_software")
    assert (software.term_end, software.window_end, software.reducible) == (
        datetime(2024, 10, 14, 23, 59, 59, tzinfo=UTC), datetime(2021, 11, 14, 23, 59, tzinfo=UTC), None,
    )  # fmt: skip


def test_a_change_of_seats_is_the_documented_request() -> None:
    request = sample("pc_patch_quantity_nce_request")
    assert to_quantity(1, datetime(2021, 1, 15, tzinfo=UTC))({**request, "quantity": 10}) == request
    legacy = sample("pc_patch_quantity_legacy_request")
    assert to_quantity(2, datetime(2016, 1, 1, tzinfo=UTC))({**legacy, "Quantity": 1}) == legacy


def test_a_suspension_is_the_documented_request() -> None:
    request = sample("pc_patch_suspend_request")
    assert to_status("suspended")({**request, "Status": "active"}) == request


def test_ten_fewer_than_ten_may_be_given_back_and_eleven_not() -> None:
    late = {**sample("pc_patch_quantity_nce_request"), "quantity": 15}
    with pytest.raises(Refused, match="11 seats are to be given back and Microsoft takes 10 back now"):
        to_quantity(4, datetime(2021, 1, 15, tzinfo=UTC))(late)


def test_customers() -> None:
    found = [account(item) for item in sample("pc_customers_indirect_reseller")["items"]]
    assert found[0] == VendorAccount(
        "53eb21cb-6b2d-4ee5-9e92-27dfc927e93c", "FourthCoffee137", "FourthCoffee137.onmicrosoft.com"
    )
    assert len([account(item) for item in sample("pc_customers")["items"]]) == 2
    assert following(sample("pc_customers")) is None


def test_the_next_page_of_a_documented_listing() -> None:
    page = sample("pc_lineitems_billed_onetime_nce")
    step = following(page)
    assert isinstance(step, Step)
    assert step.path.endswith("&seekOperation=Next")
    assert step.path.count("?") == 1
    assert step.headers == (("MS-ContinuationToken", page["continuationToken"]),)


def test_audit_records() -> None:
    hints = [found for item in sample("pc_auditrecords")["items"] if (found := hint(item)) is not None]
    (order,) = hints
    assert (order.account_id, order.operation) == ("86bddccf-9a53-40c6-907c-08067a3f8da7", "create_order")
    assert order.subscription_ids == {"f428d44a-d08b-348b-579e-ce92a6362c7b"}


def test_webhooks() -> None:
    updated = event(content("pc_webhook_subscription_updated"))
    assert (updated.name, updated.at) == (
        "subscription-updated", datetime(2017, 11, 16, 16, 19, 6, 352027, UTC),
    )  # fmt: skip
    assert updated.hint() is None, "the sample has placeholders in place of ids"
    assert event(content("pc_webhook_invoice_ready")).name == "invoice-ready"
    assert event(content("pc_webhook_test_created")).name == "test-created"


def test_errors() -> None:
    refused = error(400, problem_in(content("pc_error_800090")), "do it", "c", of_customer=False)
    assert (type(refused), refused.code) == (Refused, "800090")
    assert problem_in(content("pc_error_429")).words == "Rate limit is exceeded. Try again in 57 seconds."


def test_a_real_answer_of_2019_is_read() -> None:
    recorded = json.loads(sample("pc_recording_country_validation")[0]["ResponseBody"])
    assert following(recorded) is None


@pytest.mark.parametrize("name", SUBSCRIPTIONS)
def test_the_same_over_the_wire(name: str) -> None:
    planted = [item for item in subscriptions(name) if "id" in item]
    found = Emulated(seed(c1=planted)).run(lambda connector: connector.list_entitlements("c1"))
    assert len(found) == len(planted)
    # The emulator gives what a sample leaves out; what it has comes back.
    assert [one.vendor_subscription_id for one in found] == [str(item["id"]).lower() for item in planted]
