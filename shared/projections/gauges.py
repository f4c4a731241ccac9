"""Gauges of a projection and of what all services share, read from database and broker when they are scraped.

One process a service tells them, its worker: no projector is kept from its work by who looks at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import psycopg
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from shared.log.records import Partition
from shared.monitoring.readings import Part
from shared.projections.generations import Generation, generations
from shared.projections.status import lags, positions, projected_positions
from shared.store import dead_letters, outbox
from shared.store.pool import connect, read_from

_STANDING = """
SELECT (SELECT count(*) FROM parked),
    coalesce((SELECT extract(epoch FROM clock_timestamp() - min(since)) FROM parked), 0)::float8,
    (SELECT count(*) FROM pending),
    greatest((SELECT extract(epoch FROM clock_timestamp() - min(since)) FROM pending), 0)::float8,
    (SELECT count(*) FROM recompute_queue)
"""
_OF = ("projection", "generation")
# The columns of _STANDING, in their order.
_STANDING_GAUGES = (
    ("seatledger_parked_streams", "Streams that stand still because their handler failed."),
    ("seatledger_parked_oldest_seconds", "How long the first of them has been parked; 0 without any."),
    ("seatledger_pending_streams", "Streams with facts that wait for what brings them into being."),
    ("seatledger_pending_oldest_seconds", "How long the first of them has waited, by the log; 0 without any."),
    ("seatledger_recompute_queue_streams", "Streams that wait to be folded again."),
)


def gauges(projection: str, dsn: str, broker: str) -> dict[str, Part]:
    """The parts that the worker of a projection reads, each on connections of its own."""
    return {
        "projection": lambda: _projection(projection, dsn),
        "log": lambda: _log(projection, dsn, broker),
        "store": lambda: _store(dsn),
    }


async def _projection(projection: str, dsn: str) -> Sequence[Metric]:
    state = _gauge("generation_state", "1 for the status that a generation has.", *_OF, "status")
    position = _gauge("projection_position", "Offsets that are behind it, over a topic's partitions.", *_OF, "topic")
    standing = [GaugeMetricFamily(name, what, labels=_OF) for name, what in _STANDING_GAUGES]
    async with await connect(dsn, application="seatledger metrics") as connection:
        for generation in await generations(connection, projection):
            state.add_metric([*_labels(generation), generation.status], 1)
            # One that is just being made or dropped has not all of its tables: its state is all there is to tell.
            with suppress(psycopg.errors.UndefinedTable):
                await read_from(connection, generation.schema)
                row = await (await connection.execute(_STANDING)).fetchone()
                assert row is not None
                for topic, offsets in _by_topic(await positions(connection)).items():
                    position.add_metric([*_labels(generation), topic], offsets)
                for family, value in zip(standing, row, strict=True):
                    family.add_metric(_labels(generation), value)
    return [state, position, *standing]


async def _log(projection: str, dsn: str, broker: str) -> Sequence[Metric]:
    events = _gauge("projection_lag_events", "Events that are still to be projected.", *_OF, "topic", "partition")
    seconds = _gauge("projection_lag_seconds", "Age of the oldest record that is not projected.", *_OF, "topic")
    oldest: dict[tuple[str, str, str], float] = {}
    for one in await lags(broker, await _positions(projection, dsn)):
        place = (one.name, str(one.generation), one.topic)
        events.add_metric([*place, str(one.partition)], one.lag_events)
        oldest[place] = max(oldest.get(place, 0.0), one.lag_seconds)
    for place, age in oldest.items():
        seconds.add_metric(place, age)
    return [events, seconds]


async def _store(dsn: str) -> Sequence[Metric]:
    dead = _gauge("dead_letters", "Records that were found dead, by what became of them.", "status")
    async with await connect(dsn, application="seatledger metrics") as connection:
        for status, count in (await dead_letters.counts(connection)).items():
            dead.add_metric([status], count)
        backlog = await outbox.backlog(connection)
    return [
        dead,
        _single("relay_backlog_rows", "Own events that the broker has not acknowledged.", backlog.rows),
        _single("relay_backlog_oldest_seconds", "How long the first of them has waited.", backlog.oldest_seconds),
        _single("relay_parked_streams", "Streams that the relay keeps back.", backlog.parked_streams),
    ]


async def _positions(projection: str, dsn: str) -> list[tuple[Generation, Partition, int]]:
    async with await connect(dsn, application="seatledger metrics") as connection:
        found = []
        for generation in await generations(connection, projection):
            found += await projected_positions(connection, generation)
    return found


def _by_topic(places: Sequence[tuple[Partition, int]]) -> dict[str, int]:
    behind: dict[str, int] = {}
    for partition, next_ in places:
        behind[partition.topic] = behind.get(partition.topic, 0) + next_
    return behind


def _gauge(name: str, what: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"seatledger_{name}", what, labels=labels)


def _single(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"seatledger_{name}", what, value=value)


def _labels(generation: Generation) -> tuple[str, str]:
    return (generation.name, str(generation.number))
