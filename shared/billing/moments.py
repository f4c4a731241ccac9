"""Instants and civil dates: every date of billing is a date in the customer's time zone (rules R0.8, R0.11)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.billing.blocks import Moment
from shared.billing.facts import Fact, OrderExecuted, SubscriptionImported

_MIDNIGHT = time()
# What can bring a subscription into being.
FOUNDING = (OrderExecuted, SubscriptionImported)


@lru_cache(maxsize=1024)
def zone(name: str) -> tzinfo:
    """The time zone of an IANA name. ZoneInfoNotFoundError (a KeyError) for an unknown one."""
    return UTC if name == "UTC" else ZoneInfo(name)


def civil_date(moment: Moment, tz: tzinfo) -> date:
    """The calendar day of a moment where the customer is; a date is that day already."""
    return moment.astimezone(tz).date() if isinstance(moment, datetime) else moment


def instant(moment: Moment, tz: tzinfo) -> datetime:
    """A moment in UTC; a date without a time is its midnight in the customer's zone (rule R0.11)."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime.combine(moment, _MIDNIGHT, tz).astimezone(UTC)


def end_of_day(day: date, tz: tzinfo) -> datetime:
    """The first instant after a civil day, in UTC."""
    return instant(day + timedelta(days=1), tz)


def effective(fact: Fact) -> Moment:
    """When a fact takes effect: its `effective_at`, the start of an imported subscription, else its `time`."""
    body = fact.body
    if isinstance(body, SubscriptionImported):
        return body.started_at
    stated: Moment | None = getattr(body, "effective_at", None)
    return fact.time if stated is None else stated


# (civil day, order first, effective instant, time, source, sequence, id as number or as text)
OrderKey = tuple[date, int, datetime, datetime, str, int, tuple[int, int, str]]


def order_key(fact: Fact, tz: tzinfo) -> OrderKey:
    """Where a fact stands among the facts of its subscription (rule R0.11). Total: no two events share a key."""
    moment = effective(fact)
    at = instant(moment, tz)
    return (
        civil_date(moment, tz),
        0 if isinstance(fact.body, FOUNDING) else 1,
        at,
        at if moment is fact.time else instant(fact.time, tz),
        fact.source,
        fact.sequence,
        _id_key(fact.id),
    )


# (time, source, sequence, id as number or as text)
KnownKey = tuple[datetime, str, int, tuple[int, int, str]]


def known_key(fact: Fact, tz: tzinfo) -> KnownKey:
    """Order of facts about customers, resellers, products and settings: by `time`, then as rule R0.11 breaks ties."""
    return (instant(fact.time, tz), fact.source, fact.sequence, _id_key(fact.id))


def _id_key(identity: str) -> tuple[int, int, str]:
    """Numeric ids count as numbers and come before the others; equal numbers ("7", "07") stay apart by their text."""
    if identity.isascii() and identity.isdigit():
        return (0, int(identity), identity)
    return (1, 0, identity)
