"""Invoice lines a second: one run over many resellers with a few subscriptions each, and over one with all of them."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import date

from services.prepare import prepare
from shared.log.outgoing import Outgoing
from shared.store.config import Config
from tests.infrastructure.billing_system import billing_system, record_of
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.topics import delete_all_topics

_MANY = 100_000, 1_000
_ONE = 20_000, 1
_ITEMS = 5


def _order(number: int, resellers: int) -> Outgoing:
    return record_of(
        {"id": f"order-{number}", "source": "urn:bench", "type": "OrderExecuted", "time": "2025-03-01T08:00:00Z",
         "data": {"order_id": f"ord-{number}", "currency": "EUR",
                  "reseller": {"id": f"res-{number % resellers}", "tax_rate": "0.24"},
                  "customer": {"id": f"cus-{number}"},
                  "items": [{"subscription_id": f"sub-{number}-{item}", "product": {"id": "p"}, "quantity": 5,
                             "unit_price": "10.00"} for item in range(_ITEMS)]}}
    )  # fmt: skip


def measure(broker: Broker, server: Databases) -> dict[str, float]:
    """`invoice_lines_per_s` with 100,000 subscriptions of 1,000 resellers, `…_one_reseller` with 20,000 of one.

    The run alone is timed, as the command makes it: a process a core looks at subscriptions. One round.
    """
    many = asyncio.run(_lines_per_s(broker, server, *_MANY))
    one = asyncio.run(_lines_per_s(broker, server, *_ONE))
    return {"invoice_lines_per_s": round(many), "invoice_lines_per_s_one_reseller": round(one)}


async def _lines_per_s(broker: Broker, server: Databases, subscriptions: int, resellers: int) -> float:
    await asyncio.to_thread(delete_all_topics, broker.address)
    dsn = server.create()
    await prepare(Config(database=dsn, broker=broker.address, partitions=4))
    async with billing_system(dsn, broker.address) as system:
        await system.write([_order(number, resellers) for number in range(subscriptions // _ITEMS)])
        await system.settled(1200)
        began = time.perf_counter()
        report = await system.run(date(2025, 3, 1), workers=os.cpu_count() or 1)
        return report.lines / (time.perf_counter() - began)
