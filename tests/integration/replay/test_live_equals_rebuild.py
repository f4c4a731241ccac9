"""Any history, however it arrives: live, a rebuild and the plain loop of one event a transaction have the same rows."""

from __future__ import annotations

import asyncio
import os
import re
from datetime import date, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.prepare import prepare
from shared.log.topics import ensure_topics
from shared.store.config import Config
from tests.infrastructure.billing_system import EVERY_PROJECTION, EVERYWHERE
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.plain_loop import project_plainly, rows_in, waiting_in
from tests.infrastructure.topics import delete_all_topics
from tests.integration.replay.fed import FIRST, LAST, PARTITIONS, Rebuilt, fed, live_schema
from tests.integration.replay.systems import replay
from tests.strategies.families import families
from tests.strategies.histories import SOURCE, Event, History, arrivals, crowded, histories
from tests.strategies.lives import lives
from tests.strategies.looks import looks

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.slow]

# Each example rebuilds twice and folds everything plainly, some six seconds; SEATLEDGER_EXAMPLES asks for more.
EXAMPLES = int(os.environ.get("SEATLEDGER_EXAMPLES", "4"))
_ID = re.compile("(sub|cus|res|ord|pro)-")


class Delivery(NamedTuple):
    """How a history arrives: the batches before a rebuild and those after it.

    Clocks stand at `days` before, between and after them; `runs` are the days that are billed at the end.
    """

    before: list[History]
    after: list[History]
    days: list[date]
    runs: list[date]


# On one day from the beginning nothing is folded again because time went by: what changes a row is what arrived.
_DAYS = st.just([LAST] * 3) | st.lists(st.dates(FIRST, LAST), min_size=3, max_size=3).map(sorted)


@st.composite
def deliveries(draw: st.DrawFn) -> Delivery:
    """Several histories at once, which costs no more rebuilds; they have the organisation and the log in common."""
    sold = draw(st.lists(families() | lives() | histories() | crowded(), min_size=1, max_size=6))
    every = [*sold, draw(looks())]
    ways = [[_apart(batch, number) for batch in draw(arrivals(history))] for number, history in enumerate(every)]
    batches = [[event for batch in at_once for event in batch] for at_once in zip_longest(*ways, fillvalue=[])]
    cut = draw(st.integers(0, len(batches)))
    runs = draw(st.lists(st.dates(date(2025, 1, 1), LAST), max_size=2, unique=True).map(sorted))
    return Delivery(batches[:cut], batches[cut:], draw(_DAYS), runs)


def _apart(events: History, number: int) -> History:
    """The same with ids of its own."""
    return [_with_ids(event, number) | {"id": f"{number}-{event['id']}"} for event in events]


def _with_ids(said: Any, number: int) -> Any:
    if isinstance(said, dict):
        return {name: _with_ids(value, number) for name, value in said.items()}
    if isinstance(said, list):
        return [_with_ids(one, number) for one in said]
    return f"{said}-of-{number}" if isinstance(said, str) and _ID.match(said) else said


def _ordered(number: int, **more: str) -> Event:
    item = {"subscription_id": f"sub-{number}", "product": {"id": "pro-1"}, "quantity": 2, "unit_price": "10.00"} | more
    data = {"order_id": f"ord-{number}", "currency": "EUR", "customer": {"id": "cus-1"}, "items": [item]}
    return {"id": str(number), "source": SOURCE, "type": "OrderExecuted", "time": "2025-01-01", "data": data}


_CANCELED: Event = {
    "id": "3", "source": SOURCE, "type": "SubscriptionCanceled", "time": "2025-02-10T10:00:00Z",
    "data": {"subscription_id": "sub-1", "customer_id": "cus-1", "mode": "immediate"},
}  # fmt: skip
# What an add-on is added to ends after both were folded, and nothing else has the add-on folded again.
AN_END_ABOVE = Delivery(
    [[_ordered(1)], [_ordered(2, parent_subscription_id="sub-1")]], [[_CANCELED]], [LAST, LAST, LAST], []
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(delivery=deliveries())
@example(delivery=AN_END_ABOVE)
def test_live_a_rebuild_and_the_plain_loop_have_the_same_rows_whatever_happened_and_however_it_came(
    broker: Broker, database_server: Databases, tmp_path: Path, delivery: Delivery
) -> None:
    delete_all_topics(broker.address)
    dsn = database_server.create(database_server.template("every_projection", lambda dsn: _make_ready(dsn, broker)))
    try:
        asyncio.run(_scenario(dsn, broker, tmp_path, delivery))
    finally:
        database_server.drop(dsn)


def _make_ready(dsn: str, broker: Broker) -> None:
    asyncio.run(prepare(Config(database=dsn, broker=broker.address, partitions=PARTITIONS)))


async def _scenario(dsn: str, broker: Broker, home: Path, delivery: Delivery) -> None:
    await ensure_topics(broker.address, partitions=PARTITIONS)
    async with fed(dsn, broker) as live:
        # Given a part of a history in live, and a rebuild of that
        await live.come_to(delivery.days[0])
        await live.feed(delivery.before)
        early = Rebuilt(live.system, home)
        made = await early.made()
        # When the rest comes, days go by, and some of them are billed
        await live.come_to(delivery.days[1])
        await live.feed(delivery.after)
        await live.come_to(delivery.days[2])
        for day in delivery.runs:
            await live.run(day)
        # Then the early rebuild, once it has caught up, is as live is
        caught_up = await early.caught_up(made)
        assert caught_up.same, (caught_up.totals, caught_up.differences[:3])
        # And so is a rebuild of everything
        report = await replay(live.system, home, dry_run=True)
        assert report.comparison.same, (report.comparison.totals, report.comparison.differences[:3])
        # And so is the plain loop
        log = await live.log()
        for spec in EVERY_PROJECTION:
            await project_plainly(dsn, spec, log, datetime.combine(delivery.days[2], EVERYWHERE))
            schema, plain = await live_schema(dsn, spec), f"{spec.name}_plain"
            assert await rows_in(dsn, spec, schema) == await rows_in(dsn, spec, plain)
            assert await waiting_in(dsn, schema) == await waiting_in(dsn, plain, "waits")
        assert await live.system.query("SELECT reason FROM store.dead_letter") == []
