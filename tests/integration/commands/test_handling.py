"""Commands in a database: what is decided is appended once, with its outbox rows, whoever else writes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from psycopg import AsyncConnection

from services.subscriptions.commands.bodies import ChangeQuantity, Command, Import, Request
from services.subscriptions.desk import SubscriptionDesk
from shared.commands.combining import Bounds, Overloaded, combining
from shared.commands.decision import Decided, Exists, KeyReused
from shared.commands.desk import Asked
from shared.commands.handling import Outcome, handle
from shared.commands.principal import OPERATOR
from shared.store.event_table import read_stream
from shared.store.outbox import depth
from shared.store.pool import connect, pool

T = TypeVar("T")
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def row(subscription: str = "sub-1", quantity: int = 8) -> Import:
    return Import.model_validate(
        {
            "subscription_id": subscription,
            "currency": "EUR",
            "customer": {"id": "cus-1"},
            "product": {"id": "office"},
            "quantity": quantity,
            "unit_price": "10.00",
            "started_at": "2026-01-01",
            "billed_by_us_from": "2026-02-01",
        }
    )


def asking(request: Request, subscription: str = "sub-1", **more: Any) -> Asked[Command]:
    return Asked(Command(subscription, request), OPERATOR, NOW, **more)


def in_database(dsn: str, scenario: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    async def run() -> T:
        async with await connect(dsn) as connection:
            return await scenario(connection)

    return asyncio.run(run())


async def ask(connection: AsyncConnection, *asked: Asked[Command]) -> list[Outcome]:
    return await handle(connection, SubscriptionDesk(), asked)


def decided(outcomes: Sequence[Outcome]) -> list[Decided]:
    for outcome in outcomes:
        assert isinstance(outcome, Decided), outcome
    return [outcome for outcome in outcomes if isinstance(outcome, Decided)]


def quantities(outcomes: Sequence[Outcome]) -> list[int]:
    bodies: list[Any] = [one.body for one in decided(outcomes)]
    return [body["subscription"]["quantity"] for body in bodies]


def test_what_is_not_projected_yet_counts(prepared: str) -> None:
    async def scenario(connection: AsyncConnection) -> list[int]:
        await ask(connection, asking(row()))
        return quantities([*await ask(connection, asking(ChangeQuantity(change=3)))])

    assert in_database(prepared, scenario) == [11]


def test_commands_in_one_transaction_see_each_other(prepared: str) -> None:
    async def scenario(connection: AsyncConnection) -> tuple[list[int], int, int]:
        outcomes = await ask(connection, asking(row()), *(asking(ChangeQuantity(change=2)) for _ in range(3)))
        return quantities(outcomes), len(await read_stream(connection, "subscription-sub-1")), await depth(connection)

    assert in_database(prepared, scenario) == ([8, 10, 12, 14], 4, 4)


def test_one_that_is_refused_keeps_no_other_from_going_on(prepared: str) -> None:
    async def scenario(connection: AsyncConnection) -> list[Outcome]:
        await ask(connection, asking(row()))
        return await ask(
            connection, asking(ChangeQuantity(change=-9)), asking(ChangeQuantity(change=1)), asking(row(quantity=9))
        )

    refused, done, exists = in_database(prepared, scenario)
    assert "cannot be taken off" in str(refused)
    assert quantities([done]) == [9]
    assert isinstance(exists, Exists)


def test_the_same_request_with_its_key_is_done_once(prepared: str) -> None:
    async def scenario(connection: AsyncConnection) -> tuple[list[Outcome], int]:
        await ask(connection, asking(row()))
        more = asking(ChangeQuantity(change=3), idempotency_key="k-1")
        first = await ask(connection, more, more)
        again = await ask(connection, more)
        other = await ask(connection, asking(ChangeQuantity(change=4), idempotency_key="k-1"))
        return [*first, *again, *other], len(await read_stream(connection, "subscription-sub-1"))

    (first, beside, again, other), events = in_database(prepared, scenario)
    assert quantities([first, beside, again]) == [11, 11, 11]
    assert decided([again])[0].etag == decided([first])[0].etag
    assert isinstance(other, KeyReused)
    assert events == 2


def test_an_import_that_is_run_again_changes_nothing(prepared: str) -> None:
    async def scenario(connection: AsyncConnection) -> tuple[list[bool], int]:
        first = decided(await ask(connection, asking(row())))
        again = decided(await ask(connection, asking(row())))
        events = len(await read_stream(connection, "subscription-sub-1"))
        return [bool(one.appending) for one in (*first, *again)], events

    assert in_database(prepared, scenario) == ([True, False], 1)


def test_fifty_writers_of_one_subscription_lose_nothing(prepared: str) -> None:
    """Through two API processes' worth of combiners, each command with the time at which it was really asked."""

    async def scenario() -> list[Outcome]:
        async with pool(prepared) as one, pool(prepared) as other:
            desk = SubscriptionDesk()
            async with combining(desk, one, one) as here, combining(desk, other, other) as there:
                await here.ask(replace(asking(row()), at=datetime.now(UTC)))

                async def writer(number: int) -> Decided:
                    combiner = here if number % 2 else there
                    await asyncio.sleep(number % 7 / 100)
                    return await combiner.ask(replace(asking(ChangeQuantity(change=1)), at=datetime.now(UTC)))

                return list(await asyncio.gather(*(writer(number) for number in range(50))))

    assert sorted(quantities(asyncio.run(scenario()))) == list(range(9, 59))


def test_commands_that_come_together_share_a_transaction(prepared: str) -> None:
    async def scenario() -> tuple[list[int], int]:
        async with pool(prepared) as connections, combining(SubscriptionDesk(), connections, connections) as combiner:
            await combiner.ask(asking(row()))
            done = await asyncio.gather(*(combiner.ask(asking(ChangeQuantity(change=1))) for _ in range(50)))
        async with await connect(prepared) as connection:
            cursor = await connection.execute("SELECT count(DISTINCT recorded_at) FROM store.event")
            counted = await cursor.fetchone()
        assert counted is not None
        return quantities(done), counted[0]

    held, transactions = asyncio.run(scenario())
    assert sorted(held) == list(range(9, 59))
    assert transactions < 10


def test_a_burst_beyond_what_the_broker_takes_is_turned_away_and_nothing_lost(prepared: str) -> None:
    async def scenario() -> tuple[list[object], int]:
        bounds = Bounds(outbox=3)
        async with (
            pool(prepared) as connections,
            combining(SubscriptionDesk(), connections, connections, bounds) as combiner,
        ):
            for number in range(3):
                await combiner.ask(asking(row(f"sub-{number}"), f"sub-{number}"))
            await asyncio.sleep(0.6)
            done = await asyncio.gather(combiner.ask(asking(row("sub-9"), "sub-9")), return_exceptions=True)
        async with await connect(prepared) as connection:
            return list(done), await depth(connection)

    (turned_away,), waiting = asyncio.run(scenario())
    assert isinstance(turned_away, Overloaded)
    assert turned_away.retry_after_s > 0
    assert waiting == 3


def test_a_preview_says_what_it_would_cost_and_changes_nothing(prepared: str) -> None:
    async def scenario(connection: AsyncConnection) -> tuple[list[Outcome], int]:
        await ask(connection, asking(row()))
        shown = await ask(connection, asking(ChangeQuantity(change=3), preview=True))
        return shown, len(await read_stream(connection, "subscription-sub-1"))

    (shown,), events = in_database(prepared, scenario)
    (done,) = decided([shown])
    body: Any = done.body
    assert events == 1
    (change,) = body["subscriptions"]
    assert (change["before"]["quantity"], change["after"]["quantity"]) == (8, 11)
    # Three seats for 22 of the 31 days of March, with the invoice of April.
    assert body["next"][0]["difference"][0]["net"] == "51.30"


def test_who_asked_first_and_is_decided_last_counts_on_top(prepared: str) -> None:
    async def scenario(connection: AsyncConnection) -> list[int]:
        await ask(connection, asking(row()))
        later, sooner = (replace(asking(ChangeQuantity(change=n)), at=NOW + timedelta(seconds=n)) for n in (3, 1))
        return quantities([*await ask(connection, later), *await ask(connection, sooner)])

    assert in_database(prepared, scenario) == [11, 12]


def test_commands_of_a_list_are_carried_out_in_its_order(prepared: str) -> None:
    """More than share a transaction, with two of one subscription far apart: the later one holds."""

    async def scenario() -> list[Outcome]:
        async with pool(prepared) as connections, combining(SubscriptionDesk(), connections, connections) as combiner:
            names = [f"sub-{number}" for number in range(200)]
            await combiner.ask_in_order([asking(row(name), name) for name in names])
            asked = [asking(ChangeQuantity(quantity=9), name) for name in names]
            asked[50] = asking(ChangeQuantity(quantity=50), "sub-7")
            asked[150] = asking(ChangeQuantity(quantity=150), "sub-7")
            await combiner.ask_in_order(asked)
            return [await combiner.ask(asking(ChangeQuantity(change=1), "sub-7"))]

    assert quantities(asyncio.run(scenario())) == [151]


def test_what_of_a_list_is_not_carried_out_says_so_and_nothing_else(prepared: str) -> None:
    async def scenario() -> list[Outcome]:
        bounds = Bounds(outbox=2, together=2)
        async with (
            pool(prepared) as connections,
            combining(SubscriptionDesk(), connections, connections, bounds) as combiner,
        ):
            first = await combiner.ask_in_order([asking(row(name), name) for name in ("sub-1", "sub-2")])
            await asyncio.sleep(0.6)
            return [*first, *await combiner.ask_in_order([asking(ChangeQuantity(change=1))])]

    done, done_too, turned_away = asyncio.run(scenario())
    assert quantities([done, done_too]) == [8, 8]
    assert isinstance(turned_away, Overloaded)
