"""What WatchGuard publishes of its answers, and fixtures of our own of the same shapes.

The published samples lie outside the project (SEATLEDGER_VENDOR_SAMPLES); none of them is a recording of a live tenant.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from deploy.emulators.watchguard.licences import ASSETS
from services.reconciliation.vendors.connector import Entitlement
from tests.contracts.vendors.watchguard.emulated import ACCESS_ID, API_KEY, BAKERY, PASSWORD, Emulated, all_of, order
from tests.contracts.vendors.watchguard.scripted import once, scripted, unscripted

SAMPLES = os.environ.get("SEATLEDGER_VENDOR_SAMPLES")
OWN = Path(__file__).parent / "fixtures"
published = pytest.mark.skipif(
    SAMPLES is None, reason="SEATLEDGER_VENDOR_SAMPLES names no folder with the vendors' published samples"
)
MARK = b"\xef\xbb\xbf"


def sample(name: str) -> Any:
    return json.loads((Path(SAMPLES or ".") / f"watchguard_{name}.json").read_bytes())


def accounts(body: bytes) -> list[tuple[str, str]]:
    found, error = scripted(once(body), lambda panda: all_of(panda.list_accounts()))
    assert error is None
    return [(each.account_id, each.name) for each in found]


def used(body: bytes) -> dict[str, int]:
    return dict(scripted(once(body), lambda panda: panda.count_used("acc-1")))


@published
def test_the_published_shape_of_accounts_is_read() -> None:
    assert accounts(json.dumps(sample("accounts_children_shape")["response"]).encode()) == [("acc-1234567", "string")]


@pytest.mark.parametrize("mark", [b"", MARK])
@pytest.mark.parametrize("name", ["children_flat", "children_controls"])
def test_both_shapes_of_a_page_are_read(name: str, mark: bytes) -> None:
    assert accounts(mark + (OWN / f"{name}.json").read_bytes()) == [
        ("acc-4100001", "Cedar Clinic"), ("wgc-1-77aa88bb99cc", "Dune Travel"),
    ]  # fmt: skip


@published
def test_the_published_example_of_a_device_is_a_seat_in_use_though_its_total_is_not_its_length() -> None:
    assert used(json.dumps(sample("devices_from_doc_examples")).encode()) == {"*": 1}


def test_a_device_of_values_that_nobody_knows_yet_uses_no_seat() -> None:
    assert used((OWN / "devices.json").read_bytes()) == {"*": 1}


def test_a_guess_of_the_summary_is_read() -> None:
    """Unverified against a live tenant."""
    found = scripted(once((OWN / "summary_guess.json").read_bytes()), lambda panda: panda.list_entitlements("acc-1"))
    assert [(each.vendor_subscription_id, each.quantity, each.status) for each in found] == [
        ("acc-1/watchguard epdr/term", 1250, "active"), ("acc-1/patch management/subscription", 31, "active"),
    ]  # fmt: skip
    assert all(isinstance(each, Entitlement) for each in found)


@published
def test_tokens_are_asked_for_as_the_published_exchange_has_it() -> None:
    exchange = sample("token_exchange")
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json=exchange["response"])
        if request.url.path.endswith("/audiences"):
            return httpx.Response(200, json={"audience": "an-audience"})
        return httpx.Response(200, json={"total_items": 0, "data": []})

    unscripted(answer, lambda panda: panda.count_used("acc-1"))
    own, audience, on_behalf, devices = asked
    wanted = exchange["request"]
    for request in (own, on_behalf):
        assert (request.method, request.url.path) == (wanted["method"], "/oauth/token")
        assert b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode() == f"{ACCESS_ID}:{PASSWORD}"
        for header in ("Content-Type", "Accept"):
            assert request.headers[header] == wanted["headers"][header]
    fixed = {name: [value] for name, value in wanted["form"].items() if name != "audience"}
    assert parse_qs(own.content.decode()) == fixed
    assert parse_qs(on_behalf.content.decode()) == {**fixed, "audience": ["an-audience"]}
    assert json.loads(audience.content) == {"accountId": "ACC-1"}
    for request in (audience, devices):
        sent = {f"{name}: {value}" for name, value in request.headers.items()}
        assert {"authorization: Bearer REDACTED", f"watchguard-api-key: {API_KEY}"} <= sent


@published
def test_the_emulator_s_devices_have_no_field_that_is_not_published(emulator: Emulated) -> None:
    fields = set(sample("devices_fields")["fields"])
    token, _ = emulator.state.issue(emulator.state.audience(BAKERY))
    answer = httpx.get(
        f"{emulator.url}/rest/endpoint-security/management/api/v1/accounts/{BAKERY}/devices",
        headers={"Authorization": f"Bearer {token}", "WatchGuard-API-Key": API_KEY},
    )
    rows = answer.json()["data"]
    assert len(rows) == 3
    assert all(set(row) <= fields for row in rows)


def test_an_allocation_is_asked_for_with_the_fields_that_are_published() -> None:
    asked: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            asked.append((request.url.path, json.loads(request.content)))
        return httpx.Response(200, json=[])

    offers = {"p": {"product_name": "EPDR", "license": "KEY-1"}}
    scripted(answer, lambda panda: panda.provision(order("p", 4, account_id="acc-1")), offers=offers)
    assert asked == [
        (ASSETS.format(account_id="ACC-1"), {
            "productName": "EPDR", "allocationType": "Term", "quantity": 4, "serialOrLicense": "KEY-1",
            "allocationExpiryType": "Date", "allocationExpiryDate": "2027-03-14",
        }),
    ]  # fmt: skip
