"""What becomes of a replay that was interrupted: the same release goes on with it, others leave it or begin anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import pytest

from services.orders.projection import SPEC as ORDERS
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.projections.rebuild import records
from shared.projections.rebuild.bulk import NewErrors, Progress
from shared.projections.rebuild.finishing import IdsReused
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem, Event
from tests.infrastructure.brokers import Broker
from tests.integration.replay.command_line import FIRST, Keyboard
from tests.integration.replay.systems import failing, live, replay, schemas, system

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.slow]

SELLER: Event = {
    "id": "used-twice", "source": "urn:test", "type": "LicensesChanged", "time": "2025-06-01T08:00:00Z",
    "data": {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 3},
}  # fmt: skip
# Of a product, so it lies in another bucket than what is said of a customer.
PRICE: Event = {
    "id": "used-twice", "source": "urn:test", "type": "PriceChanged", "time": "2025-06-01T08:00:00Z",
    "data": {"product_id": "p-1", "currency": "EUR", "unit_price": "9.99", "effective_from": "2025-06-01"},
}  # fmt: skip


class Died(Exception):
    """Stands for a process that is gone."""


def dies(phase: str) -> Callable[[Progress], None]:
    """Somebody who is told how far a replay is, and with whom it dies when a phase begins."""

    def told(progress: Progress) -> None:
        if progress.phase == phase:
            raise Died

    return told


async def interrupted(running: BillingSystem, home: Path, phase: str = "index", **options: object) -> str:
    """The generation that a replay of subscriptions had begun when it died."""
    before = await schemas(running)
    with pytest.raises(Died):
        await replay(running, home, [SUBSCRIPTIONS], told=dies(phase), **options)  # type: ignore[arg-type]  # of replay
    (built,) = await schemas(running) - before
    return built


async def of_rebuilds(running: BillingSystem) -> list[str]:
    """The schemas of generations that are being built."""
    rows = await running.query("SELECT name || '_g' || number FROM store.generation WHERE status = 'building'")
    return sorted(name for (name,) in rows)


def test_what_another_release_has_built_is_built_anew_and_that_is_said(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 100) as running:
            # Given what one release had folded when it died: other rows than the next one makes of the same events
            built = await interrupted(running, tmp_path, release="of last week")
            async with await connect(database, built) as connection:
                assert (await connection.execute("UPDATE subscription SET quantity = 7777")).rowcount > 10
            # When the next one replays the same
            said: list[str] = []
            report = await replay(running, tmp_path, [SUBSCRIPTIONS], release="of today", note=said.append)
            # Then it has nothing of that, and says so once
            assert report.comparison.same, report.comparison.differences[:3]
            assert said == [
                "An interrupted replay was of another release of the code: what it had built is removed, and this one "
                "begins anew"
            ]
            assert await schemas(running) == {*FIRST.values(), (await live(running))["subscriptions"]}
            assert await running.query("SELECT number FROM store.rebuild") == []
            # And of one release it is gone on with, without a word
            built = await interrupted(running, tmp_path, release="of today")
            report = await replay(running, tmp_path, [SUBSCRIPTIONS], release="of today", note=said.append)
            assert report.generations == {"subscriptions": built}
            assert len(said) == 1

    asyncio.run(scenario())


def test_verify_and_as_of_leave_what_a_replay_had_built_and_say_so_until_it_is_dropped(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 100) as running:
            keyboard = Keyboard(running, tmp_path)
            # Given a replay that died
            built = await interrupted(running, tmp_path)
            told = (
                f"An interrupted replay stays as it is ({built}): replay subscriptions again to go on with it, or "
                f"remove it with `seatledger generations drop {built}`"
            )
            # When somebody verifies, looks at a moment, or replays something else, then it is told of and stays
            for command in (
                ("verify",), ("verify", "subscriptions"), ("as-of", "2025-06-01", "subscriptions"),
                ("replay", "orders", "--json"),
            ):  # fmt: skip
                answer = await keyboard.types(*command)
                assert (answer.code, answer.failure) == (0, f"{told}\n"), command
            assert await of_rebuilds(running) == [built]
            # And it can be dropped, but not while somebody builds it
            async with await connect(database) as building:
                await records.hold(building)
                refused = await keyboard.types("generations", "drop", built)
            assert (refused.code, refused.sentence) == (
                1, f"{built} is being built, by a replay, verify or as-of that goes on: wait for it, or end it",
            )  # fmt: skip
            answer = await keyboard.types("generations", "drop", built)
            assert (answer.code, answer.out) == (0, f"What an interrupted rebuild had made is gone: {built}\n")
            assert await running.query("SELECT who, target FROM store.operation WHERE what = 'generations drop'") == [
                ("ada", built)
            ]
            assert built not in await schemas(running)
            assert await running.query("SELECT number FROM store.rebuild") == []
            assert not list((tmp_path / "rebuild").iterdir())
            # And programs are told the same of the next one
            built = await interrupted(running, tmp_path)
            gone = await keyboard.types("generations", "drop", built, "--json")
            assert gone.shown["items"] == [{"generation": built, "status": "gone"}]

    asyncio.run(scenario())


def test_a_replay_of_more_takes_the_place_of_one_that_was_interrupted_and_of_other_projections_does_not(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 50) as running:
            built, said = await interrupted(running, tmp_path), list[str]()
            # When a replay of other projections dies as well, and one of all is made
            with pytest.raises(Died):
                await replay(running, tmp_path, [ORDERS], told=dies("index"), note=said.append)
            assert built in await of_rebuilds(running)
            assert [sentence.split(":")[0] for sentence in said] == [f"An interrupted replay stays as it is ({built})"]
            said.clear()
            assert (await replay(running, tmp_path, note=said.append)).switched is not None
            # Then it says what it replaces, and nothing of both is left
            assert said == [
                f"What an interrupted replay of other projections had built is removed: {name}"
                for name in (built, "orders_g2")
            ]
            assert await of_rebuilds(running) == []

    asyncio.run(scenario())


def test_an_id_that_was_reused_is_told_alike_each_time_until_live_holds_it_dead(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 100) as running:
            # Given two events with one id, of which live took the first, and of which nobody wrote down the other
            await running.emit([SELLER])
            await running.settled()
            await running.emit([PRICE])
            await running.settled()
            places = 'SELECT topic, partition, "offset" FROM store.dead_letter WHERE reason LIKE %s'
            ((topic, partition, offset),) = await running.query(places, "%used-twice%")
            async with await connect(database) as connection:
                await connection.execute("CREATE TABLE store.aside AS SELECT * FROM store.dead_letter")
                await connection.execute("DELETE FROM store.dead_letter WHERE reason LIKE %s", ["%used-twice%"])
            # When it is replayed, and again, then it says which events they are, and leaves nothing behind
            told = set()
            for _ in range(2):
                with pytest.raises(IdsReused) as refused:
                    await replay(running, tmp_path)
                told.add(str(refused.value))
                assert await of_rebuilds(running) == []
                assert await live(running) == FIRST
            (sentence,) = told
            assert f"{topic} partition {partition} offset {offset}" in sentence
            # And once live holds one of them dead the same command goes through
            async with await connect(database) as connection:
                await connection.execute(
                    "INSERT INTO store.dead_letter SELECT * FROM store.aside ON CONFLICT DO NOTHING"
                )
            report = await replay(running, tmp_path)
            assert report.comparison.same, report.comparison.differences[:3]

    asyncio.run(scenario())


def test_the_first_error_ends_a_rebuild_before_it_has_folded_the_rest(
    empty_broker: Broker, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.projections.rebuild.making.EVENTS_A_BUCKET", 10)

    async def scenario() -> None:
        async with system(database, empty_broker, 300) as running:
            # Given customers in many buckets, and a release that fails for one in the first of them
            await interrupted(running, tmp_path, "fold")
            ((count,),) = await running.query("SELECT buckets FROM store.rebuild")
            sold = await running.query("SELECT subscription, customer FROM read.subscriptions")
            buckets = {name: crc32(customer.encode()) % count for name, customer in sold}
            assert len(set(buckets.values())) > 4
            wrong = min(buckets, key=lambda name: (buckets[name], name))
            # When it is replayed, then the error is told
            with pytest.raises(
                NewErrors, match=f"The first: subscriptions subscription {wrong}: ValueError: a release"
            ):
                await replay(running, tmp_path, [failing(SUBSCRIPTIONS, wrong)], workers=1)
            # And no customer after that has been folded
            done = await running.query("SELECT bucket FROM store.rebuild_bucket WHERE starts_with(bucket, 'customer')")
            assert done == []

    asyncio.run(scenario())
