"""Commands of who works at the machine: handled on the database directly, without an API, as the distributor.

Where the database is, is asked for only when everything that was typed has been read: what is wrong with that is said
at once, and also where no database is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

import psycopg
from psycopg import AsyncConnection
from pydantic import BaseModel, ValidationError

from shared.commands.decision import CommandRefused, Decided
from shared.commands.desk import Asked, Desk
from shared.commands.handling import Busy, Outcome, handle
from shared.commands.principal import OPERATOR
from shared.commands.typed import Typed
from shared.errors import BAD_REQUEST, UNAVAILABLE, UserError, WrongUsage
from shared.events.errors import unreadable_of
from shared.events.models.fields import FROM_JSON
from shared.projections.generations import NoGeneration
from shared.store.pool import away, connect

C = TypeVar("C")
T = TypeVar("T")
B = TypeVar("B", bound=BaseModel)
# Gives the DSN; UserError when there is no database to name.
Database = Callable[[], str]
_UNCHANGED = ": nothing was changed"
_UNKNOWN = ": whether it was carried out is not known, so look before asking again"


def operate(
    database: Database, desk: Desk[C], command: C, *, preview: bool = False, reword: Callable[[str], str] = str
) -> Decided:
    """Carry out a command now, or (`preview`) say what would come of it.

    UserError says why it is not carried out, in the words of the rules as `reword` gives them.
    """
    asked = Asked(command, OPERATOR, datetime.now(UTC), preview=preview)
    outcome = asyncio.run(_handled(database(), desk, asked))
    if isinstance(outcome, Decided):
        return outcome
    if isinstance(outcome, CommandRefused):
        raise UserError(reword(str(outcome)), outcome.kind)
    raise outcome


def body_of(model: type[B], fields: Mapping[str, object], typed: Typed) -> B:
    """The body of a command from options and arguments; None was not given. UserError names the one that is wrong."""
    given = {name: value for name, value in fields.items() if value is not None}
    try:
        return model.model_validate(given, context=FROM_JSON)
    except ValidationError as error:
        where, what = _wrong(error)
        raise WrongUsage(f"{typed.name(where)}: {what}" if where else what) from None


def body_in_file(model: type[B], content: Mapping[str, object], file: str) -> B:
    """The body of a command from the object in a file. UserError names the file and the field."""
    try:
        return model.model_validate(content, context=FROM_JSON)
    except ValidationError as error:
        where, what = _wrong(error)
        raise UserError(f"{file}, {where}: {what}" if where else f"{file}: {what}", BAD_REQUEST) from None


def read_now(database: Database, read: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """What a query gives, as who works at the machine sees it. UserError when the database does not answer."""

    async def with_connection(dsn: str) -> T:
        async with await connect(dsn, application="seatledger command") as connection:
            return await read(connection)

    with database_failures():
        return asyncio.run(with_connection(database()))


def _wrong(error: ValidationError) -> tuple[str, str]:
    """The place in the body, "" for all of it, and what is wrong there."""
    unreadable = unreadable_of(error)
    return unreadable.where.removeprefix("data").removeprefix("."), unreadable.what


async def _handled(dsn: str, desk: Desk[C], asked: Asked[C]) -> Outcome:
    with database_failures(_UNCHANGED):
        connection = await connect(dsn, application="seatledger command")
    # A connection that breaks while it commits does not say on which side of the commit it did.
    with database_failures(_UNCHANGED if asked.preview else _UNKNOWN):
        async with connection:
            return (await handle(connection, desk, [asked]))[0]


@contextmanager
def database_failures(so: str = "") -> Iterator[None]:
    """What keeps the database from answering as a UserError; `so` ends its sentence: ": nothing was changed"."""
    try:
        yield
    except (Busy, NoGeneration) as error:
        raise UserError(str(error), UNAVAILABLE) from None
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        raise UserError("This database holds no Seatledger: prepare it with python -m services.prepare") from None
    except psycopg.OperationalError as error:
        if not away(error):
            raise
        raise UserError(f"The database does not answer ({' '.join(str(error).split())}){so}", UNAVAILABLE) from None
    except psycopg.ProgrammingError as error:
        if error.sqlstate is not None:
            raise
        raise UserError(f"SEATLEDGER_DATABASE is no DSN: {str(error).splitlines()[0]}", BAD_REQUEST) from None
