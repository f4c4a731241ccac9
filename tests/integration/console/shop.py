"""What the tests of the console sell: through the APIs, as a distributor's own systems would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from services.invoicing.projection import SPEC as INVOICING
from services.orders.projection import SPEC as ORDERS
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem, billing_system
from tests.infrastructure.tokens import bearer, made_token
from tests.integration.console.visitor import Console, console_over

Json = dict[str, Any]
OFFICE: Final[Json] = {
    "name": "Office", "term": "P1Y", "anchor": "order_day", "billing_plans": ["P1M"],
    "prices": [{"currency": "EUR", "term": "P1Y", "billing_frequency": "P1Y", "unit_price": "120.00",
                "unit_cost": "100.00"}],
}  # fmt: skip
MAIL: Final[Json] = {
    "name": "Mail", "term": "P1M",
    "prices": [{"currency": "EUR", "term": "P1M", "billing_frequency": "P1M", "unit_price": "4.00"}],
}  # fmt: skip
_ENABLED: Final = {"key": "billing_plans_enabled", "value": True}
_SET_UP: Final = (
    ("POST", "/v1/resellers", {"id": "res-1", "name": "Aegean Cloud"}),
    ("POST", "/v1/resellers", {"id": "res-2", "name": "Severn"}),
    ("PUT", "/v1/products/office", OFFICE),
    ("PUT", "/v1/products/mail", MAIL),
    ("POST", "/v1/settings", {**_ENABLED, "scope": "organisation"}),
)
# A scenario that hangs ends its test, not the session.
_PATIENCE_S: Final = 180


@dataclass(frozen=True)
class Shop:
    """A console over a system that runs, and its APIs for what happens beside it."""

    system: BillingSystem
    console: Console
    headers: dict[str, str]

    async def ask(self, service: str, method: str, path: str, body: Any = None) -> Any:
        """What an API answers to the distributor."""
        answer = await self.console.services.request(method, f"http://{service}{path}", json=body, headers=self.headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def customer(self, name: str, reseller: str | None = None) -> None:
        """One who may pay in installments, 5 % dearer, with 24 % tax."""
        account = {"id": name, "name": f"{name} Ltd", "tax_rate": "0.24", "extra_charge_rate": "0.05"}
        await self.ask("orders", "POST", "/v1/customers", account | ({"reseller_id": reseller} if reseller else {}))
        await self.ask("orders", "POST", "/v1/settings", {**_ENABLED, "scope": "customer", "scope_id": name})
        await self.system.settled()

    async def order(self, customer: str, *, execute: bool = True, **item: Any) -> None:
        """The order `ord-` and the customer's name, with one item; all of it projected."""
        body = {"order_id": f"ord-{customer}", "currency": "EUR", "customer": {"id": customer}, "execute": execute,
                "items": [{"product": "office", "quantity": 10, **item}]}  # fmt: skip
        await self.ask("orders", "POST", "/v1/orders", body)
        await self.system.settled()

    async def bill(self) -> date:
        """Close the next day that is open; gives the day."""
        await self.system.settled()
        ((last,),) = await self.system.query(
            "SELECT max(day) FROM invoicing.billing_run WHERE completed_at IS NOT NULL"
        )
        today = datetime.now(UTC).date()
        day = today if last is None or last < today else last + timedelta(days=1)
        await self.system.run(day, early=True)
        await self.system.settled()
        return day

    async def documents(self, recipient: str) -> list[tuple[Any, ...]]:
        """Kind, net and gross of what somebody was sent."""
        return await self.system.query(
            "SELECT kind, net, gross FROM read.documents WHERE recipient = %s ORDER BY date, number", recipient
        )

    @asynccontextmanager
    async def standing_still(self) -> AsyncIterator[None]:
        """No projection goes on meanwhile."""
        async with await connect(self.system.dsn) as connection, connection.transaction():
            await connection.execute("LOCK TABLE orders_g1.position, subscriptions_g1.position IN EXCLUSIVE MODE")
            yield


@asynccontextmanager
async def shop(dsn: str, broker: str) -> AsyncIterator[Shop]:
    """Two resellers, a product with a billing plan, and one that is paid by the month."""
    async with (
        billing_system(dsn, broker, specs=(ORDERS, SUBSCRIPTIONS, INVOICING)) as system,
        console_over(dsn) as console,
    ):
        opened = Shop(system, console, bearer(await made_token(dsn, "distributor")))
        for method, path, body in _SET_UP:
            await opened.ask("orders", method, path, body)
        await system.settled()
        yield opened


Scenario = Callable[[Shop], Awaitable[None]]
InShop = Callable[[Scenario], None]


@contextmanager
def opened(dsn: str, broker: str) -> Iterator[InShop]:
    """One shop for many tests: what is yielded runs a scenario in it. The system goes on in a thread of its own."""
    ready: Future[tuple[Shop, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def keep() -> None:
        try:
            async with shop(dsn, broker) as kept:
                closing = asyncio.Event()
                ready.set_result((kept, asyncio.get_running_loop(), closing))
                await closing.wait()
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(asyncio.run, keep())
        kept, loop, closing = ready.result()
        try:
            yield lambda scenario: asyncio.run_coroutine_threadsafe(_played(scenario, kept), loop).result(_PATIENCE_S)
        finally:
            loop.call_soon_threadsafe(closing.set)
            running.result()


async def _played(scenario: Scenario, kept: Shop) -> None:
    await scenario(kept)
