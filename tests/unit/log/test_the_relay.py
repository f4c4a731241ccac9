"""The relay on an outbox in memory and a broker that refuses what it is told to refuse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from aiokafka.errors import KafkaConnectionError

from shared.log.outgoing import OutboxRow, Outgoing
from shared.log.relay import relay_once
from shared.log.topics import SMALL_RECORDS
from shared.log.writer import Refused

SMALL, LARGE = b"small", b"x" * (SMALL_RECORDS + 1)


class OutboxInMemory:
    """The twin of the outbox in PostgreSQL."""

    def __init__(self, *rows: tuple[str, bytes]) -> None:
        self.rows = [
            OutboxRow(number, stream, Outgoing("orders.events", stream.encode(), value))
            for number, (stream, value) in enumerate(rows, start=1)
        ]
        self.parked: dict[str, str] = {}

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[bool]:
        yield True

    async def waiting(self, most: int) -> Sequence[OutboxRow]:
        return [row for row in self.rows if row.stream_id not in self.parked][:most]

    async def sent(self, ids: Sequence[int]) -> None:
        self.rows = [row for row in self.rows if row.id not in ids]

    async def park(self, stream_id: str, reason: str) -> None:
        self.parked[stream_id] = reason


class BrokerInMemory:
    """Takes records, but refuses a whole write that holds a value of `refused`; is away as long as it is told to be."""

    def __init__(self, refused: Sequence[bytes] = (), away: bool = False) -> None:
        self.log: list[tuple[bytes | None, bytes | None]] = []
        self._refused = refused
        self.away = away

    async def write(self, records: Sequence[Outgoing]) -> int:
        if self.away:
            raise KafkaConnectionError("no broker")
        if any(record.value in self._refused for record in records):
            raise Refused("the broker refused a record as too large")
        self.log += [(record.key, record.value) for record in records]
        return len(records)


def relay(outbox: OutboxInMemory, broker: BrokerInMemory, most: int = 10) -> int:
    return asyncio.run(relay_once(outbox, broker, most))


def test_rows_go_out_in_order_and_are_forgotten_once_acknowledged() -> None:
    outbox, broker = OutboxInMemory(("a", b"1"), ("b", b"2"), ("a", b"3")), BrokerInMemory()
    assert relay(outbox, broker, most=2) == 2
    assert relay(outbox, broker) == 1
    assert broker.log == [(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]
    assert outbox.rows == []


def test_a_broker_that_is_away_loses_nothing() -> None:
    outbox, broker = OutboxInMemory(("a", b"1")), BrokerInMemory(away=True)
    with pytest.raises(KafkaConnectionError):
        relay(outbox, broker)
    broker.away = False
    assert relay(outbox, broker) == 1
    assert broker.log == [(b"a", b"1")]


@pytest.mark.parametrize("refused", [[], [LARGE]])
def test_a_record_too_large_for_its_topic_parks_its_stream_and_no_other(refused: list[bytes]) -> None:
    outbox = OutboxInMemory(("a", SMALL), ("b", LARGE), ("b", SMALL), ("c", SMALL))
    broker = BrokerInMemory(refused)
    assert relay(outbox, broker) == 2
    assert [key for key, _ in broker.log] == [b"a", b"c"]
    assert [(row.stream_id, row.record.value) for row in outbox.rows] == [("b", LARGE), ("b", SMALL)]
    assert outbox.parked == {"b": "the record has 1,048,578 bytes and orders.events takes 1,048,576; make it smaller"}
    assert relay(outbox, broker) == 0


def test_what_the_broker_alone_refuses_is_found_one_by_one() -> None:
    outbox, broker = OutboxInMemory(("a", b"1"), ("b", b"no"), ("b", b"2"), ("c", b"3")), BrokerInMemory([b"no"])
    assert relay(outbox, broker) == 2
    assert [key for key, _ in broker.log] == [b"a", b"c"]
    assert list(outbox.parked) == ["b"]
