"""One embedded PostgreSQL a session, a database of its own for every test."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from deploy.local import embedded_postgres
from deploy.local.processes import start, stop, wait_until


class Databases:
    """The databases of one server. A migrated one is made once and copied by the server, which takes some 30 ms."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._numbers = itertools.count(1)
        self._templates: set[str] = set()

    def dsn(self, name: str) -> str:
        return embedded_postgres.dsn(self._data, name)

    def create(self, template: str | None = None) -> str:
        """A fresh database, empty or a copy of the template of that name; gives its DSN."""
        name = f"test_{next(self._numbers)}"
        self._administer(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template or "template0")
            )
        )
        return self.dsn(name)

    def template(self, name: str, migrate: Callable[[str], None]) -> str:
        """The name of a template, made by `migrate(dsn)` the first time it is asked for."""
        if name not in self._templates:
            self._administer(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            migrate(self.dsn(name))
            self._templates.add(name)
        return name

    def drop(self, dsn: str) -> None:
        """Drop it, whoever is still connected."""
        name = str(conninfo_to_dict(dsn)["dbname"])
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(statement)


def allow_connections(dsn: str, allowed: bool) -> None:
    """Nobody gets in, and who is in is thrown out."""
    name = str(conninfo_to_dict(dsn)["dbname"])
    with psycopg.connect(make_conninfo(dsn, dbname="postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(
                sql.Identifier(name), sql.SQL("true" if allowed else "false")
            )
        )
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


@contextmanager
def running(folder: Path) -> Iterator[Databases]:
    """A server with its data in `folder`, for the time of the block. Not durable: a test's database need not be."""
    data = folder / "postgres"
    embedded_postgres.prepare(data, print)
    command = embedded_postgres.command(data, folder / "postgres.log", "-c", "fsync=off")
    process = start(command)
    try:
        wait_until(lambda: embedded_postgres.is_ready(data), process, command)
        yield Databases(data)
    finally:
        stop(process, command.stop_signal, grace_seconds=20)
