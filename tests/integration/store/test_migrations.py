"""Migrations run once, in order, by one starter; what was applied is not edited."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from psycopg.types.json import Jsonb

from shared.store.migrations import STORE_MIGRATIONS, MigrationRefused, migrate
from shared.store.pool import connect

pytestmark = pytest.mark.database


def folder(path: Path, **files: str) -> Path:
    path.mkdir(exist_ok=True)
    for name, text in files.items():
        (path / f"{name}.sql").write_text(text)
    return path


def applied(dsn: str, room: Path) -> list[str]:
    async def scenario() -> list[str]:
        connection = await connect(dsn)
        try:
            return await migrate(connection, {"room": room})
        finally:
            await connection.close()

    return asyncio.run(scenario())


def test_each_file_is_applied_once_and_in_order(database: str, tmp_path: Path) -> None:
    room = folder(tmp_path, **{"0001_a": "CREATE TABLE a ()", "0002_b": "DROP TABLE a"})
    assert applied(database, room) == ["room/0001_a.sql", "room/0002_b.sql"]
    assert applied(database, room) == []
    folder(tmp_path, **{"0003_c": "CREATE TABLE a (); CREATE TABLE c ()"})
    assert applied(database, room) == ["room/0003_c.sql"]


def test_a_file_that_was_edited_after_it_was_applied_is_refused(database: str, tmp_path: Path) -> None:
    room = folder(tmp_path, **{"0001_a": "CREATE TABLE a ()"})
    applied(database, room)
    folder(tmp_path, **{"0001_a": "CREATE TABLE a (id int)", "0002_b": "CREATE TABLE b ()"})
    with pytest.raises(MigrationRefused, match=r"room/0001_a\.sql was edited after it was applied"):
        applied(database, room)
    folder(tmp_path, **{"0001_a": "CREATE TABLE a ()"})
    assert applied(database, room) == ["room/0002_b.sql"]


def test_another_line_end_is_no_edit(database: str, tmp_path: Path) -> None:
    room = folder(tmp_path, **{"0001_a": "CREATE TABLE a ();\nCREATE TABLE b ();\n"})
    applied(database, room)
    (room / "0001_a.sql").write_bytes(b"CREATE TABLE a ();\r\nCREATE TABLE b ();\r\n")
    assert applied(database, room) == []


def test_a_database_of_a_newer_release_is_refused(database: str, tmp_path: Path) -> None:
    room = folder(tmp_path, **{"0001_a": "CREATE TABLE a ()", "0002_b": "CREATE TABLE b ()"})
    applied(database, room)
    (room / "0002_b.sql").unlink()
    with pytest.raises(MigrationRefused, match="is not in this release"):
        applied(database, room)


def test_a_file_that_comes_in_between_is_refused(database: str, tmp_path: Path) -> None:
    room = folder(tmp_path, **{"0002_b": "CREATE TABLE b ()"})
    applied(database, room)
    folder(tmp_path, **{"0001_a": "CREATE TABLE a ()"})
    with pytest.raises(MigrationRefused, match="give it the next free number"):
        applied(database, room)


def test_a_file_that_fails_leaves_nothing_of_itself(database: str, tmp_path: Path) -> None:
    room = folder(tmp_path, **{"0001_a": "CREATE TABLE a (); SELECT 1/0"})
    with pytest.raises(Exception, match="division by zero"):
        applied(database, room)
    folder(tmp_path, **{"0001_a": "CREATE TABLE a ()"})
    assert applied(database, room) == ["room/0001_a.sql"]


def test_two_starters_at_once_apply_everything_once(database: str) -> None:
    async def start() -> list[str]:
        connection = await connect(database)
        try:
            return await migrate(connection, {"store": STORE_MIGRATIONS})
        finally:
            await connection.close()

    async def scenario() -> list[list[str]]:
        return list(await asyncio.gather(start(), start(), start()))

    done = asyncio.run(scenario())
    every_file = sorted(f"store/{file.name}" for file in STORE_MIGRATIONS.glob("*.sql"))
    assert sorted(done) == [[], [], every_file]


def test_dead_letters_of_an_earlier_release_are_dead_and_get_the_type_that_their_headers_say(
    database: str, tmp_path: Path
) -> None:
    earlier = {path.stem: path.read_text() for path in STORE_MIGRATIONS.glob("000[123]_*.sql")}
    headers = [[["ce_type", b"OrderExecuted".hex()], ["ce_subject", b"ord-1".hex()]], [["ce_type", "ff00"]], []]

    async def scenario() -> list[tuple[str, str | None, str | None]]:
        async with await connect(database) as connection:
            await migrate(connection, {"store": folder(tmp_path, **earlier)})
            for offset, pairs in enumerate(headers):
                await connection.execute(
                    """INSERT INTO store.dead_letter
                    (topic, partition, "offset", reason, headers, logged_at, found_by)
                    VALUES ('orders.events', 0, %s, 'old', %s, now(), 'orders')""",
                    [offset, Jsonb(pairs)],
                )
            await migrate(connection, {"store": STORE_MIGRATIONS})
            cursor = await connection.execute('SELECT status, type, subject FROM store.dead_letter ORDER BY "offset"')
            return await cursor.fetchall()

    assert asyncio.run(scenario()) == [("dead", "OrderExecuted", "ord-1"), ("dead", None, None), ("dead", None, None)]
