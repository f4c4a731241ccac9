"""Seats in use: devices that hold a licence (Endpoint Security Management API v1, its Aether variant too).

That is usage, not entitlement: the comparison raises "used more than sold" only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

import structlog
from pydantic import JsonValue

from services.reconciliation.vendors.connector import WHOLE_ACCOUNT
from services.reconciliation.vendors.watchguard.accounts import AccountIds
from services.reconciliation.vendors.watchguard.answers import field, text, whole
from services.reconciliation.vendors.watchguard.calls import Calls
from services.reconciliation.vendors.watchguard.config import WatchGuardConfig
from services.reconciliation.vendors.watchguard.paging import Page, all_pages, page_of
from services.reconciliation.vendors.watchguard.refusals import Call

_PATHS: Final = {
    "watchguard": "/rest/endpoint-security/management/api/v1",
    "aether": "/rest/aether-endpoint-security/aether-mgmt/api/v1",
}
_ASSIGNED, _KNOWN_STATUSES = 0, frozenset({0, 1, 2, 3})
_log = structlog.get_logger("watchguard")


class Devices:
    """The devices of one account after another."""

    def __init__(self, calls: Calls, config: WatchGuardConfig, ids: AccountIds) -> None:
        self._calls, self._config, self._ids = calls, config, ids

    async def count_used(self, account_id: str) -> Mapping[str, int]:
        """Devices with an assigned licence by product key, or all of the account under WHOLE_ACCOUNT.

        The public fields of a device name no product; where an answer has one, it counts. A status that is not known is
        not counted. Raises VendorError: with a page missing there is no number.
        """
        account, size = self._ids.spelled(account_id), self._config.devices_page_size
        doing = f"count the devices of account {account_id}"
        path = f"{_PATHS[self._config.platform]}/accounts/{quote(account, safe='')}/devices"

        async def read(offset: int) -> Page:
            params = {"$top": str(size), "$skip": str(offset), "$count": "true", "$orderby": "hostname desc"}
            call = Call("GET", path, doing, params=params, account=account, on_behalf=True)
            return page_of(await self._calls.ask(call), "data", doing)

        used: Counter[str] = Counter()
        seen: set[str] = set()
        async for page in all_pages(read, size):
            for row in page.rows:
                if (product := _counted_for(row, seen, account_id)) is not None:
                    used[product] += 1
        return dict(used)


def _counted_for(row: JsonValue, seen: set[str], account_id: str) -> str | None:
    """The product key that a device uses a seat of; None for one that uses none, or was counted on another page."""
    if not isinstance(row, dict):
        return None
    status = whole(field(row, "license_status"))
    if status not in _KNOWN_STATUSES:
        _log.warning("license status not known", account=account_id, status=text(field(row, "license_status")))
    device = text(field(row, "device_id"))
    if status != _ASSIGNED or (device is not None and device in seen):
        return None
    if device is not None:
        seen.add(device)
    product = text(field(row, "product_name", "product", "license_product"))
    return WHOLE_ACCOUNT if product is None else product.lower()
