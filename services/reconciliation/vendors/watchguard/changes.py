"""Carrying out a change of allocations, and looking whether it shows: the answer itself tells little that is public."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import structlog

from services.reconciliation.vendors.connector import Answer, Refused, VendorError
from services.reconciliation.vendors.watchguard.allocations import Allocations
from services.reconciliation.vendors.watchguard.calls import OutcomeUnknown
from services.reconciliation.vendors.watchguard.config import PREFIX, WatchGuardConfig
from services.reconciliation.vendors.watchguard.provisioning import already_there, in_full
from services.reconciliation.vendors.watchguard.summary import Allocation

Found = TypeVar("Found")
_log = structlog.get_logger("watchguard")


class Changes:
    """Changes of one account after another; that no two of an account overlap is for the caller."""

    def __init__(self, allocations: Allocations, config: WatchGuardConfig) -> None:
        self._allocations, self._config = allocations, config

    async def held(self, account_id: str, vendor_subscription_id: str) -> Allocation | None:
        wanted = vendor_subscription_id.lower()
        for allocation in await self._allocations.of(account_id):
            if allocation.vendor_subscription_id == wanted:
                return allocation
        return None

    async def assign(self, wanted: Allocation, now: datetime) -> Allocation | None:
        """Assign what is not there yet; gives it as the vendor shows it then, None where it does not show yet."""

        async def assigned() -> Allocation | None:
            return already_there(wanted, await self._allocations.of(wanted.account_id), now)

        return await self._carried_out(self._allocations.allocate(wanted, wanted.quantity), assigned)

    async def bring(self, name: str, allocation: Allocation, to: int) -> Answer:
        """The allocation of an id to another number of seats. Refused where the vendor ends up with a third one."""
        has = allocation.quantity
        sent = in_full(allocation, self._config.offers)
        if self._config.quantity_sent == "total":
            change = self._allocations.allocate(sent, to)
        elif to > has:
            change = self._allocations.allocate(sent, to - has)
        else:
            change = self._allocations.take_back(sent, has - to)
        shown = await self._carried_out(change, self._seats(allocation.account_id, name), was=has)
        if shown == to:
            return "done"
        if shown is None or shown == has:
            return "accepted"
        raise Refused(
            f"{name} was to go from {has} to {to} seats, and WatchGuard shows {shown} now: correct it there, and check "
            f"{PREFIX}QUANTITY_SENT"
        )

    async def take_back(self, account_id: str, name: str) -> Answer:
        """All seats of the allocation of an id; done where there is nothing to take back any more."""
        there = await self.held(account_id, name)
        if there is None:
            return "done"
        change = self._allocations.take_back(in_full(there, self._config.offers), there.quantity)
        shown = await self._carried_out(change, self._seats(account_id, name), was=there.quantity)
        return "done" if shown == 0 else "accepted"

    def _seats(self, account_id: str, name: str) -> Callable[[], Awaitable[int | None]]:
        async def seats() -> int | None:
            there = await self.held(account_id, name)
            return 0 if there is None else there.quantity

        return seats

    async def _carried_out(
        self, change: Awaitable[None], look: Callable[[], Awaitable[Found | None]], was: Found | None = None
    ) -> Found | None:
        """What shows after a change, None where looking fails.

        Where the outcome of the change is not known, looking may tell: OutcomeUnknown only where it shows what `was`.
        """
        unknown: OutcomeUnknown | None = None
        try:
            await change
        except OutcomeUnknown as error:
            unknown = error
        shown: Found | None = None
        try:
            shown = await look()
        except VendorError as error:
            _log.warning("a change cannot be looked at", reason=str(error))
        if unknown is not None and (shown is None or shown == was):
            raise unknown
        return shown
