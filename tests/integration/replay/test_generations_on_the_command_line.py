"""`seatledger replay --until` and `generations` as they are typed: what was, how long it stays, and how it goes."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg import AsyncConnection

from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.projections.generations import Generation, retire
from shared.projections.position import Positions
from shared.projections.rebuild.switch import NotSwitched, Switching, switch
from shared.projections.worker import expire
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem, Event
from tests.infrastructure.brokers import Broker
from tests.integration.replay.command_line import FIRST, SECOND, Keyboard
from tests.integration.replay.systems import live, schemas, system

pytestmark = [pytest.mark.database, pytest.mark.slow]

ROWS = "SELECT * FROM {}.subscription ORDER BY 1"
# What the table and the view of it have both.
_READ = "SELECT subscription, status, quantity, unit_price, term_start, term_end, told_until FROM {} ORDER BY 1"
MORE: Event = {
    "id": "more", "source": "urn:test", "type": "LicensesChanged", "time": "2026-02-01T08:00:00Z",
    "data": {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 1234},
}  # fmt: skip


def test_a_generation_of_a_moment_is_listed_kept_and_dropped_and_readers_never_see_it(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 100) as running:
            keyboard = Keyboard(running, tmp_path)
            # Given a moment, after which more has come
            before = await running.query(ROWS.format("subscriptions_g1"))
            then = await a_moment()
            await running.emit([MORE])
            await running.settled()
            now = await running.query(ROWS.format("subscriptions_g1"))
            assert now != before
            # When somebody has what was then built
            answer = await keyboard.types("replay", "subscriptions", "--until", then, "--keep", "2h")
            # Then it lies beside what readers see, with the rows of then, for so long
            assert (answer.code, answer.failure) == (0, "")
            assert answer.out.splitlines()[-1] == (
                f"Built as of {then}: subscriptions_g2; kept for 2h, and never shown to readers"
            )
            assert await running.query(ROWS.format("subscriptions_g2")) == before
            assert await running.query(_READ.format("read.subscriptions")) == await running.query(
                _READ.format("subscriptions_g1.subscription")
            )
            items = (await keyboard.types("generations", "list", "--json")).shown["items"]
            listed = {one["generation"]: one for one in items}
            assert {name: one["status"] for name, one in listed.items()} == {
                **dict.fromkeys(FIRST.values(), "live"), "subscriptions_g2": "as_of",
            }  # fmt: skip
            until = datetime.fromisoformat(listed["subscriptions_g2"]["drop_after"])
            assert timedelta(minutes=118) < until - datetime.now(UTC) <= timedelta(hours=2)
            assert listed["subscriptions_g1"]["drop_after"] is None
            assert listed["subscriptions_g2"]["bytes"] > 0
            table = (await keyboard.types("generations", "list")).out
            assert re.search(rf"subscriptions_g2 +subscriptions +\d+ +as_of +\S+ \S+ +{until:%Y-%m-%d %H:%M} ", table)
            # And nobody goes back to it, and it is no reason that anything differs
            assert (await keyboard.types("rollback", "subscriptions")).code == 1
            assert (await keyboard.types("verify", "subscriptions")).code == 0
            # And programs are told as much
            made = await keyboard.types("replay", "all", "--until", then, "--json")
            assert made.shown == {
                "until": then, "generations": list((SECOND | {"subscriptions": "subscriptions_g3"}).values()),
            }  # fmt: skip
            assert await running.query("SELECT number FROM store.rebuild") == []
            assert not list((tmp_path / "rebuild").iterdir())
            # And it is gone when somebody drops it, but for what is live
            await _is_dropped_on_demand(running, keyboard)
            assert await live(running) == FIRST

    asyncio.run(scenario())


async def _is_dropped_on_demand(running: BillingSystem, keyboard: Keyboard) -> None:
    refused = await keyboard.types("generations", "drop", "subscriptions_g1")
    assert (refused.code, refused.sentence) == (
        1, "subscriptions_g1 is live: only what is kept beside the live one can be dropped",
    )  # fmt: skip
    unknown = await keyboard.types("generations", "drop", "subscriptions_g9", "--json")
    assert unknown.code == 1
    assert unknown.error == {
        "kind": "not-found", "detail": "there is no generation subscriptions_g9: see `seatledger generations list`",
    }  # fmt: skip
    answer = await keyboard.types("generations", "drop", "subscriptions_g2")
    assert (answer.code, answer.failure) == (0, "")
    assert answer.out == "subscriptions_g2 is dropped within seconds by the worker of its service\n"
    again = await keyboard.types("generations", "drop", "subscriptions_g2")
    assert (again.code, again.sentence.split(":")[0]) == (1, "subscriptions_g2 is being dropped already")
    assert await expire(SUBSCRIPTIONS, running.dsn) == [], "whoever projects it is given the time to notice"
    await _time_is_over(running, "subscriptions_g2")
    assert await expire(SUBSCRIPTIONS, running.dsn) == ["subscriptions_g2"]
    assert "subscriptions_g2" not in await schemas(running)
    acts = await running.query("SELECT who, target FROM store.operation WHERE what = 'generations drop'")
    assert acts == [("ada", "subscriptions_g2")]


def test_what_was_kept_for_as_long_as_it_was_to_be_is_dropped_and_the_rest_stays(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        # Given what was live before a replay, and two generations of a moment, which no worker projects any more
        async with system(database, empty_broker, 50) as running:
            then = await a_moment()
        keyboard = Keyboard(running, tmp_path)
        for _ in range(2):
            assert (await keyboard.types("replay", "subscriptions", "--until", then)).code == 0
        assert (await keyboard.types("replay", "subscriptions")).code == 0
        assert await _statuses(running) == {1: "kept", 2: "as_of", 3: "as_of", 4: "live"}
        # When the time of none is over, and when that of some is
        assert await expire(SUBSCRIPTIONS, running.dsn) == []
        assert await _statuses(running) == {1: "kept", 2: "as_of", 3: "as_of", 4: "live"}
        for schema in ("subscriptions_g1", "subscriptions_g3"):
            await _time_is_over(running, schema)
        # Then their projectors are given some seconds to notice, and the others stay
        assert await expire(SUBSCRIPTIONS, running.dsn) == []
        assert await _statuses(running) == {1: "dropping", 2: "as_of", 3: "dropping", 4: "live"}
        for schema in ("subscriptions_g1", "subscriptions_g3"):
            await _time_is_over(running, schema)
        assert await expire(SUBSCRIPTIONS, running.dsn) == ["subscriptions_g1", "subscriptions_g3"]
        assert await _statuses(running) == {2: "as_of", 4: "live"}
        assert await schemas(running) == {*FIRST.values()} - {"subscriptions_g1"} | {
            "subscriptions_g2",
            "subscriptions_g4",
        }
        # And what readers see is dropped by nobody who took it for something else
        async with await connect(database) as connection:
            assert not await retire(connection, Generation("subscriptions", 4, SUBSCRIPTIONS.version, "kept"))
            # And who began to go back to what is on its way out by now stays where it is
            left, gone = (
                Generation("subscriptions", number, SUBSCRIPTIONS.version, status)
                for number, status in ((4, "live"), (2, "kept"))
            )
            with pytest.raises(NotSwitched, match="subscriptions_g2 is not what it was when this began"):
                await switch(
                    connection, [Switching(SUBSCRIPTIONS, left, gone)], _bring, None, 1.0, lambda what: None, _written
                )
        assert (await live(running))["subscriptions"] == "subscriptions_g4"

    asyncio.run(scenario())


async def _bring(one: Switching, to: Positions, at: datetime) -> None:
    raise AssertionError(f"{one.to.schema} is decided on before it is brought on to {to}")


async def _written(connection: AsyncConnection) -> None:
    raise AssertionError("nothing is written down of what is not done")


async def a_moment() -> str:
    """Now, with nothing written in the tenths of a second around it."""
    await asyncio.sleep(0.2)
    now = datetime.now(UTC)
    await asyncio.sleep(0.2)
    return now.isoformat(timespec="milliseconds")


async def _time_is_over(running: BillingSystem, schema: str) -> None:
    async with await connect(running.dsn) as connection:
        changed = await connection.execute(
            "UPDATE store.generation SET drop_after = now() - interval '1 s' WHERE name || '_g' || number = %s",
            [schema],
        )
        assert changed.rowcount == 1


async def _statuses(running: BillingSystem) -> dict[Any, Any]:
    return dict(
        await running.query("SELECT number, status FROM store.generation WHERE name = 'subscriptions' ORDER BY number")
    )
