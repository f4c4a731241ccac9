"""Allocations of an account out of the summary that WatchGuard gives of them.

UNVERIFIED AGAINST A LIVE TENANT: the shape of that answer is not public; of its fields, licenseExpiryDate and
daysUntilExpiry were seen in use. So an allocation is found wherever an object has a number of seats beside the name of
a product, in a field or as the key it stands under; docs/vendors/panda.md says what the first live run should check.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import quote

from pydantic import JsonValue

from services.reconciliation.vendors.connector import Entitlement
from services.reconciliation.vendors.watchguard.answers import (
    Record,
    Unreadable,
    end_of,
    field,
    flag,
    last_moment,
    scalar,
    text,
    whole,
)
from services.reconciliation.vendors.watchguard.config import SUBSCRIPTION
from shared.events.models.reconciliation import Status

_PRODUCT: Final = ("productName", "product", "licenseProduct", "productType")
_QUANTITY: Final = (
    "allocatedQuantity", "quantityAllocated", "totalAllocated", "allocated", "quantity", "maxQuantity", "seats",
)  # fmt: skip
_USED: Final = ("usedQuantity", "quantityUsed", "used", "inUse")
_EXPIRY: Final = ("allocationExpiryDate", "licenseExpiryDate", "expiryDate", "expirationDate")
_DAYS_LEFT: Final = ("daysUntilExpiry", "daysToExpire")
_NOT_ALLOCATED: Final = frozenset({"unallocated", "available"})
_PAGING: Final = frozenset({"pagecontrols", "pagination"})
_EMPTY_WORDS: Final = frozenset({"unlimited", "nolimit"})
_MAX_ID = 200
# Events take years to 2199; an end that is written beyond them stands for none.
_LAST_YEAR: Final = 2198


@dataclass(frozen=True, slots=True)
class Allocation:
    """Licences of a product that an account holds. Words are the vendor's; `ends` is the last moment, UTC."""

    account_id: str
    product_name: str
    allocation_type: str
    quantity: int
    license: str | None = None
    used: int | None = None
    expiry_type: str | None = None
    ends: datetime | None = None
    is_trial: bool | None = None
    raw_status: str | None = None

    @property
    def product_key(self) -> str:
        return self.product_name.lower()

    @property
    def vendor_subscription_id(self) -> str:
        """Account, product, type and, where it is shown, licence: what stays the same when it is allocated again.

        The vendor shows no id of an allocation, and one of the vendor's would not outlive a suspension (rule R8.5).
        """
        return allocation_id(self.account_id, self.product_name, self.allocation_type, self.license)

    def status(self, now: datetime) -> Status:
        """Expired once its end has passed, or the vendor's own word says so; else active (vendor status map of B8)."""
        if self.raw_status is not None and self.raw_status.strip().lower() == "expired":
            return "expired"
        return "expired" if self.ends is not None and now > self.ends else "active"

    def entitlement(self, now: datetime) -> Entitlement:
        status = self.status(now)
        ends = None if self.ends is None or self.ends.year > _LAST_YEAR else self.ends
        return Entitlement(
            self.vendor_subscription_id, self.product_key, self.quantity, status, self.raw_status or "",
            name=self.product_name, term_end=ends, is_trial=self.is_trial,
        )  # fmt: skip


def allocation_id(account_id: str, product: str, kind: str, licence: str | None) -> str:
    """Its parts in lower case, a slash between them."""
    parts = [account_id, product, kind, *([] if licence is None else [licence])]
    return "/".join(quote(part.lower(), safe=" ()+.:_-") for part in parts).lower()


def allocations_in(answer: JsonValue, account_id: str, now: datetime) -> tuple[Allocation, ...]:
    """All allocations of an answer. Unreadable where one of them, or the whole of it, cannot be read.

    A part that cannot be read makes the whole say nothing of the account: what is left out would look as if it ended.
    """
    found: dict[str, list[Allocation]] = {}
    for row, name in _rows(answer, None):
        allocation = _allocation(row, name, account_id, today_of(now))
        found.setdefault(allocation.vendor_subscription_id, []).append(allocation)
    if not found and not _says_none(answer):
        raise Unreadable("the summary holds no allocations that can be recognised")
    return tuple(_the_one(same, now) for same in found.values())


def _the_one(same: list[Allocation], now: datetime) -> Allocation:
    """Of rows with one id the one that runs: one that has expired and was renewed may still be shown beside it."""
    running = [each for each in same if each.status(now) == "active"]
    if len(running) > 1:
        raise Unreadable(
            f"{running[0].product_name[:40]!r} is allocated {len(running)} times, and which is which is not shown"
        )
    return running[0] if running else max(same, key=lambda each: each.ends or now)


def _rows(value: JsonValue, name: str | None) -> Iterator[tuple[Record, str | None]]:
    if isinstance(value, list):
        for each in value:
            yield from _rows(each, None)
    elif isinstance(value, dict):
        if scalar(value, *_QUANTITY, *_EXPIRY, *_DAYS_LEFT):
            yield value, name
        else:
            for key, each in value.items():
                if key.lower() not in _NOT_ALLOCATED:
                    yield from _rows(each, key)


def _says_none(answer: JsonValue) -> bool:
    """An empty list, or an object whose lists and objects are all empty; with no list at all it says nothing."""
    if isinstance(answer, list):
        return all(map(_says_none, answer))
    if not isinstance(answer, dict):
        return False
    inside = [
        each
        for key, each in answer.items()
        if isinstance(each, list | dict) and key.lower() not in _NOT_ALLOCATED | _PAGING
    ]
    return bool(inside) and all(each == {} or _says_none(each) for each in inside)


def _allocation(row: Record, name: str | None, account_id: str, today: date) -> Allocation:
    product = field(row, *_PRODUCT)
    product_name = text(field(product, "name", "productName")) if isinstance(product, dict) else text(product)
    product_name = product_name or name
    if product_name is None:
        raise Unreadable("an allocation names no product")
    kind = text(field(row, "allocationType", "licenseType", "type")) or ""
    used = whole(field(row, *_USED))
    quantity = whole(field(row, *_QUANTITY))
    if quantity is None and kind.lower() == SUBSCRIPTION and _is_open(field(row, *_QUANTITY)):
        quantity = used  # as many as are used: what is reported is what is had (rule R8.6)
    if quantity is None:
        raise Unreadable(f"the quantity of {product_name[:40]!r} is no number of seats")
    trial = flag(field(row, "isTrial", "trial"))
    found = Allocation(
        account_id, product_name, kind, quantity,
        license=text(field(row, "serialOrLicense", "licenseKey", "license")),
        used=used,
        expiry_type=text(field(row, "allocationExpiryType", "expiryType")),
        ends=_end(row, today),
        is_trial="trial" in kind.lower() if trial is None else trial,
        raw_status=text(field(row, "status", "allocationStatus", "licenseStatus")),
    )  # fmt: skip
    if len(found.vendor_subscription_id) > _MAX_ID:
        raise Unreadable(f"the name of {product_name[:40]!r} is too long")
    return found


def _is_open(quantity: JsonValue) -> bool:
    return quantity is None or quantity == -1 or (text(quantity) or "").replace(" ", "").lower() in _EMPTY_WORDS


def _end(row: Record, today: date) -> datetime | None:
    written = field(row, *_EXPIRY)
    if written is not None:
        return last_moment(written)
    days = field(row, *_DAYS_LEFT)
    if isinstance(days, int) and not isinstance(days, bool) and abs(days) < 36_500:
        return end_of(today + timedelta(days))
    return None


def today_of(now: datetime) -> date:
    """The day that vendor dates are read on: UTC."""
    return now.astimezone(UTC).date()
