"""What a page asks of other services and of the broker may take its time: it holds no connection meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import httpx
import pytest
from psycopg_pool import AsyncConnectionPool

from services.console.system import System
from services.reconciliation.projection import SPEC as RECONCILIATION
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.log.records import Partition
from shared.projections.status import StatusReport
from tests.infrastructure.billing_system import BillingSystem
from tests.infrastructure.brokers import Broker
from tests.infrastructure.vendors import VendorInMemory
from tests.integration.console.visitor import console_over
from tests.integration.reconciliation.reconciled import compared, held, in_system, ordered, swept

pytestmark = [pytest.mark.broker, pytest.mark.database]

_SOON_S = 5.0
_YEARLY = ordered(1, 10, unit_price="365.00", term="P1Y", billing_frequency="P1Y", nce=True)


@dataclass
class Meanwhile(System):
    """A system that is looked at while somebody opens another page, which needs the console's one connection."""

    connections: AsyncConnectionPool = field(kw_only=True)
    looked: list[str] = field(default_factory=list)

    async def another_page(self, asked: str) -> None:
        async with self.connections.connection(timeout=_SOON_S):
            self.looked.append(asked)

    async def ends(self, partitions: Collection[Partition]) -> Mapping[Partition, int] | None:
        await self.another_page("ends of the log")
        return None

    async def report(self) -> StatusReport | None:
        await self.another_page("report")
        return None


def test_other_pages_open_while_a_service_or_the_broker_is_asked(database: str, empty_broker: Broker) -> None:
    async def told(running: BillingSystem) -> None:
        await swept(running, VendorInMemory(held={"acc-1": [held(1, 12)]}))
        await compared(running)
        async with console_over(running.dsn) as console, console.visitor() as visitor:
            connections: AsyncConnectionPool = console.app.state.connections
            await connections.resize(1, 1)
            meanwhile = Meanwhile(running.dsn, connections=connections)
            console.app.state.system = meanwhile

            async def service(request: httpx.Request) -> None:
                await meanwhile.another_page(request.url.host)

            console.services.event_hooks = {"request": [service]}
            overview = await visitor.look("/")
            await visitor.look("/replay")
            await visitor.look("/replay/positions")
            row = await visitor.look("/reconciliation/rows/microsoft/s:S1")
            form = await visitor.look("/reconciliation/act?vendor=microsoft&row=s:S1&action=IGNORE")
            asked = await visitor.send(form, "See what comes of it", reason="as agreed")
            await visitor.send(asked, "Ignore")
        assert "Seats differ" in row.words
        assert "Microsoft Seats differ 1" in overview.words
        assert meanwhile.looked == [
            "report", "ends of the log", "ends of the log", "reconciliation", "reconciliation", "reconciliation",
            "reconciliation",
        ]  # fmt: skip

    in_system(database, empty_broker, told, ours=[_YEARLY], specs=(SUBSCRIPTIONS, RECONCILIATION))
