"""The idempotent producer: acknowledged by all replicas, no duplicate by its own retries, order kept in a partition."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordTooLargeError

from shared.log.outgoing import Outgoing as Outgoing
from shared.log.topics import LARGE_RECORDS, largest_record

# What waits this long for company goes out as one request: the relay's latency against its throughput.
_LINGER_MS = 2
_BATCH_BYTES = 256 * 1024
_FRAMING = 4096


class Refused(Exception):
    """The record can never be written as it is (too large); sending it again would not help."""


class LogWriter:
    """Writes records to `broker` (host:port). One writer for one task: order is the order of the calls."""

    def __init__(self, broker: str, client_id: str = "seatledger") -> None:
        self._broker = broker
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect; raises KafkaError when the broker does not answer."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._broker,
            client_id=self._client_id,
            enable_idempotence=True,
            acks="all",
            linger_ms=_LINGER_MS,
            max_batch_size=_BATCH_BYTES,
            max_request_size=LARGE_RECORDS + _FRAMING,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer

    async def stop(self) -> None:
        """Send what waits and disconnect."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.stop()

    async def write(self, records: Iterable[Outgoing]) -> int:
        """Write the records in order and wait until all are acknowledged; how many.

        Raises Refused before anything of the offending record is sent when it is larger than its topic takes, and
        KafkaError when the broker is away; then some of the records may be written, and writing all again is harmless
        because readers remove duplicates by the events' ids.
        """
        assert self._producer is not None, "start the writer first"
        waiting = []
        for record in records:
            check_size(record)
            try:
                # aiokafka wants a list of headers and refuses a tuple.
                sent = await self._producer.send(record.topic, record.value, record.key, headers=list(record.headers))
            except (MessageSizeTooLargeError, RecordTooLargeError) as error:
                raise Refused(f"a record for {record.topic} is larger than the producer sends: {error}") from error
            waiting.append(sent)
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failures:
            # A batch that was given up leaves a gap in the producer's sequence: every later one would be out of order.
            await self.stop()
            await self.start()
            for failure in failures:
                if isinstance(failure, (MessageSizeTooLargeError, RecordTooLargeError)):
                    raise Refused(f"the broker refused a record as too large: {failure}") from failure
            raise failures[0]
        return len(waiting)


def check_size(record: Outgoing) -> None:
    """Raise Refused when the record is larger than its topic takes."""
    size = len(record.value or b"") + len(record.key or b"") + sum(len(k) + len(v) for k, v in record.headers)
    limit = largest_record(record.topic)
    if size > limit:
        raise Refused(f"the record has {size:,} bytes and {record.topic} takes {limit:,}; make it smaller")


__all__ = ["KafkaError", "LogWriter", "Outgoing", "Refused", "check_size"]
