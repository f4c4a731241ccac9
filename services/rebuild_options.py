"""What the commands that rebuild are given: what, where, from when, how long."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.local import system
from services.prepare import specs
from services.presentation import note
from shared.errors import WrongUsage
from shared.events.values import moment
from shared.projections.rebuild.records import Purpose
from shared.projections.rebuild.release import release_of
from shared.projections.rebuild.wanted import Wanted
from shared.projections.spec import ProjectionSpec

_DURATION = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


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
        raise WrongUsage(f"--keep: {text!r} is no duration; give one like 24h, 90m or 7d")
    return timedelta(**{_UNITS[form[2]]: int(form[1])})


def point_in_time(text: str, option: str) -> datetime:
    """A date (its midnight in UTC) or a time with its offset, not in the future. Raises UserError."""
    try:
        given = moment(text)
    except ValueError as error:
        raise WrongUsage(f"{option}: {error}") from None
    at = given if isinstance(given, datetime) else datetime(given.year, given.month, given.day, tzinfo=UTC)
    if at > datetime.now(UTC):
        raise WrongUsage(f"{option}: {text} is still to come; give a time that is past")
    return at
