"""Taking over many subscriptions: in portions of one transaction each, with a report of the rows that are refused.

Run again it finds what it imported before and changes nothing; a run that died goes on where it was that way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from psycopg import AsyncConnection

from services.subscriptions.commands.bodies import Command
from services.subscriptions.desk import SubscriptionDesk
from services.subscriptions.import_rows import Refusal, Row
from shared.commands.decision import CommandRefused, Decided
from shared.commands.desk import Asked
from shared.commands.handling import handle
from shared.commands.principal import Principal
from shared.store.config import OUTBOX_LIMIT
from shared.store.outbox import at_least

# Some 0.2 s of work: progress is seen, and a commit is paid once for many.
PORTION = 250
_LOOK_AGAIN_S = 2.0


@dataclass(slots=True)
class Tally:
    """How far an import is. `unchanged` were imported before, just so."""

    rows: int = 0
    imported: int = 0
    unchanged: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Portion:
    """What became of some rows: how many so far, and which of these were refused.

    Without rows it `waits` for the broker to take some of the events that are to be sent.
    """

    tally: Tally
    refused: list[Refusal]
    waits: bool = False


async def import_all(
    connection: AsyncConnection,
    rows: Iterable[Row | Refusal],
    principal: Principal,
    *,
    correlation: str | None = None,
    only_check: bool = False,
    portion: int = PORTION,
    outbox: int = OUTBOX_LIMIT,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[Portion]:
    """Take rows over, and say after each `portion` how far it is. `only_check` decides on them and changes nothing.

    While `outbox` events wait for the broker it takes no more rows, and says every two seconds that it waits. Raises
    Forbidden before the first row, and psycopg.Error: then what was reported is done, and may be run again.
    """
    principal.need("subscriptions:import", "import subscriptions")
    tally = Tally()
    for some in _portions(iter(rows), portion):
        while not only_check and await at_least(connection, outbox):
            yield Portion(tally, [], waits=True)
            await asyncio.sleep(_LOOK_AGAIN_S)
        refused = [one for one in some if isinstance(one, Refusal)]
        wanted = [one for one in some if isinstance(one, Row)]
        asked = [
            Asked(Command(row.request.subscription_id, row.request), principal, now(), correlation) for row in wanted
        ]
        async with connection.transaction(force_rollback=only_check):
            outcomes = await handle(connection, SubscriptionDesk(), asked)
        for row, outcome in zip(wanted, outcomes, strict=True):
            if isinstance(outcome, Decided):
                tally.imported += bool(outcome.appending)
                tally.unchanged += not outcome.appending
            else:
                refused.append(_refusal(row, outcome))
        tally.rows += len(some)
        tally.refused += len(refused)
        yield Portion(tally, sorted(refused, key=lambda one: one.line))


def _portions(rows: Iterator[Row | Refusal], portion: int) -> Iterator[list[Row | Refusal]]:
    while some := list(islice(rows, portion)):
        yield some


def _refusal(row: Row, outcome: CommandRefused | Exception) -> Refusal:
    known = isinstance(outcome, CommandRefused)
    reason = str(outcome) if known else f"cannot be decided here ({type(outcome).__name__}); the log has the reason"
    return Refusal(row.line, row.request.subscription_id, reason)
