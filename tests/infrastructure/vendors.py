"""A vendor that stands in memory: accounts, what each holds, and what fails; it counts what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.reconciliation.vendors.connector import (
    Answer,
    CustomerAtVendor,
    Entitlement,
    NoSuchAccount,
    NotReached,
    Provision,
    Refused,
    VendorAccount,
    VendorError,
)


@dataclass
class VendorInMemory:
    """A connector as the tests need it. `failing` says why an account does not answer; `list_fails` after how many."""

    vendor: str = "microsoft"
    held: dict[str, list[Entitlement]] = field(default_factory=dict)
    failing: dict[str, VendorError] = field(default_factory=dict)
    list_fails: int | None = None
    asked: list[str] = field(default_factory=list)
    used: dict[str, Mapping[str, int]] = field(default_factory=dict)
    refuses_to_provision: VendorError | None = None

    async def check_credentials(self) -> VendorAccount | None:
        return None

    async def list_accounts(self) -> AsyncIterator[VendorAccount]:
        for number, account in enumerate(sorted({*self.held, *self.failing})):
            if number == self.list_fails:
                raise NotReached("the vendor answered 503 for the list of accounts: try again later")
            yield VendorAccount(account, f"Customer of {account}")

    async def list_entitlements(self, account_id: str) -> Sequence[Entitlement]:
        self.asked.append(account_id)
        if account_id in self.failing:
            raise self.failing[account_id]
        if account_id not in self.held:
            raise NoSuchAccount(f"account {account_id} is not shown")
        return list(self.held[account_id])

    async def count_used(self, account_id: str) -> Mapping[str, int]:
        return self.used.get(account_id, {})

    async def ensure_account(self, customer: CustomerAtVendor) -> VendorAccount:
        self.held.setdefault(customer.customer_id, [])
        return VendorAccount(customer.customer_id, customer.name)

    async def provision(self, order: Provision) -> str:
        if self.refuses_to_provision is not None:
            raise self.refuses_to_provision
        vendor_id = f"of {order.request_id}"
        of_account = self.held.setdefault(order.account_id, [])
        if all(one.vendor_subscription_id != vendor_id for one in of_account):
            of_account.append(Entitlement(vendor_id, order.product_id, order.quantity, "active", "active"))
        return vendor_id

    async def change_quantity(self, account_id: str, vendor_subscription_id: str, to: int, request_id: str) -> Answer:
        return self._changed(account_id, vendor_subscription_id, quantity=to)

    async def suspend(self, account_id: str, vendor_subscription_id: str, request_id: str) -> Answer:
        return self._changed(account_id, vendor_subscription_id, status="suspended", raw_status="suspended")

    async def resume(
        self, account_id: str, vendor_subscription_id: str, request_id: str, *, quantity: int | None = None,
        term_end: datetime | None = None,
    ) -> Answer:  # fmt: skip
        return self._changed(account_id, vendor_subscription_id, status="active", raw_status="active")

    async def cancel(self, account_id: str, vendor_subscription_id: str, reason: str, request_id: str) -> Answer:
        return self._changed(account_id, vendor_subscription_id, status="canceled", raw_status="deleted")

    def _changed(self, account_id: str, vendor_subscription_id: str, **values: Any) -> Answer:
        if account_id in self.failing:
            raise self.failing[account_id]
        ids = [one.vendor_subscription_id for one in self.held.get(account_id, ())]
        if vendor_subscription_id not in ids:
            raise Refused(f"account {account_id} has no subscription {vendor_subscription_id}")
        at = ids.index(vendor_subscription_id)
        self.held[account_id][at] = replace(self.held[account_id][at], **values)
        return "done"

    async def aclose(self) -> None:
        pass
