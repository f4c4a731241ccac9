"""What `seatledger readers` does, on SEATLEDGER_DATABASE or the database of the running system."""

from __future__ import annotations

import asyncio
import re
import secrets
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC
from typing import Final, TypeVar

import psycopg
from psycopg import AsyncConnection

from services.addresses import database_dsn
from services.known_accounts import is_known
from services.presentation import document, list_document, note, say, table
from shared.commands.operating import database_failures
from shared.errors import BAD_REQUEST, NOT_FOUND, UserError, WrongUsage
from shared.store import readers
from shared.store.pool import connect
from shared.store.readers import Reader, ReaderRefused

# What needs no quotes anywhere, and no role of PostgreSQL's or ours begins like.
_NAME = re.compile(r"(?!pg_|seatledger)[a-z][a-z0-9_]{0,62}")
_SHORTEST, _LONGEST = 12, 200
_NO_RIGHT: Final = (
    "The account of this database may not do that with roles: it needs CREATEROLE, and ADMIN on seatledger_reader and "
    "seatledger_api (docs/dashboards.md); nothing was changed"
)
T = TypeVar("T")


def create(name: str, *, reseller: str | None, password_file: str | None, as_json: bool) -> None:
    """Make a login, and print its password alone where it was made up here; the rest goes to standard error."""
    if _NAME.fullmatch(name) is None:
        raise WrongUsage(
            f"no reader was made: {name!r} is no name for one; give a small letter and then small letters, digits "
            "and _, 63 in all, and not pg_… or seatledger…"
        )
    if reseller is not None and not (0 < len(reseller) <= _LONGEST and reseller.isprintable()):
        raise WrongUsage(f"no reader was made: --reseller takes 1 to {_LONGEST} printable letters")
    password = secrets.token_urlsafe(24) if password_file is None else _password_in(password_file)

    async def make(connection: AsyncConnection) -> bool:
        await readers.create(connection, name, password, reseller)
        return await is_known(connection, reseller)

    if not _in_database(make):
        note([f"Nobody knows reseller {reseller}: the reader sees no rows of it before it is registered"])
    shown = {"password": password} if password_file is None else {}
    if as_json:
        document({"name": name, "reseller": reseller, **shown})
        return
    if shown:
        say(password)
    print(f"Reader {name} sees {_whose(reseller)}.", file=sys.stderr)
    if shown:
        print("Keep its password now: it is not shown again.", file=sys.stderr)


def show_all(*, as_json: bool) -> None:
    """Print every reader, never a password."""
    found = _in_database(readers.every)
    if as_json:
        list_document([_shape(one) for one in found])
        return
    rows = [
        (one.name, _whose(one.reseller), f"{one.created_at:%Y-%m-%d}", "logs in" if one.logs_in else "has no role here")
        for one in found
    ]
    table("Readers", ("name", "sees", "made", "state"), rows)


def drop(name: str) -> None:
    """Drop one; UserError when there is none of that name."""
    if not _in_database(lambda connection: readers.drop(connection, name)):
        raise UserError(f"there is no reader {name!r}; names are in: seatledger readers list", NOT_FOUND)
    say(f"Reader {name} is dropped, and its connections are ended")


def _password_in(file: str) -> str:
    """The first line of a file, or (-) of standard input."""
    try:
        if file == "-":
            line = sys.stdin.readline()
        else:
            with open(file, encoding="utf-8") as opened:
                line = opened.readline()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UserError(f"{file}: no password can be read there ({reason})", BAD_REQUEST) from None
    password = line.rstrip("\r\n")
    if not (_SHORTEST <= len(password) <= _LONGEST and password.isprintable()):
        raise UserError(
            f"{file}: its first line has to be the password, {_SHORTEST} to {_LONGEST} printable letters", BAD_REQUEST
        )
    return password


def _in_database(act: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    async def run(dsn: str) -> T:
        async with await connect(dsn, application="seatledger readers") as connection:
            return await act(connection)

    with database_failures(), _role_failures():
        return asyncio.run(run(database_dsn()))


@contextmanager
def _role_failures() -> Iterator[None]:
    try:
        yield
    except ReaderRefused as error:
        raise UserError(str(error)) from None
    except psycopg.errors.InsufficientPrivilege:
        raise UserError(_NO_RIGHT) from None
    except psycopg.errors.DependentObjectsStillExist as error:
        raise UserError(f"{error.diag.message_primary}: {error.diag.message_detail}; nothing was dropped") from None


def _shape(reader: Reader) -> dict[str, object]:
    return asdict(reader) | {"created_at": reader.created_at.astimezone(UTC).isoformat(timespec="seconds")}


def _whose(reseller: str | None) -> str:
    return "every row" if reseller is None else f"rows of reseller {reseller}"
