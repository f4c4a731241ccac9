"""Live: events written to a real broker until they stand in the rows of every projection; and how long one takes.

The events are those of a replay's history: the same mix, in the order in which things happened.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import orjson

from services.prepare import prepare
from shared.log.outgoing import Outgoing
from shared.log.writer import LogWriter
from shared.store.config import Config
from shared.store.pool import connect
from tests.benchmarks.history import Size, history
from tests.benchmarks.processes import service
from tests.infrastructure.billing_system import BillingSystem, Event
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.topics import delete_all_topics

_EVENTS = 20_000
_ROUNDS = 3
_RATE = 500
_LATENCY_EVENTS = 10_000
_POLL_S = 0.02
_SEEN = "SELECT subscription, quantity FROM read.subscriptions WHERE subscription = ANY(%s)"
# Where a row shows an event, by the event's type: its subscription is there, or has the seats that it said.
_SHOWN = frozenset({"OrderExecuted", "LicensesChanged"})
# More than any history says, and another for each event: so a row tells which event it shows.
_SEATS = 1_000

_WARM: Event = {
    "id": "warm", "source": "urn:bench", "type": "OrderExecuted", "time": "2024-12-01T08:00:00Z",
    "data": {"order_id": "warm", "currency": "EUR", "customer": {"id": "warm"},
             "items": [{"subscription_id": "warm", "product": {"id": "p"}, "quantity": 1, "unit_price": "1.00"}]},
}  # fmt: skip


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
    system = await _system(broker, server)
    records = list(history(Size(_EVENTS)))
    with _projectors(system):
        await _warm(system)
        began = time.perf_counter()
        await system.write(records)
        await system.settled(600)
        return len(records) / (time.perf_counter() - began)


@contextmanager
def _projectors(system: BillingSystem) -> Iterator[None]:
    with ExitStack() as running:
        for name in ("orders", "subscriptions", "invoicing"):
            running.enter_context(service(f"services.{name}.projector", system))
        yield


async def _warm(system: BillingSystem) -> None:
    """One event through everything: the projectors have joined and imported what they need."""
    await system.emit([_WARM])
    await system.settled(120)


async def _p99(broker: Broker, server: Databases) -> float:
    """Milliseconds from sending an event to its row in `read.subscriptions`, which is looked for 50 times a second."""
    system = await _system(broker, server)
    waiting: dict[str, dict[int, float]] = {}
    waits: list[float] = []
    with _projectors(system):
        await _warm(system)
        async with LogWriter(system.broker) as writer, asyncio.TaskGroup() as tasks:
            sent = asyncio.Event()
            tasks.create_task(_watch(system, waiting, waits, sent))
            began = time.perf_counter()
            for number, record in enumerate(filter(_is_sent, history(Size(_LATENCY_EVENTS))), 1):
                await asyncio.sleep(max(0.0, began + number / _RATE - time.perf_counter()))
                told, seats = _numbered(record, number)
                if seats is not None:
                    subscription, count = seats
                    waiting.setdefault(subscription, {})[count] = time.perf_counter()
                tasks.create_task(writer.write([told]))
            sent.set()
    waits.sort()
    return waits[int(len(waits) * 0.99)] * 1000


def _type(record: Outgoing) -> str:
    return dict(record.headers)["ce_type"].decode()


def _is_sent(record: Outgoing) -> bool:
    """Nothing that ends or suspends a subscription: its seats would not be shown any more."""
    return _type(record) in _SHOWN or _type(record) in ("OrderPlaced", "PriceChanged")


def _numbered(record: Outgoing, number: int) -> tuple[Outgoing, tuple[str, int] | None]:
    """A record whose seats are a number of its own, and which seats of which subscription show it."""
    kind = _type(record)
    if kind not in _SHOWN or record.value is None:
        return record, None
    data = orjson.loads(record.value)
    said = data if kind == "LicensesChanged" else data["items"][0]
    said["quantity"] = _SEATS + number
    told = Outgoing(record.topic, record.key, orjson.dumps(data), record.headers)
    return told, (str(said["subscription_id"]), _SEATS + number)


async def _watch(
    system: BillingSystem, waiting: dict[str, dict[int, float]], waits: list[float], sent: asyncio.Event
) -> None:
    """Take away what a row shows, and what was said of its subscription before that."""
    async with await connect(system.dsn) as connection:
        while waiting or not sent.is_set():
            await asyncio.sleep(_POLL_S)
            rows = await connection.execute(_SEEN, [list(waiting)])
            for subscription, quantity in await rows.fetchall():
                now = time.perf_counter()
                left = waiting[subscription]
                for number in [number for number in left if number <= quantity]:
                    waits.append(now - left.pop(number))
                if not left:
                    del waiting[subscription]
