"""The connector of Panda Security: what the rest of the system asks of it, done with allocations (rules B8)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import httpx
import structlog
from pydantic import SecretStr

from services.reconciliation.vendors.connector import (
    Answer,
    CustomerAtVendor,
    Entitlement,
    Misconfigured,
    Provision,
    Refused,
    VendorAccount,
)
from services.reconciliation.vendors.watchguard.accounts import AccountIds, Accounts
from services.reconciliation.vendors.watchguard.activations import Activation, Activations
from services.reconciliation.vendors.watchguard.allocations import Allocations
from services.reconciliation.vendors.watchguard.calls import Calls
from services.reconciliation.vendors.watchguard.changes import Changes
from services.reconciliation.vendors.watchguard.config import PREFIX, Offer, WatchGuardConfig
from services.reconciliation.vendors.watchguard.devices import Devices
from services.reconciliation.vendors.watchguard.provisioning import (
    already_there,
    asked_for,
    once_held,
    refuse_second,
)
from services.reconciliation.vendors.watchguard.summary import today_of

VENDOR: Final = "panda"
_log = structlog.get_logger("watchguard")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class PandaConnector:
    """Implements Connector. For one event loop; changes of one account wait for each other, reads do not.

    `transport` takes the place of the network; `now` (UTC) and `clock` (seconds, any origin) that of the time.
    """

    vendor: Final = VENDOR

    def __init__(
        self, config: WatchGuardConfig, *, transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], datetime] = _utc_now, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        ids = AccountIds()
        self._config, self._now = config, now
        self._calls = Calls(config, transport=transport, clock=clock)
        self._accounts = Accounts(self._calls, config, ids)
        self._allocations = Allocations(self._calls, config, ids, now)
        self._changes = Changes(self._allocations, config)
        self._devices = Devices(self._calls, config, ids)
        self._activations = Activations(self._calls, ids)
        self._changing: dict[str, asyncio.Lock] = {}

    async def aclose(self) -> None:
        await self._calls.aclose()

    async def check_credentials(self) -> VendorAccount:
        """Our own account as WatchGuard has it; raises Misconfigured where the credentials are not its (rule R8.1)."""
        return await self._accounts.own()

    def list_accounts(self) -> AsyncIterator[VendorAccount]:
        return self._accounts.all()

    async def list_entitlements(self, account_id: str) -> Sequence[Entitlement]:
        now = self._now()
        return [allocation.entitlement(now) for allocation in await self._allocations.of(account_id)]

    async def count_used(self, account_id: str) -> Mapping[str, int]:
        return await self._devices.count_used(account_id.lower())

    async def ensure_account(self, customer: CustomerAtVendor) -> VendorAccount:
        async with self._lock(f"named {customer.name.strip().casefold()}"):
            return await self._accounts.ensure(customer)

    async def provision(self, order: Provision) -> str:
        """Look first, then assign: asked twice it is assigned once, see `already_there` for how far that goes."""
        now = self._now()
        wanted = asked_for(order, self._offer(order.product_id), today_of(now))
        async with self._lock(order.account_id):
            held = await self._allocations.of(order.account_id)
            there = already_there(wanted, held, now)
            if there is None:
                refuse_second(wanted, order, held, self._config.families(), now)
                there = await self._changes.assign(wanted, now)
        name = (there or wanted).vendor_subscription_id
        _log.info("provisioned", subscription=order.subscription_id, allocation=name, request=order.request_id)
        return name

    async def change_quantity(self, account_id: str, vendor_subscription_id: str, to: int, request_id: str) -> Answer:
        if to < 1:
            raise Refused(f"{vendor_subscription_id} is to hold {to} seats: cancel it instead")
        async with self._lock(account_id):
            held = await self._changes.held(account_id, vendor_subscription_id)
            if held is None:
                raise Refused(
                    f"WatchGuard has no allocation {vendor_subscription_id} any more: look at the account first"
                )
            if held.quantity == to:
                return "done"
            answer = await self._changes.bring(vendor_subscription_id.lower(), held, to)
        _log.info("quantity changed", allocation=vendor_subscription_id, to=to, answer=answer, request=request_id)
        return answer

    async def suspend(self, account_id: str, vendor_subscription_id: str, request_id: str) -> Answer:
        """There is no suspension: the licences are taken back, and given again by `resume` (rule R8.5)."""
        async with self._lock(account_id):
            answer = await self._changes.take_back(account_id, vendor_subscription_id)
        _log.info("suspended", allocation=vendor_subscription_id, answer=answer, request=request_id)
        return answer

    async def resume(
        self, account_id: str, vendor_subscription_id: str, request_id: str, *, quantity: int | None = None,
        term_end: datetime | None = None,
    ) -> Answer:  # fmt: skip
        """Allocate again what `suspend` took back (rule R8.5): WatchGuard keeps nothing of it, so it is to be said."""
        async with self._lock(account_id):
            held = await self._changes.held(account_id, vendor_subscription_id)
            if held is not None and quantity in (None, held.quantity):
                return "done"
            if quantity is None or quantity < 1:
                raise Refused(
                    f"{vendor_subscription_id} was taken back when it was suspended: say how many seats it is to hold "
                    "again"
                )
            if held is None:
                held = once_held(self._config.offers, account_id, vendor_subscription_id, term_end)
            answer = await self._changes.bring(vendor_subscription_id.lower(), held, quantity)
        _log.info("resumed", allocation=vendor_subscription_id, to=quantity, answer=answer, request=request_id)
        return answer

    async def cancel(self, account_id: str, vendor_subscription_id: str, reason: str, request_id: str) -> Answer:
        """Take the licences back. The reason code has to be there (rule R8.5), though no public field takes it."""
        if not reason.strip():
            raise Refused(f"Cancelling {vendor_subscription_id} needs a reason code: give one")
        async with self._lock(account_id):
            answer = await self._changes.take_back(account_id, vendor_subscription_id)
        _log.info("cancelled", allocation=vendor_subscription_id, reason=reason, answer=answer, request=request_id)
        return answer

    async def activate(self, key: SecretStr, account_id: str | None = None) -> Activation:
        """Fill the licence pool by a key; `activation` says later how far it is."""
        return await self._activations.activate(key, account_id)

    async def activation(self, batch_id: str) -> Activation:
        return await self._activations.state(batch_id)

    def _lock(self, name: str) -> asyncio.Lock:
        return self._changing.setdefault(name.lower(), asyncio.Lock())

    def _offer(self, product_id: str) -> Offer:
        offer = self._config.offers.get(product_id)
        if offer is None:
            raise Misconfigured(
                f"How product {product_id} is allocated at WatchGuard is not configured: add it to {PREFIX}OFFERS"
            )
        return offer
