"""The connector and the emulator, either in one event loop or with a process of its own between them."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic import SecretStr

from deploy.emulators.microsoft.app import AUDIENCE, build
from deploy.emulators.microsoft.seeding import Seed
from deploy.emulators.microsoft.state import State
from deploy.emulators.microsoft.traps import Traps
from deploy.local.processes import Command, free_port, start, stop, wait_until
from services.reconciliation.vendors.connector import Entitlement, VendorError
from services.reconciliation.vendors.microsoft.config import MicrosoftConfig
from services.reconciliation.vendors.microsoft.connector import MicrosoftConnector
from shared.readiness import READY_FILE
from tests.infrastructure.driven_loop import driven

T = TypeVar("T")

ADDRESS = "http://emulator:8123"
OFFER = "CFQ7TTC0LH18:0001:CFQ7TTC0P0WS"


def soon(days: int) -> str:
    """So many days from now, as Microsoft writes it: windows are open and closed by the emulator's own clock."""
    return (datetime.now(UTC) + timedelta(days=days)).isoformat().replace("+00:00", "7Z")


def new_commerce(subscription_id: str, **fields: Any) -> dict[str, Any]:
    """Ten seats, four of which can be given back."""
    return {
        "id": subscription_id, "offerId": OFFER, "quantity": 10, "status": "active", "autoRenewEnabled": True,
        "cancellationAllowedUntilDate": soon(5), "commitmentEndDate": "2027-06-04T00:00:00Z",
        "refundableQuantity": {"totalQuantity": 4, "details": [{"quantity": 4, "allowedUntilDateTime": soon(5)}]},
        "fieldOfNextYear": {"kept": [1, 2.5, None, "ä"]}, **fields,
    }  # fmt: skip


def old_commerce(subscription_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": subscription_id, "offerId": "DB2E705F-B82A-4024-A3D5-D88E12F2DB35", "quantity": 5,
        "attributes": {"etag": "first", "objectType": "Subscription"}, **fields,
    }  # fmt: skip


def seed(**customers: list[dict[str, Any]]) -> Seed:
    listed = [{"id": name, "companyName": name.title(), "subscriptions": has} for name, has in customers.items()]
    return Seed.model_validate({"customers": listed})


class LoginOfTheEmulator:
    """Tokens without msal, which waits on threads: for a loop whose clock is driven."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._kept: SecretStr | None = None
        self.all: list[str] = []

    async def token(self) -> SecretStr:
        if self._kept is None:
            form = {"grant_type": "client_credentials", "scope": f"{AUDIENCE}/.default"}
            answer = await self._client.post(f"{ADDRESS}/partner.example/oauth2/v2.0/token", data=form)
            self._kept = SecretStr(answer.json()["access_token"])
            self.all.append(self._kept.get_secret_value())
        return self._kept

    def forget(self, token: SecretStr) -> None:
        self._kept = None

    async def aclose(self) -> None:
        """The client is the connector's."""


class Emulated:
    """One emulator and one connector on a driven loop."""

    def __init__(self, planted: Seed, **traps: Any) -> None:
        self.state = State(traps=Traps(**traps))
        self.state.plant(planted)

    def run(self, scenario: Callable[[MicrosoftConnector], Awaitable[T]], **settings: Any) -> T:
        async def main() -> T:
            client = httpx.AsyncClient(transport=httpx.ASGITransport(build(self.state)))
            self.login = LoginOfTheEmulator(client)
            connector = MicrosoftConnector(emulated_config(**settings), tokens=self.login, client=client)
            try:
                return await scenario(connector)
            finally:
                await connector.aclose()

        return driven(main())

    def quantity(self, customer: str, subscription: str) -> int:
        held: int = self.state.customers[customer].subscriptions[subscription]["quantity"]
        return held


def emulated_config(address: str = ADDRESS, **more: Any) -> MicrosoftConfig:
    given: dict[str, Any] = {
        "tenant": "partner.example", "client_id": "app", "client_secret": SecretStr("s3cr3t"),
        "login_address": address, "api_address": address,
    }  # fmt: skip
    return MicrosoftConfig(**(given | more))


async def accounts(connector: MicrosoftConnector) -> list[str]:
    return [account.account_id async for account in connector.list_accounts()]


async def swept(
    connector: MicrosoftConnector, at_once: int = 20, listed: Sequence[str] | None = None
) -> Mapping[str, list[Entitlement] | VendorError]:
    """What a sweep finds of every customer: what it has, or why that is not known."""
    found: dict[str, list[Entitlement] | VendorError] = {}
    gate = asyncio.Semaphore(at_once)

    async def one(account_id: str) -> None:
        async with gate:
            try:
                found[account_id] = list(await connector.list_entitlements(account_id))
            except VendorError as error:
                found[account_id] = error

    await asyncio.gather(*[one(account_id) for account_id in listed or await accounts(connector)])
    return found


@contextmanager
def process(folder: Path, *arguments: str) -> Iterator[str]:
    """The emulator as it is run; its address."""
    port, ready = free_port(), folder / "ready"
    command = Command(
        "emulator", [sys.executable, "-m", "deploy.emulators.microsoft", "--port", str(port), *arguments],
        folder / "emulator.log", {READY_FILE: str(ready)},
    )  # fmt: skip
    running = start(command)
    try:
        wait_until(ready.exists, running, command)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(running, signal.SIGTERM, 10)
