"""Live: events written to a real broker until they stand in the rows of every projection; and how long one takes."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from contextlib import ExitStack

from services.prepare import prepare
from shared.log.writer import LogWriter, Outgoing
from shared.store.config import Config
from tests.benchmarks.processes import service
from tests.infrastructure.billing_system import BillingSystem, record_of
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.topics import delete_all_topics

_SUBSCRIPTIONS = 2_000
_CHANGES = 18_000
_ROUNDS = 3
_RATE = 500
_LATENCY_EVENTS = 5_000
_POLL_S = 0.01


def order(number: int, prefix: str = "sub") -> Outgoing:
    """An order of one subscription."""
    return record_of(
        {"id": f"order-{prefix}-{number}", "source": "urn:bench", "type": "OrderExecuted",
         "time": "2026-01-05T08:00:00Z",
         "data": {"order_id": f"{prefix}-{number}", "currency": "EUR",
                  "reseller": {"id": f"res-{number % 20}", "tax_rate": "0.24"},
                  "customer": {"id": f"cus-{number % 400}"},
                  "items": [{"subscription_id": f"{prefix}-{number}", "product": {"id": f"p-{number % 10}"},
                             "quantity": 5, "unit_price": "10.00"}]}}
    )  # fmt: skip


def seats(number: int, chance: random.Random) -> Outgoing:
    """A change of seats of one of the subscriptions."""
    subscription = chance.randrange(_SUBSCRIPTIONS)
    day = f"2026-{2 + number * 9 // _CHANGES:02d}-{1 + number % 28:02d}"
    return record_of(
        {"id": f"seats-{number}", "source": "urn:bench", "type": "LicensesChanged", "time": f"{day}T08:00:00Z",
         "data": {"subscription_id": f"sub-{subscription}", "customer_id": f"cus-{subscription % 400}",
                  "quantity": chance.randint(1, 50)}}
    )  # fmt: skip


def measure(broker: Broker, server: Databases) -> dict[str, float]:
    """`live_events_per_s` into the projections of all three services; `live_p99_ms` at 500 events/s (one round)."""
    rates = [asyncio.run(_throughput(broker, server)) for _ in range(_ROUNDS)]
    return {
        "live_events_per_s": round(statistics.median(rates)),
        "live_p99_ms": round(asyncio.run(_p99(broker, server)), 1),
    }


async def _system(broker: Broker, server: Databases) -> BillingSystem:
    await asyncio.to_thread(delete_all_topics, broker.address)
    dsn = server.create()
    await prepare(Config(database=dsn, broker=broker.address, partitions=4))
    return BillingSystem(dsn, broker.address)


async def _throughput(broker: Broker, server: Databases) -> float:
    system, chance = await _system(broker, server), random.Random(7)
    records = [order(number) for number in range(_SUBSCRIPTIONS)]
    records += [seats(number, chance) for number in range(_CHANGES)]
    with ExitStack() as running:
        for name in ("orders", "subscriptions", "invoicing"):
            running.enter_context(service(f"services.{name}.projector", system))
        await _warm(system)
        began = time.perf_counter()
        await system.write(records)
        await system.settled(600)
        return len(records) / (time.perf_counter() - began)


async def _warm(system: BillingSystem) -> None:
    """One event through everything: the projectors have joined and imported what they need."""
    await system.write([order(0, "warm")])
    await system.settled(120)


async def _p99(broker: Broker, server: Databases) -> float:
    system = await _system(broker, server)
    sent: dict[str, float] = {}
    seen: dict[str, float] = {}
    with ExitStack() as running:
        for name in ("orders", "subscriptions", "invoicing"):
            running.enter_context(service(f"services.{name}.projector", system))
        await _warm(system)
        async with LogWriter(system.broker) as writer, asyncio.TaskGroup() as tasks:
            tasks.create_task(_watch(system, sent, seen))
            began = time.perf_counter()
            for number in range(_LATENCY_EVENTS):
                await asyncio.sleep(max(0.0, began + number / _RATE - time.perf_counter()))
                sent[f"late-{number}"] = time.perf_counter()
                tasks.create_task(writer.write([order(number, "late")]))
    waits = sorted((seen[name] - sent[name]) * 1000 for name in sent)
    return waits[int(len(waits) * 0.99)]


async def _watch(system: BillingSystem, sent: dict[str, float], seen: dict[str, float]) -> None:
    while len(seen) < _LATENCY_EVENTS:
        waiting = [name for name in sent if name not in seen]
        rows = await system.query("SELECT subscription FROM read.subscriptions WHERE subscription = ANY(%s)", waiting)
        now = time.perf_counter()
        seen |= {name: now for (name,) in rows}
        await asyncio.sleep(_POLL_S)
