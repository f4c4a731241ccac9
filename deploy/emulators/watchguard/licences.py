"""Allocations and devices. The shape of the summary is not public: its guesses are one of the traps."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import JsonValue

from deploy.emulators.watchguard.platform import Known, Speaker
from deploy.emulators.watchguard.seed import SeedAllocation, SeedDevice
from deploy.emulators.watchguard.state import Refusal, State

router = APIRouter()
ASSETS = "/rest/platform/allocation/v2/{account_id}/assets"


@router.post(ASSETS, status_code=201)
async def allocate(account_id: str, state: Known, who: Speaker, body: dict[str, JsonValue]) -> dict[str, JsonValue]:
    _by_the_provider(state, who)
    state.change(account_id, _wanted(body), 1)
    return {"result": "ok"}


@router.delete(ASSETS, status_code=204)
async def take_back(account_id: str, state: Known, who: Speaker, body: dict[str, JsonValue]) -> Response:
    _by_the_provider(state, who)
    state.change(account_id, _wanted(body), -1)
    return Response(status_code=204)


@router.get(ASSETS + "/summary/{resource_type}", response_model=None)
async def summary(account_id: str, resource_type: str, state: Known, who: Speaker) -> JsonValue:
    _by_the_provider(state, who)
    if resource_type != "endpoint":
        raise Refusal(400, "InvalidResourceType", f"{resource_type} is not a resource type")
    rows = [_row(each, state) for each in state.summary(account_id)]
    if state.traps.unknown_values:
        rows.append({"productName": "Quantum Shield", "allocationType": "POINTS", "allocatedQuantity": 3,
                     "status": "DEFERRED"})  # fmt: skip
    return _shaped(rows, state)


@router.get("/rest/endpoint-security/management/api/v1/accounts/{account_id}/devices")
@router.get("/rest/aether-endpoint-security/aether-mgmt/api/v1/accounts/{account_id}/devices")
async def devices(
    account_id: str, state: Known, who: Speaker, top: Annotated[int, Query(alias="$top")] = 100,
    skip: Annotated[int, Query(alias="$skip")] = 0, count: Annotated[bool, Query(alias="$count")] = False,
) -> dict[str, JsonValue]:  # fmt: skip
    if who != account_id:
        raise Refusal(403, "Forbidden", "This needs a token of the account's own audience")
    traps = state.traps
    account = state.managed(account_id, "devices")
    rows: list[JsonValue] = [_device(each, account_id) for each in account.devices]
    if traps.unknown_values:
        odd = SeedDevice(device_id="odd", host_name="ODD", license_status=42)
        rows.append({**_device(odd, account_id), "type": 77, "encryption": 99})
    size = min(top, traps.rows_at_most or top)
    total = len(rows) + traps.totals_off_by if count and not traps.null_totals else None
    return {"total_items": total, "data": rows[:size] if traps.same_page else rows[skip : skip + size]}


def _by_the_provider(state: State, who: str) -> None:
    if who != state.seed.account:
        raise Refusal(403, "Forbidden", "Allocations are the service provider's")


def _wanted(body: dict[str, JsonValue]) -> SeedAllocation:
    quantity, licence, expiry = body.get("quantity"), body.get("serialOrLicense"), body.get("allocationExpiryDate")
    return SeedAllocation(
        productName=str(body.get("productName", "")),
        allocationType=str(body.get("allocationType", "")),
        quantity=quantity if isinstance(quantity, int) else None,
        serialOrLicense=None if licence is None else str(licence),
        licenseExpiryDate=None if expiry is None else str(expiry),
    )


def _row(each: SeedAllocation, state: State) -> dict[str, JsonValue]:
    row: dict[str, JsonValue] = {
        "productName": each.productName, "allocationType": each.allocationType, "allocatedQuantity": each.quantity,
    }  # fmt: skip
    if each.used is not None:
        row["usedQuantity"] = each.used
    if each.serialOrLicense is not None and not state.traps.hide_licenses:
        row["serialOrLicense"] = each.serialOrLicense
    if each.status is not None:
        row["status"] = each.status
    if each.licenseExpiryDate is not None:
        if state.traps.summary_shape == "days_left":
            row["daysUntilExpiry"] = (date.fromisoformat(each.licenseExpiryDate) - datetime.now(UTC).date()).days
        else:
            row["licenseExpiryDate"] = each.licenseExpiryDate
    return row


def _shaped(rows: list[dict[str, JsonValue]], state: State) -> JsonValue:
    listed: list[JsonValue] = [*rows]
    match state.traps.summary_shape:
        case "bare":
            return listed
        case "grouped":
            return {"endpoint": {"assets": listed, "unallocated": [{"productName": "EPDR", "quantity": 900}]}}
        case "by_product":
            return {
                "products": {
                    str(row["productName"]): {name: value for name, value in row.items() if name != "productName"}
                    for row in rows
                }
            }
        case "unknown":
            return {"summary": {"headline": "all is well"}}
        case _:
            return {"items": listed, "totalItems": len(listed)}


def _device(each: SeedDevice, account_id: str) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {
        "account_id": account_id, "device_id": each.device_id, "host_name": each.host_name, "type": 1, "platform_id": 1,
        "license_status": each.license_status, "site_name": "Aether AD360", "agent_version": "1.17.00.0000",
        "last_connection": "2026-09-22T11:00:00Z", "encryption": 6, "isolation_state": 0, "mac_addresses": [],
    }  # fmt: skip
    return found if each.product is None else {**found, "product": each.product}
