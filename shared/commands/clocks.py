"""When a command counts: after everything that it is decided on. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

_CLOCKS_DIFFER_BY = timedelta(minutes=5)
_JUST_AFTER = timedelta(microseconds=1)


def after_all(at: datetime, known: Iterable[datetime]) -> datetime:
    """`at`, or right after the latest of what is known with a time of some minutes later.

    Clocks differ, and who asked first may be decided last. An event that took its place before what it was decided on
    would be undone by it: three more licences on top of those that upstream has just ordered. All in UTC.
    """
    ahead = [time for time in known if at <= time <= at + _CLOCKS_DIFFER_BY]
    return max(ahead) + _JUST_AFTER if ahead else at
