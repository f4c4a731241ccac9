"""A replay while upstream goes on and people read: nobody sees an error, an older row, or two generations."""

from __future__ import annotations

import asyncio
import itertools
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from services.prepare import prepare
from shared.store.config import Config
from shared.store.pool import connect
from tests.benchmarks.processes import service
from tests.infrastructure.billing_system import EVERY_PROJECTION, BillingSystem, record_of
from tests.infrastructure.brokers import Broker
from tests.integration.replay.systems import live, replay, written

pytestmark = pytest.mark.slow

SUBSCRIPTIONS_VIEWS = ("read.subscriptions", "read.rejected_events", "read.subscription_versions")


def changed(quantity: int) -> dict[str, Any]:
    """Seats of one subscription, one more each time."""
    return {"id": f"live-{quantity}", "source": "urn:test", "type": "LicensesChanged",
            "time": f"2026-03-01T{quantity // 3600:02d}:{quantity // 60 % 60:02d}:{quantity % 60:02d}Z",
            "data": {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": quantity}}  # fmt: skip


async def upstream(running: BillingSystem, stop: asyncio.Event) -> int:
    """Goes on telling of more seats; the last number told."""
    for quantity in itertools.count(1_000):
        await running.write([record_of(changed(quantity))])
        if stop.is_set():
            return quantity
        await asyncio.sleep(0.05)
    raise AssertionError("counting never ends")


async def quantities(running: BillingSystem, stop: asyncio.Event) -> list[int]:
    """What a dashboard reads of that subscription, again and again."""
    seen = []
    async with await connect(running.dsn) as connection:
        while not stop.is_set():
            rows = await connection.execute("SELECT quantity FROM read.subscriptions WHERE subscription = 'sub-1'")
            seen += [quantity for (quantity,) in await rows.fetchall()]
            await asyncio.sleep(0.002)
    return seen


async def generations_read(running: BillingSystem, stop: asyncio.Event) -> list[set[str]]:
    """The generations that one transaction reads from, view by view, again and again."""
    seen = []
    async with await connect(running.dsn) as connection:
        while not stop.is_set():
            read: set[str] = set()
            async with connection.transaction():
                for view in SUBSCRIPTIONS_VIEWS:
                    plan = await connection.execute(f"EXPLAIN (VERBOSE, FORMAT JSON) SELECT * FROM {view}".encode())
                    row = await plan.fetchone()
                    assert row is not None
                    schemas = {part.get("Schema", "") for part in _parts(row[0][0]["Plan"])}
                    read |= {name for name in schemas if name.startswith("subscriptions_g")}
                    await asyncio.sleep(0.003)
            seen.append(read)
    return seen


def _parts(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(part for inner in plan.get("Plans", []) for part in _parts(inner))]


def test_nobody_notices_a_replay(empty_broker: Broker, database: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        await prepare(Config(database=database, broker=empty_broker.address, partitions=3))
        running = BillingSystem(database, empty_broker.address, EVERY_PROJECTION)
        with ExitStack() as processes:
            # Given a system whose services run as processes, with a history; one relays what was found dead
            processes.enter_context(service("services.orders.worker", running))
            for spec in EVERY_PROJECTION:
                processes.enter_context(
                    service(f"services.{spec.name}.projector", running, SEATLEDGER_OWN_GROUPS="true")
                )
            await running.write(written(300))
            await running.settled(240)
            stop = asyncio.Event()
            writing = asyncio.create_task(upstream(running, stop))
            reading = [asyncio.create_task(quantities(running, stop)) for _ in range(2)]
            looking = asyncio.create_task(generations_read(running, stop))
            # When everything is replayed twice while upstream goes on
            for number in (2, 3):
                report = await replay(running, tmp_path)
                assert report.comparison.same, report.comparison.differences[:3]
                assert (await live(running))["subscriptions"] == f"subscriptions_g{number}"
            stop.set()
            last = await writing
            # Then what people read only grew, and no transaction read two generations
            for seen in [await one for one in reading]:
                assert seen == sorted(seen)
                assert seen[-1] > 1_000
            read = await looking
            assert all(len(one) == 1 for one in read), [sorted(one) for one in read if len(one) != 1]
            assert set.union(*read) == {"subscriptions_g1", "subscriptions_g2", "subscriptions_g3"}
            # And the workers have found the new generations, and everything is in them
            await running.settled(120)
            rows = await running.query("SELECT quantity FROM read.subscriptions WHERE subscription = 'sub-1'")
            assert rows == [(last,)]
            assert (await replay(running, tmp_path, dry_run=True)).comparison.same

    asyncio.run(scenario())


def test_the_plan_of_a_view_names_its_generation() -> None:
    """What the test above looks at."""
    plan = json.loads('{"Schema": "a", "Plans": [{"Schema": "b"}, {"Plans": [{"Schema": "c"}]}]}')
    assert [part.get("Schema") for part in _parts(plan)] == ["a", "b", None, "c"]
