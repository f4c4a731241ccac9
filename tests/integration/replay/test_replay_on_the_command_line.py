"""`seatledger replay` and `rollback` as they are typed: shown, refused, switched, and back again."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.infrastructure.billing_system import BillingSystem
from tests.infrastructure.brokers import Broker
from tests.integration.replay.command_line import FIRST, SECOND, Keyboard, by_hand
from tests.integration.replay.systems import live, schemas, system

pytestmark = [pytest.mark.database, pytest.mark.slow]

QUANTITY = "SELECT quantity FROM read.subscriptions WHERE subscription = 'sub-2'"
CHANGED = "UPDATE subscriptions_g1.subscription SET quantity = 999 WHERE subscription = 'sub-2'"


def test_a_difference_is_shown_and_switched_to_only_where_it_is_expected(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 100) as running:
            keyboard = Keyboard(running, tmp_path)
            right = await running.query(QUANTITY)
            # Given that nothing differs, a dry run says so and switches nothing
            answer = await keyboard.types("replay", "all", "--dry-run")
            assert (answer.code, answer.failure) == (0, "")
            assert "rows are the same" in answer.out
            await keyboard.nothing_is_left()
            # When somebody has changed a row
            await by_hand(running, CHANGED)
            # Then a dry run shows it, and a replay stops there; readers see what they saw
            shown = await keyboard.types("replay", "all", "--dry-run")
            assert shown.code == 1
            assert shown.sentence.startswith("The rebuilt rows differ from the live ones, so nothing was switched")
            expected = await keyboard.types("replay", "all", "--dry-run", "--expect-diff")
            assert (expected.code, expected.failure) == (0, "")
            stopped = await keyboard.types("replay", "subscriptions", "--json")
            assert (stopped.code, stopped.error["kind"]) == (1, "refused")
            assert stopped.error["detail"] == shown.sentence
            assert (stopped.shown["differing"], stopped.shown["switched"]) == (1, False)
            for answer in (shown, expected):
                assert re.search(r"subscriptions +subscription +sub-2 +quantity +999 +\d+\n", answer.out)
                assert answer.out.splitlines()[-1].startswith("1 of ")
            assert await running.query(QUANTITY) == [(999,)]
            await keyboard.nothing_is_left()
            # And where it is expected readers see the rebuilt rows
            answer = await keyboard.types("replay", "subscriptions", "--expect-diff", "--keep", "90m")
            assert (answer.code, answer.failure) == (0, "")
            seen, kept = answer.out.splitlines()[-2:]
            assert re.fullmatch(r"Readers see subscriptions_g\d+ now \([\d.]+ ms\)", seen)
            assert kept == "What they saw before is kept for 90m: seatledger rollback subscriptions"
            assert await running.query(QUANTITY) == right
            assert (await live(running))["orders"] == "orders_g1"
            await _is_kept(running, "subscriptions_g1", timedelta(minutes=90))
            # And what a stream that stands still is made of is known of a rebuilt one as well
            (schema,) = {name for name in (await live(running)).values() if name.startswith("subscriptions")}
            await by_hand(
                running, f"INSERT INTO {schema}.parked (scope, scope_id, reason) VALUES ('subscription', 'sub-2', 'x')"
            )
            held = (await keyboard.types("dead-letters", "show", "subscriptions/subscription/sub-2", "--json")).shown
            (facts,) = {one["facts"] for one in held["held"] if one["status"] == "live"}
            assert facts > 1

    asyncio.run(scenario())


def test_a_replay_of_all_is_switched_to_and_rolled_back_one_projection_at_a_time(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 100) as running:
            keyboard = Keyboard(running, tmp_path)
            # Given that nothing was replayed yet, there is nothing to go back to
            answer = await keyboard.types("rollback", "all")
            assert answer.code == 1
            assert answer.sentence.startswith(
                "orders has no earlier generation any more: `seatledger generations list`"
            )
            await keyboard.nothing_is_left()
            # When everything is replayed
            before = await running.query("SELECT * FROM read.subscriptions ORDER BY 1")
            shown = (await keyboard.types("replay", "all", "--json", "--keep", "7d", "--workers", "1")).shown
            # Then programs are told what readers see
            second = SECOND
            assert (shown["same"], shown["switched"], shown["generations"]) == (True, True, second)
            assert shown["switch_ms"] > 0
            assert await live(running) == second
            for schema in FIRST.values():
                await _is_kept(running, schema, timedelta(days=7))
            # And one goes back, while the others stay
            answer = await keyboard.types("rollback", "subscriptions")
            assert (answer.code, answer.failure) == (0, "")
            assert re.fullmatch(r"Readers see subscriptions_g1 again \([\d.]+ ms\)\n", answer.out)
            assert await live(running) == second | {"subscriptions": "subscriptions_g1"}
            assert await running.query("SELECT * FROM read.subscriptions ORDER BY 1") == before
            # And going back once more undoes that
            again = (await keyboard.types("rollback", "subscriptions", "--json", "--keep", "1h")).shown
            assert (again["generations"], again["tries"]) == ({"subscriptions": "subscriptions_g2"}, 1)
            assert await live(running) == second
            await _is_kept(running, "subscriptions_g1", timedelta(hours=1))
            # And a generation that was dropped cannot be gone back to
            assert (await keyboard.types("generations", "drop", "orders_g1")).code == 0
            gone = await keyboard.types("rollback", "orders", "--json")
            assert (gone.code, gone.error["kind"]) == (1, "refused")
            assert gone.error["detail"].startswith("orders has no earlier generation any more")
            assert await live(running) == second

    asyncio.run(scenario())


def test_going_back_leads_to_what_was_live_before_the_last_replay_and_not_to_what_was_left_for_it(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 50) as running:
            keyboard = Keyboard(running, tmp_path)
            # Given a replay that was not liked, gone back on, and another one
            assert (await keyboard.types("replay", "orders")).code == 0
            assert (await keyboard.types("rollback", "orders")).code == 0
            assert (await keyboard.types("replay", "orders")).code == 0
            assert (await live(running))["orders"] == "orders_g3"
            # When that is not liked either
            answer = await keyboard.types("rollback", "orders")
            # Then readers see what they saw before it
            assert answer.out.startswith("Readers see orders_g1 again")
            assert (await live(running))["orders"] == "orders_g1"
            assert {"orders_g1", "orders_g2", "orders_g3"} <= await schemas(running)

    asyncio.run(scenario())


async def _is_kept(running: BillingSystem, schema: str, keep: timedelta) -> None:
    """Within some minutes: a replay takes a while after the switch."""
    statement = "SELECT drop_after FROM store.generation WHERE name || '_g' || number = %s AND status = 'kept'"
    ((drop_after,),) = await running.query(statement, schema)
    assert timedelta(0) <= datetime.now(UTC) + keep - drop_after < timedelta(minutes=2)
