"""Commands of who works at the machine: handled on the database directly, without an API, as the distributor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

import psycopg
from psycopg import AsyncConnection
from pydantic import BaseModel, ValidationError

from shared.commands.decision import CommandRefused, Decided
from shared.commands.desk import Asked, Desk
from shared.commands.handling import Busy, Outcome, handle
from shared.commands.principal import OPERATOR
from shared.errors import UserError
from shared.events.errors import unreadable_of
from shared.events.models.fields import FROM_JSON
from shared.projections.generations import NoGeneration
from shared.store.pool import connect

C = TypeVar("C")
T = TypeVar("T")
B = TypeVar("B", bound=BaseModel)


def operate(dsn: str, desk: Desk[C], command: C, *, preview: bool = False, if_match: str | None = None) -> Decided:
    """Carry out a command now, or (`preview`) say what would come of it. UserError says why it is not carried out."""
    asked = Asked(command, OPERATOR, datetime.now(UTC), if_match=if_match, preview=preview)
    outcome = asyncio.run(_handled(dsn, desk, asked))
    if isinstance(outcome, Decided):
        return outcome
    if isinstance(outcome, CommandRefused):
        raise UserError(str(outcome))
    raise outcome


def body_of(model: type[B], fields: Mapping[str, object], option: str = "--") -> B:
    """The body of a command from what was given on the command line; None was not given.

    UserError says of which field; `option` stands before its name.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    try:
        return model.model_validate(given, context=FROM_JSON)
    except ValidationError as error:
        unreadable = unreadable_of(error)
        where = unreadable.where.removeprefix("data").removeprefix(".")
        where = where.replace("_", "-") if option else where
        raise UserError(f"{option}{where}: {unreadable.what}" if where else unreadable.what) from None


def read_now(dsn: str, read: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """What a query gives, as who works at the machine sees it."""

    async def with_connection() -> T:
        async with await connect(dsn, application="seatledger command") as connection:
            return await read(connection)

    return asyncio.run(with_connection())


async def _handled(dsn: str, desk: Desk[C], asked: Asked[C]) -> Outcome:
    try:
        async with await connect(dsn, application="seatledger command") as connection:
            return (await handle(connection, desk, [asked]))[0]
    except (Busy, NoGeneration) as error:
        raise UserError(str(error)) from None
    except psycopg.OperationalError as error:
        raise UserError(f"The database does not answer ({str(error).strip()}): nothing was changed") from None
