"""What is read of a projection when it is scraped: from a database and a broker as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from prometheus_client import Metric

from shared.log.topics import ensure_topics
from shared.log.writer import LogWriter, Outgoing
from shared.projections.gauges import gauges
from shared.store.pool import connect
from tests.infrastructure.brokers import Broker
from tests.infrastructure.monitored import sums
from tests.integration.projections.events import change, order, raw
from tests.integration.projections.generation import seats

pytestmark = [pytest.mark.database, pytest.mark.broker]

_OLD = "UPDATE pending SET since = clock_timestamp() - interval '1 hour'"
_OF_OTHERS = """
INSERT INTO store.generation (name, number, version, status) VALUES ('seats', 2, 1, 'building'), ('other', 1, 1, 'live')
"""
_WAITING = """
INSERT INTO store.outbox (stream_id, topic, headers, queued_at)
VALUES ('document-1', 'invoices.events', '[]', clock_timestamp() - interval '1 minute')
"""


async def read(part: str, dsn: str, broker: str = "127.0.0.1:1") -> Sequence[Metric]:
    return await gauges("seats", dsn, broker)[part]()


def test_what_stands_still_is_told_with_its_number_and_its_age(database: str) -> None:
    async def scenario() -> dict[str, float]:
        async with seats(database) as generation:
            await generation.given(order("sub-1", 1), order("sub-2", 1, "explodes"), change("sub-9", 3))
            await generation.worker.connection.execute(_OLD)
            return sums(list(await read("projection", database)), projection="seats", generation="1")

    found = asyncio.run(scenario())

    assert found["seatledger_generation_state"] == 1
    assert (found["seatledger_parked_streams"], found["seatledger_pending_streams"]) == (1, 1)
    assert found["seatledger_parked_oldest_seconds"] < 600
    assert found["seatledger_pending_oldest_seconds"] >= 3600
    assert found["seatledger_recompute_queue_streams"] == 0
    assert found["seatledger_projection_position"] == 3


def test_a_generation_of_any_status_is_told_though_its_tables_are_not_all_there(database: str) -> None:
    async def scenario() -> list[tuple[str, str]]:
        async with seats(database), await connect(database) as connection:
            await connection.execute(_OF_OTHERS)
            families = await read("projection", database)
        return [
            (sample.labels["generation"], sample.labels["status"])
            for family in families
            for sample in family.samples
            if sample.name == "seatledger_generation_state"
        ]

    assert asyncio.run(scenario()) == [("1", "live"), ("2", "building")]


def test_lag_is_told_by_partition_and_its_age_by_topic(database: str, empty_broker: Broker) -> None:
    async def scenario() -> Sequence[Metric]:
        async with seats(database), LogWriter(empty_broker.address) as writer:
            await ensure_topics(empty_broker.address, partitions=2)
            records = [one.record() for one in (order("sub-1", 5), order("sub-2", 5))]
            await writer.write([Outgoing(r.topic, r.key, r.value, r.headers) for r in records])
            return await read("log", database, empty_broker.address)

    events, seconds = asyncio.run(scenario())

    assert sum(sample.value for sample in events.samples) == 2
    assert {sample.labels["partition"] for sample in events.samples} == {"0", "1"}
    ages = {sample.labels["topic"]: sample.value for sample in seconds.samples}
    assert 0 < ages["orders.events"] < 600
    assert ages["catalog.events"] == 0


def test_what_all_services_share_is_told(database: str) -> None:
    async def scenario() -> Sequence[Metric]:
        async with seats(database) as generation:
            await generation.given(raw(b"{"))
            await generation.worker.connection.execute(_WAITING)
            return await read("store", database)

    families = asyncio.run(scenario())

    found, statuses = sums(list(families)), {sample.labels["status"] for sample in families[0].samples}

    assert statuses == {"dead", "dropped", "taken_in"}
    # The dead letter is to be published, so it is in the outbox as well.
    assert (found["seatledger_dead_letters"], found["seatledger_relay_backlog_rows"]) == (1, 2)
    assert 60 <= found["seatledger_relay_backlog_oldest_seconds"] < 600
    assert found["seatledger_relay_parked_streams"] == 0
