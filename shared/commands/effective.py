"""From when a change is to hold, as it is asked for: what lies in the past is for who may backdate. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from shared.billing.moments import civil_date
from shared.events.values import Moment

# An instant that is no longer ago was meant as now: clocks differ.
_CLOCKS_DIFFER_BY = timedelta(minutes=2)


def effective_of(asked: Moment | None, now: datetime, tz: tzinfo, *, may_backdate: bool = False) -> Moment | None:
    """What an event is to say of when it takes effect; None for now.

    A date is its midnight where the customer is (`tz`). That of today has passed: it is kept for who may backdate, and
    means now for everybody else. An instant up to two minutes before `now` means now.
    """
    if isinstance(asked, datetime):
        return None if now - _CLOCKS_DIFFER_BY <= asked <= now else asked
    if asked is None or (asked == civil_date(now, tz) and not may_backdate):
        return None
    return asked


def needs_backdating(asked: Moment | None, now: datetime, tz: tzinfo) -> bool:
    """Whether what is asked for lies in the past: an instant before now, a date before today where the customer is."""
    if isinstance(asked, datetime):
        return asked < now - _CLOCKS_DIFFER_BY
    return asked is not None and asked < civil_date(now, tz)
