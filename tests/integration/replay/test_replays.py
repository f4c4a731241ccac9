"""Replays of a system with a history: the rows that live has, whatever the log holds; halted by new errors."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.invoicing.projection import SPEC as INVOICING
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.projections.rebuild.bulk import NewErrors
from shared.projections.rebuild.rolling_back import NothingKept, roll_back
from shared.projections.rebuild.switch import NotSwitched
from shared.store.pool import connect
from tests.infrastructure.brokers import Broker
from tests.integration.replay.systems import DAY, failing, live, replay, schemas, system

ROWS = (
    "SELECT * FROM read.subscriptions ORDER BY 1",
    "SELECT * FROM read.rejected_events ORDER BY 1, 2, 3",
    "SELECT * FROM read.subscription_versions ORDER BY 1",
    "SELECT * FROM read.installment_plans ORDER BY 1",
    "SELECT * FROM read.next_charges ORDER BY 1",
    "SELECT * FROM read.documents ORDER BY 1",
    "SELECT * FROM read.document_lines ORDER BY 1, 2",
    "SELECT * FROM read.orders ORDER BY 1",
    "SELECT * FROM read.order_items ORDER BY 1, 2",
    "SELECT * FROM read.customers ORDER BY 1",
    "SELECT * FROM read.resellers ORDER BY 1",
    "SELECT * FROM read.list_prices ORDER BY 1, 2, 3, 4, 5",
    "SELECT * FROM read.settings ORDER BY 1, 2, 3, 4",
)


@pytest.mark.slow
def test_a_replay_gives_the_rows_that_live_has_and_goes_on_from_there(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker) as running:
            # Given a system with a history, with rubbish, repeats and what waits for ever in it
            before = [await running.query(query) for query in ROWS]
            assert all(before), "every view has something in it"
            dead = await running.query("SELECT count(*) FROM store.dead_letter")
            # When everything is replayed
            report = await replay(running, tmp_path)
            # Then readers see other generations with the same rows
            assert report.comparison.same, report.comparison.differences[:3]
            assert await live(running) == {"orders": "orders_g2", "subscriptions": "subscriptions_g2",
                                           "invoicing": "invoicing_g2"}  # fmt: skip
            assert [await running.query(query) for query in ROWS] == before
            assert await running.query("SELECT count(*) FROM store.dead_letter") == dead
            assert not list((tmp_path / "rebuild").iterdir()), "what was read is thrown away"
            # And a run finds nothing that is not issued yet
            assert (await running.run(DAY, early=True)).documents == []
            # And what is replayed can be replayed: a generation of packed facts and what came since
            assert (await replay(running, tmp_path, dry_run=True)).comparison.same

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_row_that_was_changed_by_hand_is_found_with_its_events(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 200) as running:
            # Given rows that nobody's events gave
            ((charged,),) = await running.query("SELECT min(subscription) FROM read.next_charges")
            async with await connect(database) as connection:
                for statement in (
                    "UPDATE subscriptions_g1.subscription SET quantity = 999 WHERE subscription = 'sub-2'",
                    f"UPDATE invoicing_g1.next_charge SET net = net + 1 WHERE subscription = '{charged}'",
                    "DELETE FROM subscriptions_g1.subscription WHERE subscription = 'sub-5'",
                ):
                    assert (await connection.execute(statement.encode())).rowcount == 1
            # When it is verified
            report = await replay(running, tmp_path, dry_run=True)
            # Then each is told, with the events of its subscription, and the total that is wrong
            found = {(one.table, one.key["subscription"]): one for one in report.comparison.differences}
            assert set(found) == {("subscription", "sub-2"), ("subscription", "sub-5"), ("next_charge", charged)}
            assert found["subscription", "sub-2"].columns == ["quantity"]
            assert found["subscription", "sub-5"].row.live is None
            (stream,) = {one.stream for one in found.values() if one.key["subscription"] == "sub-2"}
            assert stream is not None
            assert "LicensesChanged" in {event.type for event in report.behind["subscriptions", stream]}
            assert all(event.topic is not None for event in report.behind["subscriptions", stream])
            (total,) = report.comparison.totals
            assert (total.table, total.column) == ("next_charge", "net")
            # And a replay is not switched to, until that is what is wanted
            assert (await replay(running, tmp_path)).switched is None
            assert (await live(running))["subscriptions"] == "subscriptions_g1"
            assert await schemas(running) == {"orders_g1", "subscriptions_g1", "invoicing_g1"}
            assert (await replay(running, tmp_path, expect_diff=True)).switched is not None
            assert (await replay(running, tmp_path, dry_run=True)).comparison.same

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_release_that_fails_halts_the_replay_and_touches_nothing(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 200) as running:
            before = await running.query("SELECT * FROM read.subscriptions ORDER BY 1")
            with pytest.raises(
                NewErrors, match=r"0 records and 1 streams .* subscriptions subscription sub-3: ValueError"
            ):
                await replay(running, tmp_path, [failing(SUBSCRIPTIONS, "sub-3")])
            assert await live(running) == {"orders": "orders_g1", "subscriptions": "subscriptions_g1",
                                           "invoicing": "invoicing_g1"}  # fmt: skip
            assert await running.query("SELECT * FROM read.subscriptions ORDER BY 1") == before
            # And the next release makes it
            report = await replay(running, tmp_path, [SUBSCRIPTIONS], release="the next one")
            assert report.switched is not None
            assert report.comparison.same

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_stream_that_live_holds_parked_is_parked_in_the_new_generation_with_its_rows(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 200) as running:
            async with await connect(database, "subscriptions_g1") as connection:
                await connection.execute(
                    "INSERT INTO parked VALUES ('subscription', 'sub-3', 'it failed', '2026-01-01T00:00:00Z')"
                )
                await connection.execute("UPDATE subscription SET quantity = 77 WHERE subscription = 'sub-3'")
            report = await replay(running, tmp_path, [SUBSCRIPTIONS])
            assert report.comparison.same, report.comparison.differences
            since = datetime(2026, 1, 1, tzinfo=UTC)
            assert await running.query("SELECT scope_id, reason, since FROM subscriptions_g2.parked") == [
                ("sub-3", "it failed", since)
            ]
            rows = await running.query("SELECT quantity FROM read.subscriptions WHERE subscription = 'sub-3'")
            assert rows == [(77,)]

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_switch_waits_for_an_open_transaction_and_names_it(
    empty_broker: Broker, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.projections.rebuild.replaying._SWITCH_S", 0.3)

    async def scenario() -> None:
        async with system(database, empty_broker, 100) as running:
            # Given a dashboard in the middle of a transaction
            async with await connect(database, application="a dashboard") as reading, reading.transaction():
                before = await (await reading.execute("SELECT count(*) FROM read.subscriptions")).fetchone()
                with pytest.raises(
                    NotSwitched, match=r"process \d+ of postgres \(a dashboard, in a transaction since 20\d\d"
                ):
                    await replay(running, tmp_path)
                # Then it goes on reading what it read
                assert await (await reading.execute("SELECT count(*) FROM read.next_charges")).fetchone() is not None
                assert await (await reading.execute("SELECT count(*) FROM read.subscriptions")).fetchone() == before
            # And once it has ended the replay is finished from where it was
            assert (await replay(running, tmp_path)).switched is not None

    asyncio.run(scenario())


@pytest.mark.slow
def test_what_was_live_before_can_be_shown_again(empty_broker: Broker, database: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 200) as running:
            with pytest.raises(NothingKept, match="invoicing has no earlier generation"):
                await roll_back(database, running.broker, [INVOICING], None, lambda what: None)
            before = await running.query("SELECT * FROM read.next_charges ORDER BY 1")
            await replay(running, tmp_path, [INVOICING])
            switching, _ = await roll_back(database, running.broker, [INVOICING], None, lambda what: None)
            assert [(one.live.schema, one.to.schema) for one in switching] == [("invoicing_g2", "invoicing_g1")]
            assert (await live(running))["invoicing"] == "invoicing_g1"
            assert await running.query("SELECT * FROM read.next_charges ORDER BY 1") == before
            assert (await running.run(DAY, early=True)).documents == []

    asyncio.run(scenario())
