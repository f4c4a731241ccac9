"""Allocating licences to an account and taking them back (Allocations API v2: POST and DELETE of assets, summary)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

from pydantic import JsonValue

from services.reconciliation.vendors.connector import NotReached
from services.reconciliation.vendors.watchguard.accounts import AccountIds
from services.reconciliation.vendors.watchguard.answers import Unreadable
from services.reconciliation.vendors.watchguard.calls import Calls
from services.reconciliation.vendors.watchguard.config import WatchGuardConfig
from services.reconciliation.vendors.watchguard.refusals import Call
from services.reconciliation.vendors.watchguard.summary import Allocation, allocations_in

ALLOCATION: Final = "/rest/platform/allocation/v2"


class Allocations:
    """What accounts hold, and changing it. A change is a POST or DELETE of the same body; `now` is UTC."""

    def __init__(self, calls: Calls, config: WatchGuardConfig, ids: AccountIds, now: Callable[[], datetime]) -> None:
        self._calls, self._config, self._ids, self._now = calls, config, ids, now

    async def of(self, account_id: str) -> Sequence[Allocation]:
        """All that an account holds, of every configured resource type. Raises VendorError."""
        account = self._ids.spelled(account_id)
        doing = f"read the allocations of account {account_id.lower()}"
        found: list[Allocation] = []
        for kind in self._config.resource_types:
            path = f"{_assets(account)}/summary/{quote(kind, safe='')}"
            answer = await self._calls.ask(Call("GET", path, doing, account=account))
            try:
                found += allocations_in(answer, account_id.lower(), self._now())
            except Unreadable as error:
                raise NotReached(f"Could not {doing}: {error}; nothing is concluded of this account") from None
        return found

    async def allocate(self, allocation: Allocation, quantity: int) -> None:
        """Send a quantity for an allocation that is there, or is to be."""
        await self._send("POST", allocation, quantity, f"allocate {quantity} of {allocation.product_name} to")

    async def take_back(self, allocation: Allocation, quantity: int) -> None:
        await self._send("DELETE", allocation, quantity, f"take back {quantity} of {allocation.product_name} from")

    async def _send(self, method: str, allocation: Allocation, quantity: int, doing: str) -> None:
        account = self._ids.spelled(allocation.account_id)
        body: dict[str, JsonValue] = {
            "productName": allocation.product_name,
            "allocationType": allocation.allocation_type,
            "quantity": quantity,
        }
        if allocation.license is not None:
            body["serialOrLicense"] = allocation.license
        if allocation.expiry_type is not None:
            body["allocationExpiryType"] = allocation.expiry_type
            if allocation.ends is not None:
                body["allocationExpiryDate"] = allocation.ends.date().isoformat()
        told = f"{doing} account {allocation.account_id}"
        await self._calls.ask(Call(method, _assets(account), told, body=body, account=account, changes=True))


def _assets(account: str) -> str:
    return f"{ALLOCATION}/{quote(account, safe='')}/assets"
