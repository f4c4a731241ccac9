"""Which broker and which database a system runs on, where their data lies, and how each is started."""

import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploy.local import apache_kafka, embedded_broker, embedded_postgres
from deploy.local.processes import Command, free_port, listens
from shared.errors import UserError, WrongUsage

EMBEDDED = "embedded"
KAFKA = "kafka"
# Written when the supervisor saw the embedded broker end by itself: its log may have lost what the database remembers.
BROKEN = "broker-was-killed"


@dataclass(frozen=True)
class Piece:
    """One part to start: when it is ready, and whether it may be started again after it ended by itself."""

    command: Command
    is_ready: Callable[[], bool]
    restartable: bool
    port: int | None = None


@dataclass(frozen=True)
class Choice:
    """`broker`: embedded, kafka or host:port. `database`: embedded or a DSN. Each combination has data of its own."""

    broker: str = EMBEDDED
    database: str = EMBEDDED

    def check(self) -> None:
        """Raises UserError for what cannot work, with the reason."""
        if self.broker == EMBEDDED and self.database != EMBEDDED:
            raise WrongUsage(
                f"--broker embedded goes only with --database embedded: {embedded_broker.LOSES_RECORDS}. "
                "Use --broker kafka (Apache Kafka on this machine) or --broker host:port with a database of your own."
            )
        if self.broker == KAFKA:
            apache_kafka.jars()
            apache_kafka.java()
        elif self.broker != EMBEDDED:
            host, _, port = self.broker.rpartition(":")
            if not host or not port.isdigit():
                raise WrongUsage(f"--broker takes embedded, kafka or host:port, not {self.broker!r}.")
            try:
                socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
            except OSError as error:
                raise UserError(f"No broker answers at {self.broker}: {error}.") from None

    def folder(self, home: Path) -> Path:
        """Where this choice keeps its data: a database belongs to one log, so each broker has a database beside it."""
        name = self.broker if self.broker in (EMBEDDED, KAFKA) else self.broker.replace(":", "-").replace("/", "-")
        return home / "data" / name


_DEMONSTRATION = "demonstration"


def forget_data(choice: Choice, home: Path) -> None:
    """Delete what this machine keeps for the choice. Raises UserError where only half of it could be deleted."""
    if choice.database != EMBEDDED or choice.broker not in (EMBEDDED, KAFKA):
        raise WrongUsage("--fresh deletes a log and its database together, so it needs both on this machine.")
    shutil.rmtree(choice.folder(home), ignore_errors=True)


def keep_aside(choice: Choice, home: Path, say: Callable[[str], None]) -> None:
    """Move what an `up` of the user's own kept out of the way of a demonstration, which begins with nothing."""
    folder = choice.folder(home)
    if not folder.exists() or (folder / _DEMONSTRATION).exists():
        return
    aside = folder.with_name(f"{folder.name}-kept-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    folder.rename(aside)
    say(f"Keeping what was in {folder} as {aside}: the demonstration begins with nothing")


def mark_as_demonstration(choice: Choice, home: Path) -> None:
    """What a demonstration kept may be deleted by the next one."""
    if choice.folder(home).exists():
        (choice.folder(home) / _DEMONSTRATION).touch()


def keep(choice: Choice, home: Path) -> None:
    """What a demonstration left is the user's own once an `up` goes on with it: no later one deletes it."""
    (choice.folder(home) / _DEMONSTRATION).unlink(missing_ok=True)


def database(choice: Choice, home: Path, say: Callable[[str], None]) -> tuple[Piece | None, str]:
    """The database's piece (None: it runs elsewhere) and its DSN."""
    if choice.database != EMBEDDED:
        return None, choice.database
    data = choice.folder(home) / "postgres"
    embedded_postgres.prepare(data, say)
    command = embedded_postgres.command(data, home / "logs" / "postgres.log")
    piece = Piece(command, lambda: embedded_postgres.is_ready(data), restartable=True)
    return piece, embedded_postgres.dsn(data)


def broker(choice: Choice, home: Path) -> tuple[Piece | None, str]:
    """The broker's piece (None: it runs elsewhere) and its address."""
    if choice.broker not in (EMBEDDED, KAFKA):
        return None, choice.broker
    data, port = choice.folder(home) / "broker", free_port()
    if choice.broker == EMBEDDED:
        if (data / BROKEN).exists():
            raise UserError(
                f"The embedded broker was killed when it last ran, and {embedded_broker.LOSES_RECORDS}. "
                "Start again from nothing with: seatledger up --fresh"
            )
        command = embedded_broker.command(data, port, home / "logs" / "broker.log")
    else:
        command = apache_kafka.command(data, port, free_port(), home / "logs" / "broker.log")
    piece = Piece(command, lambda: listens(port), restartable=choice.broker == KAFKA, port=port)
    return piece, f"127.0.0.1:{port}"


def remember_broken(choice: Choice, home: Path) -> None:
    (choice.folder(home) / "broker" / BROKEN).touch()
