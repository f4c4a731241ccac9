"""Commands of who works at the machine: handled on the database directly, without an API, as the distributor."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TypeVar

import psycopg

from shared.commands.decision import CommandRefused, Decided
from shared.commands.desk import Asked, Desk
from shared.commands.handling import Busy, Outcome, handle
from shared.commands.principal import OPERATOR
from shared.errors import UserError
from shared.projections.generations import NoGeneration
from shared.store.pool import connect

C = TypeVar("C")


def operate(dsn: str, desk: Desk[C], command: C, *, preview: bool = False, if_match: str | None = None) -> Decided:
    """Carry out a command now, or (`preview`) say what would come of it. UserError says why it is not carried out."""
    asked = Asked(command, OPERATOR, datetime.now(UTC), if_match=if_match, preview=preview)
    outcome = asyncio.run(_handled(dsn, desk, asked))
    if isinstance(outcome, Decided):
        return outcome
    if isinstance(outcome, CommandRefused):
        raise UserError(str(outcome))
    raise outcome


async def _handled(dsn: str, desk: Desk[C], asked: Asked[C]) -> Outcome:
    try:
        async with await connect(dsn, application="seatledger command") as connection:
            return (await handle(connection, desk, [asked]))[0]
    except (Busy, NoGeneration) as error:
        raise UserError(str(error)) from None
    except psycopg.OperationalError as error:
        raise UserError(f"The database does not answer ({str(error).strip()}): nothing was changed") from None
