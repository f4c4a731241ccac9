"""An event that one projection holds dead and another has taken in: the other's rebuilds have it, whichever way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.log.ends import end_offsets
from shared.projections.generations import Generation, generations
from shared.projections.position import positions
from shared.projections.projector import Limits, Projector
from shared.projections.rebuild.rolling_back import roll_back
from shared.store.ledger import RUN_LOCK
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem, Event
from tests.infrastructure.brokers import Broker
from tests.integration.replay.command_line import Keyboard
from tests.integration.replay.crew import eventually
from tests.integration.replay.systems import SPECS, live, replay, system
from tests.integration.replay.test_generations_on_the_command_line import a_moment

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.slow]

SOLD: Event = {
    "id": "one-id", "source": "urn:test", "time": "2025-07-01T08:00:00Z",
    "data": {"order_id": "ord-two", "currency": "EUR", "customer": {"id": "cus-3"},
             "items": [{"subscription_id": "sub-two", "product": {"id": "p-1"}, "quantity": 2, "unit_price": "3.00"}]},
}  # fmt: skip
# Read by orders alone, to which the event that follows is one with an id that was used before.
PLACED: Event = {**SOLD, "type": "OrderPlaced", "data": {**SOLD["data"], "order_id": "ord-one"}}
EXECUTED: Event = {**SOLD, "type": "OrderExecuted"}
DEAD = "SELECT found_by FROM store.dead_letter WHERE reason LIKE '%%id reused%%one-id%%'"
ROWS = "SELECT quantity FROM read.subscriptions WHERE subscription = 'sub-two'"


async def sold(running: BillingSystem) -> None:
    """Orders holds the sale dead, and the others have taken it in."""
    await running.emit([PLACED])
    await running.settled()
    await running.emit([EXECUTED])
    await running.settled()
    assert await running.query(DEAD) == [("orders",)]
    assert await running.query(ROWS) == [(2,)]


def test_what_was_at_a_moment_has_what_another_projection_holds_dead(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 50) as running:
            keyboard = Keyboard(running, tmp_path)
            await sold(running)
            then = await a_moment()
            # When somebody asks for the subscriptions of a moment after, or has them built
            shown = (await keyboard.types("as-of", then, "subscriptions", "--json")).shown["items"]
            built = await keyboard.types("replay", "all", "--until", then, "--json")
            # Then the sale is there
            assert [one["quantity"] for one in shown if one["subscription"] == "sub-two"] == [2]
            assert "subscriptions_g2" in built.shown["generations"]
            statement = "SELECT quantity FROM subscriptions_g2.subscription WHERE subscription = 'sub-two'"
            assert await running.query(statement) == [(2,)]
            # And a replay of all has it for whom it counts, and says that nothing differs
            report = await replay(running, tmp_path)
            assert report.comparison.same, report.comparison.differences[:3]
            assert await running.query(ROWS) == [(2,)]

    asyncio.run(scenario())


def test_what_comes_between_comparing_and_switching_counts_for_whom_it_counts(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 50) as running:
            # Given a replay that has compared, and waits for an invoice run
            billing = await connect(database)
            await billing.execute("SELECT pg_advisory_lock(%s)", [RUN_LOCK])
            waits = asyncio.Event()
            going_on = asyncio.create_task(
                replay(running, tmp_path, [SUBSCRIPTIONS], waiting=lambda what: waits.set() if "run" in what else None)
            )
            await waits.wait()
            # When an event comes that another projection holds dead
            await sold(running)
            await billing.close()
            await going_on
            # Then readers see it after the switch as before
            assert (await live(running))["subscriptions"] == "subscriptions_g2"
            assert await running.query(ROWS) == [(2,)]

    asyncio.run(scenario())


def test_a_generation_that_is_gone_back_to_has_what_another_projection_holds_dead(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 50) as running:
            await replay(running, tmp_path, [SUBSCRIPTIONS])
        # Given a kept generation whose projector stands still while the live one takes the sale in
        async with await connect(database) as connection:
            known = {one.schema: one for one in await generations(connection)}
        async with projected(running, [known["orders_g1"], known["subscriptions_g2"]]):
            await sold_to(running, [known["orders_g1"], known["subscriptions_g2"]])
        # When readers are led back to it
        await roll_back(database, running.broker, [SUBSCRIPTIONS], None, lambda what: None)
        # Then they see the sale
        assert (await live(running))["subscriptions"] == "subscriptions_g1"
        assert await running.query(ROWS) == [(2,)]

    asyncio.run(scenario())


@asynccontextmanager
async def projected(running: BillingSystem, some: Sequence[Generation]) -> AsyncIterator[None]:
    """Projectors of these generations, and of no others, run for the time of the block."""
    specs, stop = {spec.name: spec for spec in SPECS}, asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for one in some:
            limits, group = Limits(tick_seconds=None, rest_s=0.05), f"{one.group}-{uuid4()}"
            projector = Projector(specs[one.name], one, running.dsn, running.broker, limits, group)
            tasks.create_task(projector.run(stop))
        yield
        stop.set()


async def sold_to(running: BillingSystem, some: Sequence[Generation]) -> None:
    """As `sold`, to these generations."""

    async def have_read_it() -> bool:
        for one in some:
            async with await connect(running.dsn, one.schema) as connection:
                at = await positions(connection)
            ends = await end_offsets(running.broker, sorted(at))
            if any(at[partition] < end for partition, end in ends.items()):
                return False
        return True

    for event in (PLACED, EXECUTED):
        await running.emit([event])
        await eventually(have_read_it, f"{event['type']} was read")
    assert await running.query(DEAD) == [("orders",)]
