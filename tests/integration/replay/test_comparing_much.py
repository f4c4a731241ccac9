"""Generations of which every row differs, or is asked for: all count, few are kept, memory does not grow with them."""

from __future__ import annotations

import asyncio
import tracemalloc
from decimal import Decimal

import pytest

from services.invoicing.projection import NEXT_CHARGE
from services.invoicing.projection import SPEC as INVOICING
from shared.projections.generations import Generation, building
from shared.projections.rebuild.as_of import AsOf
from shared.projections.rebuild.compare import MOST, Comparison, compare, snapshot
from shared.store.pool import connect
from tests.integration.projections.generation import NEW_YEAR, create

pytestmark = pytest.mark.database

ROWS = 12_000
# What is kept and fetched at a time takes half of this, all rows together several times as much.
MOST_BYTES = 8_000_000
CHARGES = """
INSERT INTO next_charge (subscription, due, net, recipient, currency)
SELECT 'sub-' || n, '2026-02-01', n + %s, 'payer-' || n, 'EUR' FROM generate_series(1, %s) AS n
"""
PENDING = """
INSERT INTO pending (scope, scope_id, since, facts) SELECT 'subscription', 'orphan-' || n, now(), %s
FROM generate_series(1, %s) AS n
"""


async def compared(
    dsn: str, live: list[tuple[str, list[object]]], rebuilt: list[tuple[str, list[object]]]
) -> Comparison:
    """What a comparison finds, with these statements executed on each side before."""
    await create(dsn, INVOICING)
    async with await connect(dsn) as connection:
        other = await building(connection, INVOICING, 1, NEW_YEAR)
    first = Generation(INVOICING.name, 1, INVOICING.version, "live")
    for one, statements in ((first, live), (other, rebuilt)):
        async with await connect(dsn, one.schema) as connection:
            for statement, values in statements:
                await connection.execute(statement.encode(), values)
    async with snapshot(dsn, first) as seen, await connect(dsn, other.schema) as connection:
        return await compare(INVOICING, seen.connection, connection)


def test_where_every_row_differs_all_are_counted_and_few_are_kept(database: str) -> None:
    tracemalloc.start()
    try:
        found = asyncio.run(
            compared(
                database,
                [(CHARGES, [0, ROWS]), (PENDING, [1, ROWS])],
                [(CHARGES, [1, ROWS]), (PENDING, [2, ROWS])],
            )
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.differing == 2 * ROWS
    assert [one.table for one in found.differences] == ["next_charge"] * MOST + ["pending"] * MOST
    assert len(found.totals) == MOST
    assert peak < MOST_BYTES


def test_rows_of_one_side_alone_and_of_both_are_told_apart_in_the_order_of_their_keys(database: str) -> None:
    # Given money that is written otherwise and is the same,
    def charge(subscription: str, net: str, payer: str) -> tuple[str, list[object]]:
        values: list[object] = [subscription, net, payer]
        return "INSERT INTO next_charge VALUES (%s, '2026-02-01', %s, %s, 'EUR')", values

    live = [charge("sub-10", "1.0", "c"), charge("sub-é", "2", "a"), charge("sub-z", "5", "b")]
    rebuilt = [charge("sub-10", "1.00", "c"), charge("sub-2", "4", "a"), charge("sub-z", "6", "b")]
    # When they are compared
    found = asyncio.run(compared(database, live, rebuilt))
    # Then each row is told by what it is on each side
    told = {
        one.key["subscription"]: (one.row.live is not None, one.row.rebuilt is not None) for one in found.differences
    }
    assert told == {"sub-10": (True, True), "sub-2": (False, True), "sub-z": (True, True), "sub-é": (True, False)}
    assert list(told) == ["sub-10", "sub-2", "sub-z", "sub-é"]
    assert found.differing == 4
    assert [(one.payer, one.live, one.rebuilt) for one in found.totals] == [
        ("a", Decimal(2), Decimal(4)), ("b", Decimal(5), Decimal(6)),
    ]  # fmt: skip


def test_what_was_at_a_moment_is_read_some_rows_at_a_time(database: str) -> None:
    async def scenario() -> int:
        await create(database, INVOICING)
        async with await connect(database, "invoicing_g1") as connection, connection.transaction():
            await connection.execute(CHARGES.encode(), [0, ROWS])
            tracemalloc.start()
            count = 0
            async for row in AsOf(connection, {}).rows(NEXT_CHARGE):
                assert row["net"] == int(row["subscription"].removeprefix("sub-"))
                count += 1
            return count

    try:
        assert asyncio.run(scenario()) == ROWS
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_BYTES / 2
