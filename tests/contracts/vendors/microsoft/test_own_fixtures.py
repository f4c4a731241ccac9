"""Subscriptions as Microsoft's documentation describes them, written by us: every peculiarity in one list."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.reconciliation.vendors.connector import Entitlement
from services.reconciliation.vendors.microsoft.subscriptions import entitlement
from tests.contracts.vendors.microsoft.emulated import Emulated, seed

OWN = Path(__file__).parent / "own"
HEAD = "6b1e2f60-0001-4a4e-9c3d-000000000001"


def items() -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads((OWN / "subscriptions.json").read_text())["items"]
    return listed


EXPECTED = [
    Entitlement(
        vendor_subscription_id=HEAD, product_key="cfq7ttc0lchc:0002", quantity=25, status="active",
        raw_status="active", name="Head office", auto_renew=False, scheduled_cancel=True,
        term_end=datetime(2027, 3, 1, 23, 59, 59, tzinfo=UTC), is_trial=False,
        window_end=datetime(2026, 11, 24, 10, 0, 0, 765432, UTC), reducible=3,
        migrated_from="9f00aa11-0000-4a4e-9c3d-0000000000aa",
    ),
    Entitlement(
        vendor_subscription_id="6b1e2f60-0002-4a4e-9c3d-000000000002", product_key="cfq7ttc0hl8w:0001", quantity=4,
        status="suspended", raw_status="suspended", name="Add-on", auto_renew=True, scheduled_cancel=False,
        term_end=datetime(2027, 3, 1, 23, 59, 59, tzinfo=UTC), parent_id=HEAD,
    ),
    Entitlement(
        vendor_subscription_id="6b1e2f60-0003-4a4e-9c3d-000000000003", quantity=7, status="active",
        product_key="0f5a1d2c-1111-4a4e-9c3d-000000000003", raw_status="active", name="Old commerce", auto_renew=True,
        term_end=datetime(2027, 2, 10, 7, 59, 59, tzinfo=UTC),
    ),
    Entitlement(
        vendor_subscription_id="6b1e2f60-0004-4a4e-9c3d-000000000004", product_key="ms-azr-0145p", quantity=1,
        status="active", raw_status="active", name="Usage", auto_renew=False,
    ),
    Entitlement(
        vendor_subscription_id="6b1e2f60-0005-4a4e-9c3d-000000000005", product_key="cfq7ttc0lh18:0001", quantity=2,
        status="pending", raw_status="extendedServiceTerm", name="Something new", auto_renew=False,
        scheduled_cancel=False,
    ),
]  # fmt: skip


def test_every_peculiarity_is_read() -> None:
    assert [entitlement(item) for item in items()] == EXPECTED


def test_and_the_same_over_the_wire() -> None:
    planted = [{**item, "id": item.get("id", item.get("Id"))} for item in items() if "id" in item]
    found = Emulated(seed(c1=planted)).run(lambda connector: connector.list_entitlements("c1"))
    assert list(found) == [one for one, item in zip(EXPECTED, items(), strict=True) if "id" in item]
