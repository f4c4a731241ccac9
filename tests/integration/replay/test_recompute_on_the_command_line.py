"""`seatledger recompute` as it is typed: what looks at a customer, or at a product, is right again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.infrastructure.billing_system import BillingSystem
from tests.infrastructure.brokers import Broker
from tests.integration.replay.command_line import FIRST, Keyboard, by_hand
from tests.integration.replay.systems import system

pytestmark = [pytest.mark.database, pytest.mark.slow]

ROWS = (
    "SELECT * FROM read.subscriptions ORDER BY 1",
    "SELECT * FROM read.next_charges ORDER BY 1",
    "SELECT * FROM read.installment_plans ORDER BY 1",
    "SELECT * FROM read.orders ORDER BY 1",
)
STATES = """
SELECT scope, scope_id, state FROM subscriptions_g1.state
UNION ALL SELECT scope, scope_id, state FROM invoicing_g1.state
UNION ALL SELECT scope, scope_id, state FROM orders_g1.state ORDER BY 1, 2, 3
"""
OF_IT = "(scope, scope_id) = ('subscription', 'sub-2')"
SUBSCRIPTION = "sub-2"


async def _rows(running: BillingSystem) -> list[object]:
    return [await running.query(query) for query in (*ROWS, STATES)]


def test_rows_and_states_that_were_damaged_by_hand_are_right_again(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 100) as running:
            keyboard = Keyboard(running, tmp_path)
            right = await _rows(running)
            ((customer, product),) = await running.query(
                f"SELECT customer, product FROM read.subscriptions WHERE subscription = '{SUBSCRIPTION}'"
            )
            damaged = (
                f"UPDATE subscriptions_g1.subscription SET quantity = 999 WHERE subscription = '{SUBSCRIPTION}'",
                f"DELETE FROM invoicing_g1.next_charge WHERE subscription = '{SUBSCRIPTION}'",
                f"UPDATE subscriptions_g1.state SET state = 'damaged' WHERE {OF_IT}",
                f"UPDATE invoicing_g1.state SET state = '[]' WHERE {OF_IT}",
            )
            for scope, name in (("customer", customer), ("product", product)):
                # Given rows and states of a subscription that somebody has damaged
                await by_hand(running, *damaged)
                assert await _rows(running) != right
                # When what looks at its customer, or at its product, is folded again
                answer = await keyboard.types("recompute", f"--{scope}", name)
                # Then people are told how much that is, and it is right once that is done
                assert (answer.code, answer.failure) == (0, "")
                *counted, rest = answer.out.splitlines()
                told = {line.split(":")[0]: int(line.split(":")[1].split()[0]) for line in counted}
                assert set(told) == set(FIRST)
                assert told["subscriptions"] >= 1
                assert "`seatledger status` shows what is left" in rest
                await running.settled()
                assert await running.query("SELECT scope_id, reason FROM subscriptions_g1.parked") == []
                assert await _rows(running) == right
                # And programs are told the same
                items = (await keyboard.types("recompute", f"--{scope}", name, "--json")).shown["items"]
                assert {item["projection"]: item["streams"] for item in items} == told
                await running.settled()
                assert await _rows(running) == right
            acts = await running.query("SELECT DISTINCT who, target FROM store.operation WHERE what = 'recompute'")
            assert sorted(acts) == [("ada", f"customer {customer}"), ("ada", f"product {product}")]

    asyncio.run(scenario())


def test_what_is_kept_of_the_customer_itself_is_made_again_from_its_facts(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 100) as running:
            keyboard = Keyboard(running, tmp_path)
            right = await _rows(running)
            # Given that nobody knows any more what was said of a customer
            await by_hand(
                running,
                "UPDATE invoicing_g1.state SET state = '[null, []]' WHERE (scope, scope_id) = ('customer', 'cus-1')",
            )
            # When what looks at it is folded again
            assert (await keyboard.types("recompute", "--customer", "cus-1")).code == 0
            await running.settled()
            # Then it is known from all its facts
            assert await _rows(running) == right

    asyncio.run(scenario())


def test_what_no_projection_knows_is_said_and_nothing_is_done(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 10) as running:
            keyboard = Keyboard(running, tmp_path)
            for scope, name in (("customer", "cus-nobody"), ("product", "p-none")):
                answer = await keyboard.types("recompute", f"--{scope}", name)
                assert answer.code == 1
                assert answer.sentence == f"no projection knows {scope} {name}: see `seatledger {scope}s list`"
                assert (await keyboard.types("recompute", f"--{scope}", name, "--json")).error["kind"] == "not-found"
                assert (await keyboard.types(f"{scope}s", "list")).code == 0, "the command that it names"
            assert await running.query("SELECT what FROM store.operation") == []

    asyncio.run(scenario())
