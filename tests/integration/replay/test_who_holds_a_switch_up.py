"""Who holds a switch up, and who does not: readers of the views do, are named, and keep nobody else from reading."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import psycopg
import pytest
from psycopg import AsyncConnection, IsolationLevel, sql

from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.projections.rebuild.rolling_back import roll_back
from shared.projections.rebuild.switch import NotSwitched
from shared.store.pool import connect
from tests.infrastructure.brokers import Broker
from tests.integration.replay.command_line import FIRST
from tests.integration.replay.systems import live, replay, system

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.slow]

_TABLES = """
SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND (n.nspname IN ('store', 'invoicing') OR n.nspname ~ '_g[0-9]+$')
"""
_VIEWS = "SELECT viewname FROM pg_views WHERE schemaname = 'read' ORDER BY 1"


async def dumped(connection: AsyncConnection) -> int:
    """All tables, and how views are defined, as `pg_dump` reads them, with the same locks; how many tables."""
    tables = await (await connection.execute(_TABLES)).fetchall()
    for schema, table in tables:
        await connection.execute(sql.SQL("SELECT FROM {}").format(sql.Identifier(schema, table)))
    await connection.execute("SELECT pg_get_viewdef(oid) FROM pg_class WHERE relkind = 'v'")
    return len(tables)


def test_a_backup_that_reads_all_tables_holds_no_switch_up(empty_broker: Broker, database: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 50) as running:
            async with await connect(database, application="pg_dump") as dumping:
                await dumping.set_isolation_level(IsolationLevel.REPEATABLE_READ)
                async with dumping.transaction():
                    # Given a backup in the middle of its transaction
                    assert await dumped(dumping) > 40
                    # When readers are led to other generations, and back
                    report = await replay(running, tmp_path)
                    _, back = await roll_back(database, running.broker, [SUBSCRIPTIONS], None, lambda what: None)
                    # Then nobody waits for it, and it reads on
                    assert report.switched is not None
                    assert (report.switched.tries, back.tries) == (1, 1)
                    assert await dumped(dumping) > 40
            assert await live(running) == {**dict.fromkeys(FIRST), "orders": "orders_g2", "invoicing": "invoicing_g2",
                                           "subscriptions": "subscriptions_g1"}  # fmt: skip

    asyncio.run(scenario())


def test_who_reads_the_views_is_named_while_it_is_waited_for_and_others_read_meanwhile(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 50) as running:
            views = [name for (name,) in await running.query(_VIEWS)]
            waited, told = asyncio.Event(), list[str]()

            def waiting(what: str) -> None:
                told.append(what)
                if len(told) >= 3:
                    waited.set()

            # Given a dashboard that has read one view, the last of those that a switch asks for
            async with await connect(database, application="a dashboard") as reading, reading.transaction():
                await reading.execute("SELECT FROM read.subscriptions")
                pid = reading.info.backend_pid
                going_on = asyncio.create_task(replay(running, tmp_path, waiting=waiting))
                # When somebody else reads all of them again and again, and never waits for long
                async with await connect(database) as other:
                    await other.execute("SET lock_timeout = '5s'")
                    while not waited.is_set():
                        for name in views:
                            await other.execute(sql.SQL("SELECT FROM read.{}").format(sql.Identifier(name)))
                        await asyncio.sleep(0)
            # Then the switch is made once the dashboard has done, which was named all the time
            report = await going_on
            assert report.switched is not None
            assert report.switched.tries > 3
            named = re.compile(
                rf"process {pid} of postgres \(a dashboard, in a transaction since \d{{4}}-\d\d-\d\d "
                r"\d\d:\d\d:\d\d UTC\) reads the views"
            )
            assert [what for what in told if named.fullmatch(what)] == told

    asyncio.run(scenario())


def test_who_holds_the_positions_of_the_live_generation_is_named(
    empty_broker: Broker, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.projections.rebuild.switch._FOR_POSITIONS", "SET LOCAL lock_timeout = '100ms'")
    monkeypatch.setattr("shared.projections.rebuild.replaying._SWITCH_S", 0.3)

    async def scenario() -> None:
        async with system(database, empty_broker, 50) as running:
            # Given somebody who has changed a position, and has not said so
            async with await connect(database, application="by hand") as changing, changing.transaction():
                await changing.execute("UPDATE subscriptions_g1.position SET next = next")
                with pytest.raises(NotSwitched, match=r"\(by hand, in a transaction since .*\) holds what a switch"):
                    await replay(running, tmp_path, [SUBSCRIPTIONS])
            assert await live(running) == FIRST
            # And once that has ended the replay is finished from where it was
            assert (await replay(running, tmp_path, [SUBSCRIPTIONS])).switched is not None

    asyncio.run(scenario())


def test_a_switch_that_cannot_be_written_down_is_not_made(empty_broker: Broker, database: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with system(database, empty_broker, 50) as running:
            # Given a database in which operations cannot be written down
            async with await connect(database) as connection:
                await connection.execute(
                    "ALTER TABLE store.operation ADD CONSTRAINT filled CHECK (what = '') NOT VALID"
                )
                # When something is replayed, then readers see what they saw
                with pytest.raises(psycopg.errors.CheckViolation):
                    await replay(running, tmp_path, [SUBSCRIPTIONS])
                assert await live(running) == FIRST
                await connection.execute("ALTER TABLE store.operation DROP CONSTRAINT filled")
                assert (await replay(running, tmp_path, [SUBSCRIPTIONS])).switched is not None
                # And as little are they led back without a word
                await connection.execute(
                    "ALTER TABLE store.operation ADD CONSTRAINT filled CHECK (what = 'replay') NOT VALID"
                )
                with pytest.raises(psycopg.errors.CheckViolation):
                    await roll_back(database, running.broker, [SUBSCRIPTIONS], None, lambda what: None)
                assert (await live(running))["subscriptions"] == "subscriptions_g2"
            assert await running.query("SELECT what, target FROM store.operation") == [("replay", "subscriptions_g2")]

    asyncio.run(scenario())
