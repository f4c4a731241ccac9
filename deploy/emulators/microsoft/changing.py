"""A change of a subscription, with what Partner Center allows of it and what it does to fields that are missing."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from deploy.emulators.microsoft.state import Resource

_CHANGEABLE = (
    "quantity", "status", "friendlyName", "partnerId", "autoRenewEnabled", "scheduledActions",
    "scheduledNextTermInstructions", "nextChargeInstructions", "billingCycle", "customTermEndDate",
)  # fmt: skip
# Left out of a change, these do not stay as they are.
_LOST = ("scheduledActions", "scheduledNextTermInstructions", "nextChargeInstructions")


@dataclass(frozen=True)
class Denied:
    """Why a change is not carried out, as Partner Center's error says it."""

    status: int
    code: int
    description: str


def changed(of: Resource, wish: Mapping[str, Any], if_match: str | None) -> Resource | Denied:
    """The subscription after the change, or why not. Names in `wish` may begin with capitals."""
    asked = {name[:1].lower() + name[1:]: value for name, value in wish.items()}
    etag = of.get("attributes", {}).get("etag")
    if if_match is not None and if_match != etag:
        return Denied(400, 2055, "The etag does not match.")
    denied = _denied(of, asked)
    if denied is not None:
        return denied
    after = copy.deepcopy(of)
    after["autoRenewEnabled"] = False
    for name in _LOST:
        after.pop(name, None)
    after |= {name: copy.deepcopy(asked[name]) for name in _CHANGEABLE if name in asked}
    _take_back(of, after)
    if etag:
        after["attributes"] = {**of["attributes"], "etag": uuid4().hex}
    return after


def _denied(of: Resource, asked: Mapping[str, Any]) -> Denied | None:
    status, quantity = asked.get("status", of["status"]), asked.get("quantity", of["quantity"])
    if asked.get("scheduledActions") and asked.get("scheduledNextTermInstructions"):
        return Denied(400, 800094, "Only one of scheduledActions and scheduledNextTermInstructions is allowed.")
    if of["status"] in ("expired", "disabled", "deleted"):
        return Denied(400, 900277, "Updates to the subscription are not allowed.")
    if of["status"] == "suspended" and quantity != of["quantity"]:
        return Denied(400, 2001, "The quantity of a suspended subscription cannot be changed.")
    if not isinstance(quantity, int) or quantity < 1:
        return Denied(400, 2002, "The quantity is out of range.")
    if ":" in of.get("offerId", "") and of["quantity"] - quantity > _refundable(of):
        return Denied(400, 800090, "Subscription quantity cannot be decreased.")
    if status == "deleted" and not _open(of.get("cancellationAllowedUntilDate")):
        return Denied(400, 900213, "The cancellation window has passed.")
    return None


def _refundable(of: Resource) -> int:
    details = (of.get("refundableQuantity") or {}).get("details", [])
    return sum(part["quantity"] for part in details if _open(part["allowedUntilDateTime"]))


def _take_back(before: Resource, after: Resource) -> None:
    """What was given back cannot be given back once more; what is suspended shows nothing to give back."""
    fewer = before["quantity"] - after["quantity"]
    refundable = after.get("refundableQuantity")
    if after["status"] == "suspended":
        after["refundableQuantity"] = None
    elif fewer > 0 and refundable:
        for part in refundable["details"]:
            taken = min(part["quantity"], fewer)
            part["quantity"] -= taken
            fewer -= taken
        refundable["totalQuantity"] = sum(part["quantity"] for part in refundable["details"])


def _open(until: str | None) -> bool:
    return until is not None and datetime.fromisoformat(until) > datetime.now(UTC)
