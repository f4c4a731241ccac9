"""A system with a long history in it, its projectors as tasks of the test, and replays of it."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from services.invoicing.projection import SPEC as INVOICING
from services.orders.projection import SPEC as ORDERS
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.billing.account import Account
from shared.billing.timeline import Timeline
from shared.log.outgoing import Outgoing
from shared.log.topics import SUBSCRIPTIONS as SUBSCRIPTION_EVENTS
from shared.projections.generations import generations
from shared.projections.rebuild.bulk import Progress
from shared.projections.rebuild.records import Purpose
from shared.projections.rebuild.release import release_of
from shared.projections.rebuild.replaying import Options, Report
from shared.projections.rebuild.replaying import replay as replay_all
from shared.projections.rebuild.wanted import Wanted
from shared.projections.spec import ProjectionSpec, Rows
from shared.projections.subscription_stream import SubscriptionFold
from shared.store.pool import connect
from tests.benchmarks.history import Size, history
from tests.infrastructure.billing_system import BillingSystem, Event, billing_system, record_of
from tests.infrastructure.brokers import Broker

SPECS = (ORDERS, SUBSCRIPTIONS, INVOICING)
DAY = date(2026, 1, 10)


def not_told(progress: Progress) -> None:
    """Nobody is told how far a replay is."""


def mishaps() -> list[Outgoing]:
    """What goes wrong in the life of a log: rubbish, an id used twice, what waits for ever, a customer that differs."""
    twice: Event = {"id": "twice", "source": "urn:test", "type": "LicensesChanged", "time": "2025-06-01T08:00:00Z",
                    "data": {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 7}}  # fmt: skip
    other = {**twice, "data": {**twice["data"], "quantity": 8}}
    strange: Event = {**twice, "id": "strange", "data": {**twice["data"], "customer_id": "somebody-else"}}
    orphan: Event = {**twice, "id": "orphan", "data": {**twice["data"], "subscription_id": "sub-nobody-ordered"}}
    first, refused, mismatched, waits = map(record_of, (twice, other, strange, orphan))
    rubbish = Outgoing(SUBSCRIPTION_EVENTS.name, b"cus-1", b"{no json", [("ce_specversion", b"1.0")])
    return [first, refused, rubbish, mismatched, waits, first]


def settings() -> list[Outgoing]:
    """Settings of all scopes, one that cannot hold, and an add-on."""
    said = [
        ("organisation", None, "rounding", "line"),
        ("reseller", "res-1", "extra_charge_rate", "0.05"),
        ("customer", "cus-2", "separate_invoices", "true"),
        ("organisation", None, "rounding", "sideways"),
    ]
    events: list[Event] = [
        {"id": f"setting-{place}", "source": "urn:test", "type": "SettingChanged", "time": "2025-01-01T00:00:00Z",
         "data": {"scope": scope, **({} if name is None else {"scope_id": name}), "key": key, "value": value,
                  "effective_from": "2025-01-01"}}
        for place, (scope, name, key, value) in enumerate(said)
    ]  # fmt: skip
    addon: Event = {
        "id": "addon", "source": "urn:test", "type": "OrderExecuted", "time": "2025-07-01T08:00:00Z",
        "data": {"order_id": "ord-addon", "currency": "EUR", "customer": {"id": "cus-3"},
                 "items": [{"subscription_id": "sub-addon", "product": {"id": "p-1"}, "quantity": 2,
                            "unit_price": "3.00", "parent_subscription_id": "sub-3"}]},
    }  # fmt: skip
    return [record_of(event) for event in (*events, addon)]


def written(events: int, seed: int = 7) -> list[Outgoing]:
    """A history with mishaps, in an order that has nothing to do with time."""
    records = [*history(Size(events), seed), *settings(), *mishaps()]
    random.Random(seed).shuffle(records)
    # An id that is used twice is decided by which came first, in one partition and so for everybody alike.
    return [*records[: len(records) // 2], *records]


def not_noted(sentence: str) -> None:
    """Nobody is told what became of interrupted rebuilds."""


@asynccontextmanager
async def system(dsn: str, broker: Broker, events: int = 600) -> AsyncIterator[BillingSystem]:
    """A system that has taken a history in and has closed a day of it."""
    async with billing_system(dsn, broker.address, specs=SPECS) as running:
        await running.write(written(events))
        await running.settled(120)
        await running.run(DAY, early=True)
        await running.settled(60)
        yield running


async def replay(
    running: BillingSystem, home: Path, specs: Sequence[ProjectionSpec] = SPECS,
    told: Callable[[Progress], None] = not_told, workers: int = 2, release: str | None = None,
    note: Callable[[str], None] = not_noted, **options: Any,
) -> Report:  # fmt: skip
    """A replay of some projections, or with dry_run the difference; by this release, if it is not to be another one."""
    purpose: Purpose = "verify" if options.get("dry_run") else "replay"
    wanted = Wanted(
        running.dsn, running.broker, list(specs), release or release_of(specs), purpose, home, workers, None, note
    )  # fmt: skip
    return await replay_all(wanted, Options(**options), told)


async def live(running: BillingSystem) -> dict[str, str]:
    """The schema that readers see, by projection."""
    async with await connect(running.dsn) as connection:
        return {one.name: one.schema for one in await generations(connection) if one.status == "live"}


async def schemas(running: BillingSystem) -> set[str]:
    """The schemas of all generations that there are, listed or not."""
    rows = await running.query(r"SELECT nspname FROM pg_namespace WHERE nspname ~ '_g\d+$'")
    return {name for (name,) in rows}


def failing(spec: ProjectionSpec, subscription: str | None = None) -> ProjectionSpec:
    """The projection in a release whose handler fails for one subscription, or for all."""
    (stream,) = spec.streams
    fold = stream.fold
    assert isinstance(fold, SubscriptionFold)
    rows_of = fold.rows_of

    def fails(timeline: Timeline, account: Account | None, on: date, extra: Any) -> Rows:
        if subscription in (None, timeline.subscription_id):
            raise ValueError("a release that is wrong")
        return rows_of(timeline, account, on, extra)

    return replace(spec, streams=(replace(stream, fold=SubscriptionFold(fails)),))
