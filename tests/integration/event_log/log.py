"""Events written to the broker of the tests, as upstream systems write them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer

from shared.errors import UNAVAILABLE, UserError
from shared.log.topics import ensure_topics
from shared.log.writer import LogWriter, Outgoing
from tests.infrastructure.billing_system import Event, record_of
from tests.infrastructure.brokers import Broker


def seats(subscription: str, quantity: int, *, id: str = "", source: str = "urn:test") -> Event:
    """A change of licences."""
    data = {"subscription_id": subscription, "customer_id": f"of {subscription}", "quantity": quantity}
    return {"id": id or f"{subscription}-{quantity}", "source": source, "type": "LicensesChanged",
            "time": "2026-01-25T09:00:00Z", "data": data}  # fmt: skip


def price(amount: str) -> Event:
    data = {"product_id": "office", "currency": "EUR", "unit_price": amount, "effective_from": "2026-06-01"}
    return {"id": f"price-{amount}", "source": "urn:test", "type": "PriceChanged", "time": "2026-01-25T09:00:00Z",
            "data": data}  # fmt: skip


def prepared(broker: Broker, partitions: int = 3) -> None:
    asyncio.run(ensure_topics(broker.address, partitions=partitions))


def write(broker: Broker, *said: Event | Outgoing) -> None:
    """Write them one after the other, in this order."""

    async def writing() -> None:
        async with LogWriter(broker.address) as writer:
            await writer.write([one if isinstance(one, Outgoing) else record_of(one) for one in said])

    asyncio.run(writing())


def write_and_take_back(broker: Broker, *said: Event) -> None:
    """Write them in a transaction that is aborted: offsets are taken, and nobody sees anything."""

    async def writing(records: Sequence[Outgoing]) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=broker.address, transactional_id="upstream")
        await producer.start()
        try:
            await producer.begin_transaction()
            for one in records:
                await producer.send_and_wait(one.topic, one.value, one.key, headers=list(one.headers))
            await producer.abort_transaction()
        finally:
            await producer.stop()

    asyncio.run(writing([record_of(one) for one in said]))


def no_database() -> str:
    raise UserError("No database is known", UNAVAILABLE)
