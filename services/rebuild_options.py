"""What the commands that rebuild are given: where, what, from when, and how far they are told to be."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from aiokafka.errors import KafkaError

from deploy.local import system
from services.prepare import specs
from services.presentation import note, on_terminal, say
from shared.commands.operating import database_failures
from shared.errors import BAD_REQUEST, UNAVAILABLE, UserError
from shared.events.values import moment
from shared.projections.generations import NoGeneration
from shared.projections.rebuild.bulk import NewErrors, Progress
from shared.projections.rebuild.finishing import IdsReused
from shared.projections.rebuild.records import AlreadyRebuilding, Purpose
from shared.projections.rebuild.release import release_of
from shared.projections.rebuild.replaying import LiveBehind
from shared.projections.rebuild.rolling_back import NothingKept
from shared.projections.rebuild.switch import NotSwitched
from shared.projections.rebuild.wanted import Wanted
from shared.projections.spec import ProjectionSpec
from shared.projections.writes import TableDiffers
from shared.workers import WorkerEnded, WorkerFailed

_DURATION = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_TOLD_EVERY_S = 2.0
_PHASES = {
    "read": "Reading the log",
    "fold": "Folding",
    "index": "Keys and indexes",
    "catch-up": "Catching up",
    "compare": "Comparing",
}
# What stops a rebuild and is nobody's fault in the code: the sentence says it all.
_EXPECTED = (
    AlreadyRebuilding, IdsReused, LiveBehind, NewErrors, NoGeneration, NothingKept, NotSwitched, TableDiffers,
    WorkerEnded,
)  # fmt: skip


def chosen(projection: str) -> list[ProjectionSpec]:
    """The projection of that name, or all."""
    return [spec for spec in specs() if projection in ("all", spec.name)]


def wanted(
    projection: str, database: Callable[[], str], broker: Callable[[], str], purpose: Purpose, workers: int | None,
    until: datetime | None = None,
) -> Wanted:  # fmt: skip
    """What is to be built, by this release on this machine. UserError where there is no database or broker."""
    found = chosen(projection)
    return Wanted(
        database(), broker(), found, release_of(found), purpose, home(), processes(workers), until,
        lambda sentence: note([sentence]),
    )  # fmt: skip


def home() -> Path:
    """Where buckets may lie: the state directory of this machine."""
    return system.home_folder()


def processes(workers: int | None) -> int:
    """So many as were asked for, else one a core."""
    return workers or os.cpu_count() or 1


def duration(text: str) -> timedelta:
    """24h, 90m, 7d. Raises UserError."""
    form = _DURATION.fullmatch(text)
    if form is None:
        raise UserError(f"--keep: {text!r} is no duration; give one like 24h, 90m or 7d", BAD_REQUEST)
    return timedelta(**{_UNITS[form[2]]: int(form[1])})


def point_in_time(text: str, option: str) -> datetime:
    """A date (its midnight in UTC) or a time with its offset, not in the future. Raises UserError."""
    try:
        given = moment(text)
    except ValueError as error:
        raise UserError(f"{option}: {error}", BAD_REQUEST) from None
    at = given if isinstance(given, datetime) else datetime(given.year, given.month, given.day, tzinfo=UTC)
    if at > datetime.now(UTC):
        raise UserError(f"{option}: {text} is still to come; give a time that is past", BAD_REQUEST)
    return at


@contextmanager
def refusals() -> Iterator[None]:
    """What can go wrong in the world, as a UserError."""
    # What is no DSN, and what is no database of ours, are told as by every other command.
    with database_failures(), _of_a_rebuild():
        yield


@contextmanager
def _of_a_rebuild() -> Iterator[None]:
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
        raise UserError(_away(error), UNAVAILABLE) from None


def _away(error: BaseException) -> str:
    return (
        f"database or broker went away ({type(error).__name__}: {' '.join(str(error).split())}); the live projections "
        "were not touched. Run it again when they answer: it goes on where it was"
    )


class Shown:
    """Tells a person how far a rebuild is: phase, events, rate, time left; every two seconds, and when a phase ends."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._phase = ""
        self._began = self._last = time.monotonic()
        self._ended: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        if self._quiet:
            return
        now = time.monotonic()
        if progress.phase != self._phase:
            self._phase, self._began, self._last = progress.phase, now, now
        ended = progress.done >= progress.total
        if ended and self._ended == progress:
            return
        if not ended and now - self._last < _TOLD_EVERY_S:
            return
        self._last = now
        self._ended = progress if ended else None
        self._say(_line(progress, now - self._began), ended=ended)

    def _say(self, line: str, *, ended: bool) -> None:
        if on_terminal():
            print(f"\r\x1b[2K{line}", end="\n" if ended else "", flush=True)
        elif ended:
            say(line)


def _line(progress: Progress, seconds: float) -> str:
    words = _PHASES.get(progress.phase, progress.phase)
    if progress.phase not in ("read", "fold", "catch-up"):
        return f"{words}: {progress.done} of {progress.total}"
    rate = progress.done / seconds if seconds > 0 else 0.0
    left = f", {(progress.total - progress.done) / rate:.0f} s left" if rate and progress.done < progress.total else ""
    most = max(progress.left.items(), key=lambda one: one[1], default=None)
    where = f", most in {most[0].topic}/{most[0].partition}: {most[1]:,}" if left and most is not None else ""
    return f"{words}: {progress.done:,} of {progress.total:,} events, {rate:,.0f}/s{left}{where}"


def waiting_said(*, quiet: bool) -> Callable[[str], None]:
    """Says once what is waited for."""
    said = set[str]()

    def waiting(what: str) -> None:
        if not quiet and what not in said:
            said.add(what)
            say(f"Waiting: {what}")

    return waiting
