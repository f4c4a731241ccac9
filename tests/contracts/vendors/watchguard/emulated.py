"""A WatchGuard Cloud of this machine, over HTTP, and connectors that speak to it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
import uvicorn

from deploy.emulators.watchguard.app import create_app
from deploy.emulators.watchguard.seed import Seed, SeedAccount, SeedAllocation
from deploy.emulators.watchguard.state import State
from services.reconciliation.vendors.connector import Connector, Provision, VendorAccount, VendorError
from services.reconciliation.vendors.watchguard.config import WatchGuardConfig
from services.reconciliation.vendors.watchguard.connector import PandaConnector

Found = TypeVar("Found")

ACCESS_ID, PASSWORD, API_KEY = "access-id-of-tests", "password-of-tests", "api-key-of-tests"
OWN = "WGC-1-5eed00000001"
BAKERY, HARBOUR, MILL, EMPTY = "ACC-1000001", "ACC-1000002", "WGC-1-0a1b2c3d4e5f", "ACC-1000009"
NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
OFFERS = {
    "panda-epdr": {"product_name": "EPDR", "family": "endpoint", "trial_type": "Trial"},
    "panda-epp": {"product_name": "EPP", "family": "endpoint"},
    "panda-patch": {"product_name": "Patch Management"},
    "panda-flex": {"product_name": "EDR", "allocation_type": "Subscription"},
}


def seeds(*accounts: SeedAccount, **more: Any) -> Seed:
    return Seed(
        account=OWN, access_id=ACCESS_ID, password=PASSWORD, api_key=API_KEY, accounts=list(accounts or THREE), **more
    )


def held(product: str, quantity: int | None, **more: Any) -> SeedAllocation:
    return SeedAllocation(productName=product, quantity=quantity, **more)


THREE = (
    SeedAccount(accountId=BAKERY, name="Northwind Bakery", seats_used=3,
                allocations=[held("EPDR", 20, licenseExpiryDate="2027-01-31")]),
    SeedAccount(accountId=HARBOUR, name="Harbour Logistics", seats_used=2,
                allocations=[held("EPP", 10), held("Patch Management", 10)]),
    SeedAccount(accountId=MILL, name="Old Mill Studio", delegated=True,
                allocations=[held("EDR", 5, licenseExpiryDate="2026-01-31")]),
)  # fmt: skip


def numbered(count: int) -> list[SeedAccount]:
    return [SeedAccount(accountId=f"ACC-{number:07}", name=f"Customer {number}") for number in range(count)]


class Emulated:
    """A running emulator: what it knows, which traps are set, what it was asked."""

    def __init__(self, url: str, state: State) -> None:
        self.url, self.state = url, state

    def seed(self, *accounts: SeedAccount, **more: Any) -> None:
        self.state.reset(seeds(*accounts, **more))

    def trap(self, **traps: Any) -> None:
        """Set traps as a test or a demonstration does, while it runs."""
        httpx.put(f"{self.url}/_emulator/traps", json=traps).raise_for_status()

    def asked(self, part: str = "", method: str | None = None) -> list[dict[str, Any]]:
        """The calls whose path holds a part, in order."""
        return [
            call for call in self.state.calls
            if part in str(call["path"]) and method in (None, call["method"])
        ]  # fmt: skip

    def quantities(self, account_id: str) -> dict[str, int | None]:
        return {each.productName: each.quantity for each in self.state.accounts[account_id].allocations}


@contextmanager
def emulated() -> Iterator[Emulated]:
    app = create_app(seeds())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Emulated(f"http://127.0.0.1:{port}", app.state.emulator)
    finally:
        server.should_exit = True
        thread.join()


def configuration(address: str, **more: Any) -> WatchGuardConfig:
    given: dict[str, Any] = {
        "account": OWN, "access_id": ACCESS_ID, "password": PASSWORD, "api_key": API_KEY, "address": address,
        "offers": OFFERS, "first_wait_seconds": 0.001, "contact_first_name": "Ada", "contact_last_name": "Byron",
        "contact_email": "ada@example.com", "requests_per_second": 100,
    }  # fmt: skip
    return WatchGuardConfig(**(given | more))


def speaking(
    emulator: Emulated, work: Callable[[PandaConnector], Awaitable[Found]], *, now: datetime = NOW,
    clock: Callable[[], float] = time.monotonic, **more: Any,
) -> Found:  # fmt: skip
    """What comes of work with a connector of its own."""

    async def scenario() -> Found:
        connector = PandaConnector(configuration(emulator.url, **more), now=lambda: now, clock=clock)
        _as_every_vendor(connector)
        try:
            return await work(connector)
        finally:
            await connector.aclose()

    return asyncio.run(scenario())


def _as_every_vendor(connector: Connector) -> None:
    assert connector.vendor == "panda"


async def all_of(accounts: AsyncIterator[VendorAccount]) -> tuple[list[VendorAccount], VendorError | None]:
    """The accounts that come, and the error after them."""
    found: list[VendorAccount] = []
    try:
        async for account in accounts:
            found.append(account)
    except VendorError as error:
        return found, error
    return found, None


def order(product: str = "panda-epdr", quantity: int = 7, **more: Any) -> Provision:
    """Of an account that holds nothing, if `account_id` names no other."""
    given: dict[str, Any] = {
        "account_id": EMPTY.lower(), "subscription_id": "sub-1", "product_id": product, "family": None,
        "quantity": quantity, "term": "P1Y", "is_trial": False, "request_id": "order-1/1",
    }  # fmt: skip
    return Provision(**(given | more))
