"""The events behind a row that differs: in the order of their times, and also those of what the row looks at."""

from __future__ import annotations

import asyncio

import pytest

from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.projections.rebuild.behind import MOST, Behind, events_behind
from shared.projections.spec import Key
from shared.store.pool import connect
from tests.integration.projections.generation import create

pytestmark = pytest.mark.database

SUBSCRIPTION, PRODUCT = Key("subscription", "sub-1"), Key("product", "p-1")
_FACT = """
INSERT INTO fact (scope, scope_id, source, id, type, time, sequence, body)
VALUES (%s, %s, 'urn:test', %s, 'T', %s, 0, '{}')
"""
_LOOKS_AT = "INSERT INTO dependency (scope, scope_id, dependent_scope, dependent_id) VALUES (%s, %s, %s, %s)"
_TAKEN_IN = """
INSERT INTO event (identity, fingerprint, topic, partition, "offset")
VALUES (store.identity('urn:test', %s), '', 'catalog.events', 2, 17)
"""


def behind(dsn: str, facts: list[tuple[Key, str, str]]) -> list[Behind]:
    """What is behind a subscription that looks at a product: facts of things, each with an id and a time."""

    async def scenario() -> list[Behind]:
        await create(dsn, SUBSCRIPTIONS)
        async with await connect(dsn, "subscriptions_g1") as connection:
            for thing, event_id, time in facts:
                await connection.execute(_FACT, [*thing, event_id, time])
            await connection.execute(_LOOKS_AT, [*PRODUCT, *SUBSCRIPTION])
            await connection.execute(_TAKEN_IN, ["price"])
            return (await events_behind(connection, [SUBSCRIPTION]))[SUBSCRIPTION]

    return asyncio.run(scenario())


def test_the_newest_come_first_whatever_zone_their_times_are_in(database: str) -> None:
    found = behind(
        database,
        [
            (SUBSCRIPTION, "at nine", "2026-01-05T10:00:00+01:00"),
            (SUBSCRIPTION, "of the day", "2026-01-05"),
            (SUBSCRIPTION, "at eleven", "2026-01-05T06:00:00-05:00"),
            (SUBSCRIPTION, "at ten", "2026-01-05T10:00:00+00:00"),
            (SUBSCRIPTION, "the evening before", "2026-01-05T00:30:00+02:00"),
        ],
    )
    assert [one.id for one in found] == ["at eleven", "at ten", "at nine", "of the day", "the evening before"]
    assert {one.about for one in found} == {SUBSCRIPTION}


def test_what_was_said_of_a_product_is_behind_the_rows_that_look_at_it(database: str) -> None:
    said = [(SUBSCRIPTION, f"licences-{n}", f"2026-03-{n:02}") for n in range(1, MOST + 5)]
    other = (Key("product", "p-2"), "of another product", "2026-02-01")
    found = behind(database, [*said, (PRODUCT, "price", "2026-03-14"), (PRODUCT, "older", "2025-01-01"), other])
    # Many events of its own leave room for what it looks at, the newest of all first
    assert [one.id for one in found[:2]] == ["licences-14", "price"]
    assert [one.id for one in found if one.about == PRODUCT] == ["price", "older"]
    assert len([one for one in found if one.about == SUBSCRIPTION]) == MOST
    assert (found[1].topic, found[1].partition, found[1].offset) == ("catalog.events", 2, 17)
    assert found[0].topic is None
