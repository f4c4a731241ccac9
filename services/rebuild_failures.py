"""What ends a rebuild before its time, as one sentence: what is not there, what goes away, what is wrong, Ctrl-C."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import psycopg
from aiokafka.errors import KafkaError
from psycopg import AsyncConnection

from services.broker_failures import broker_failures, why
from services.presentation import note
from shared.commands.operating import database_failures, read_now
from shared.errors import UNAVAILABLE, UserError
from shared.log.reachable import reach
from shared.projections.generations import NoGeneration, generations
from shared.projections.rebuild import records
from shared.projections.rebuild.bulk import NewErrors
from shared.projections.rebuild.finishing import IdsReused
from shared.projections.rebuild.records import AlreadyRebuilding
from shared.projections.rebuild.replaying import LiveBehind
from shared.projections.rebuild.rolling_back import NothingKept
from shared.projections.rebuild.switch import NotSwitched
from shared.projections.writes import TableDiffers
from shared.workers import WorkerEnded, WorkerFailed

# Give the DSN and host:port. UserError when there is none.
Address = Callable[[], str]

# What stops a rebuild and is nobody's fault in the code: the sentence says it all.
_EXPECTED = (
    AlreadyRebuilding, IdsReused, LiveBehind, NewErrors, NoGeneration, NothingKept, NotSwitched, TableDiffers,
    WorkerEnded,
)  # fmt: skip


@contextmanager
def refusals(database: Address, broker: Address | None = None) -> Iterator[None]:
    """What can go wrong in the world, as a UserError; of Ctrl-C it is said how things stand.

    First the database has to answer, and the broker where one is given: who was never there did not go away.
    """
    before = read_now(database, _live)
    if broker is not None:
        with broker_failures(": nothing was changed"):
            asyncio.run(reach(broker()))
    try:
        with database_failures(), broker_failures(": nothing was changed"), _of_a_rebuild(seen=broker is not None):
            yield
    except KeyboardInterrupt:
        note([_stopped(database, before)])
        raise


@contextmanager
def _of_a_rebuild(*, seen: bool) -> Iterator[None]:
    """`seen`: the broker answered before."""
    try:
        yield
    except WorkerFailed as failed:
        if isinstance(failed.cause, _EXPECTED):
            raise UserError(str(failed.cause)) from None
        if isinstance(failed.cause, (psycopg.OperationalError, KafkaError)):
            raise UserError(_away(failed.cause), UNAVAILABLE) from None
        raise
    except _EXPECTED as error:
        raise UserError(str(error)) from None
    except (psycopg.OperationalError, KafkaError) as error:
        if isinstance(error, KafkaError) and not seen:
            raise
        raise UserError(_away(error), UNAVAILABLE) from None


def _away(error: BaseException) -> str:
    is_broker = isinstance(error, KafkaError)
    said = why(error) if is_broker else " ".join(str(error).split())
    return (
        f"The {'broker' if is_broker else 'database'} went away ({said}); the live projections were not touched. Run "
        "it again when it answers: it goes on where it was"
    )


def _stopped(database: Address, before: Collection[str]) -> str:
    """How things stand after Ctrl-C."""
    try:
        now, unfinished = read_now(database, _live), read_now(database, records.unfinished)
    except UserError as error:
        return f"stopped, and what is left of it is not known: {error}"
    if seen := [schema for schema in now if schema not in before]:
        return f"stopped after the switch, and nothing is left to do: readers see {', '.join(seen)} now"
    if unfinished:
        return (
            "stopped: nothing was switched, and readers see what they saw; the same command goes on where this one was"
        )
    return "stopped: nothing was switched, readers see what they saw, and there is nothing to go on with"


async def _live(connection: AsyncConnection) -> list[str]:
    """The schemas that readers see."""
    return [one.schema for one in await generations(connection) if one.status == "live"]
