"""Migrations: numbered .sql files, applied once each, in order, by one starter at a time.

Applied files are remembered with the digest of their text. One that was edited afterwards is refused: databases that
have it would otherwise differ from those that get it new.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from psycopg import AsyncConnection

_FILE = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
# Any number that nothing else in this database locks; written out so that an operator can find it in pg_locks.
_LOCK = 7_201_001
STORE_MIGRATIONS = Path(__file__).parent / "migrations"

_BOOTSTRAP = """
CREATE SCHEMA IF NOT EXISTS store;
CREATE TABLE IF NOT EXISTS store.schema_migration (
    room text NOT NULL, number integer NOT NULL, file text NOT NULL, digest text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (room, number)
);
COMMENT ON TABLE store.schema_migration IS 'One row an applied migration; digest is the SHA-256 of its text';
"""
_APPLIED = "SELECT number, file, digest FROM store.schema_migration WHERE room = %s"
_REMEMBER = "INSERT INTO store.schema_migration (room, number, file, digest) VALUES (%s, %s, %s, %s)"


class MigrationRefused(Exception):
    """The files and the database contradict each other; the sentence says which file, and what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file. `room` is who brings it: "store", or a service."""

    room: str
    number: int
    file: str
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text, line ends normalised: a checkout on another system is no edit."""
        return hashlib.sha256(self.text.replace("\r\n", "\n").encode()).hexdigest()


def migrations_in(room: str, folder: Path) -> list[Migration]:
    """The migrations of a folder, by number. Raises MigrationRefused for a number that is there twice."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        name = _FILE.fullmatch(path.name)
        if name is None:
            raise MigrationRefused(f"{room}/{path.name}: name it like 0002_what_it_does.sql")
        found.append(Migration(room, int(name[1]), path.name, path.read_text(encoding="utf-8")))
    numbers = [migration.number for migration in found]
    for before, after in pairwise(numbers):
        if before == after:
            raise MigrationRefused(f"{room}: number {before:04} is there twice; give one file the next free number")
    return found


async def migrate(connection: AsyncConnection, folders: Mapping[str, Path]) -> list[str]:
    """Apply what is missing, room by room in the mapping's order; the files applied ("store/0001_store.sql").

    Raises MigrationRefused, with nothing applied of the room that is refused.
    """
    applied = []
    await connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        await connection.execute(_BOOTSTRAP)
        for room, folder in folders.items():
            for migration in await _missing(connection, room, migrations_in(room, folder)):
                async with connection.transaction():
                    await connection.execute(migration.text.encode())
                    await connection.execute(_REMEMBER, [room, migration.number, migration.file, migration.digest])
                applied.append(f"{room}/{migration.file}")
    finally:
        await connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    return applied


async def _missing(connection: AsyncConnection, room: str, files: Sequence[Migration]) -> list[Migration]:
    rows = await (await connection.execute(_APPLIED, [room])).fetchall()
    known = {migration.number: migration for migration in files}
    for number, file, digest in rows:
        if number not in known:
            raise MigrationRefused(
                f"{room}/{file} was applied to this database and is not in this release; "
                "install the release that has it, or a newer one"
            )
        if known[number].digest != digest:
            raise MigrationRefused(
                f"{room}/{known[number].file} was edited after it was applied to this database; "
                "put the applied text back and write the change as a new migration"
            )
    applied = {number for number, _, _ in rows}
    missing = [migration for migration in files if migration.number not in applied]
    newest = max(applied, default=0)
    for migration in missing:
        if migration.number < newest:
            raise MigrationRefused(
                f"{room}/{migration.file} comes before {newest:04}, which this database has already; "
                "give it the next free number"
            )
    return missing
