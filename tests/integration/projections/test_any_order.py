"""Whatever the order, the batches and the duplicates in which events arrive: the same rows, byte for byte."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.infrastructure.databases import Databases
from tests.integration.projections.events import Said, change, order, price
from tests.integration.projections.generation import make_ready, seats_in, worker

pytestmark = [pytest.mark.database, pytest.mark.slow]

_days = st.integers(1, 9).map(lambda day: f"2026-02-0{day}")
_subscriptions = st.sampled_from(["sub-1", "sub-2", "sub-3"])
_products = st.sampled_from(["office", "other"])
_orders = st.builds(
    lambda subscription, quantity, product, at, reseller: order(
        subscription, quantity, product, at, reseller={"id": "res-1", "name": reseller}
    ),
    _subscriptions,
    st.integers(1, 9),
    _products,
    _days,
    st.sampled_from("AB"),
)
_changes = st.builds(change, _subscriptions, st.integers(0, 9), _days)
_prices = st.builds(price, _products, st.sampled_from(["7.00", "8.00"]), _days)
# An event's id says all of its content, but an order's: of several for one subscription the first drawn counts.
_histories = st.lists(_orders | _changes | _changes | _prices, min_size=1, max_size=12, unique_by=lambda said: said.id)


@st.composite
def _arrivals(draw: st.DrawFn) -> tuple[list[list[Said]], list[list[Said]]]:
    """One history as two ways to arrive, each in batches of its own."""
    history = draw(_histories)
    ways = []
    for _ in range(2):
        repeated = history + draw(st.lists(st.sampled_from(history), max_size=4))
        shuffled = draw(st.permutations(repeated))
        cuts = sorted(draw(st.sets(st.integers(1, len(shuffled)), max_size=4)) | {0, len(shuffled)})
        ways.append([shuffled[begin:end] for begin, end in pairwise(cuts)])
    return ways[0], ways[1]


async def _rows(dsn: str, batches: list[list[Said]]) -> list[Any]:
    async with seats_in(dsn) as generation:
        async with worker(dsn) as other:
            for number, batch in enumerate(batches):
                records = generation.log.append(*batch)
                await (other if number % 2 else generation.worker).apply(records)
        await generation.worker.recompute_all()
        return [
            await generation.worker.rows(f"SELECT t::text FROM {table} AS t ORDER BY 1")
            for table in ("seats", "change", "dependency", "(SELECT scope, scope_id, state FROM state)")
        ]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_arrivals())
def test_any_order_any_batches_any_duplicates_give_the_same_rows(
    database_server: Databases, ways: tuple[list[list[Said]], list[list[Said]]]
) -> None:
    found = []
    for batches in ways:
        dsn = database_server.create(database_server.template("seats_ready", make_ready))
        try:
            found.append(asyncio.run(_rows(dsn, batches)))
        finally:
            database_server.drop(dsn)
    assert found[0] == found[1]
