"""Why a difference is not one that can be relied on: nothing but delay, or nobody could look (rule R7.4). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.reconciliation.sides import Look, Ours, Theirs

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Policy:
    """How long a difference may be nothing but delay: of our own change to reach the vendor, of a renewal to be carried
    out, of a hint to be confirmed."""

    own_change: timedelta = timedelta(hours=1)
    renewal: timedelta = timedelta(hours=24)
    hint: timedelta = timedelta(hours=48)


def unsettled(one: Ours, found: Theirs, look: Look, at: datetime, policy: Policy) -> str | None:
    """Why a difference may be nothing but delay."""
    recent = changed_here(one, look, policy)
    if recent is not None:
        return recent
    if found.term_end is not None and abs(look.observed_at - found.term_end) < policy.renewal:
        return (
            f"its term ends at {_at(found.term_end)}, within {_hours(policy.renewal)} of the look: it may be renewing"
        )
    return hinted(look, at, policy)


def changed_here(one: Ours, look: Look, policy: Policy) -> str | None:
    """What was changed here takes a while to be seen at the vendor."""
    changed = one.told_until if one.pushed_at is None else max(one.told_until, one.pushed_at)
    if changed <= look.observed_at - policy.own_change:
        return None
    return (
        f"changed by us at {_at(changed)}, later than {_hours(policy.own_change)} before the vendor was looked "
        f"at ({_at(look.observed_at)})"
    )


def hinted(look: Look, at: datetime, policy: Policy) -> str | None:
    """What only a hint has shown is confirmed by the next sweep, or by the time within which hints come."""
    if not look.hinted or at - look.observed_at >= policy.hint:
        return None
    return f"seen at {_at(look.observed_at)} after a hint of the vendor's: the next sweep confirms it"


def pending(one: Ours, found: Theirs) -> str:
    """What waits on either side is no difference yet."""
    return "it has not begun here yet" if one.status == "pending" else said(found)


def said(found: Theirs) -> str:
    """The vendor's own word, also one that nobody here knows."""
    return f"the vendor says {found.raw_status!r} of it"


def not_shown(account: str, look: Look) -> str:
    """An account that was not observed says nothing of what is in it."""
    return f"account {account} could not be looked at: {look.failed}"


def some(names: Sequence[str]) -> str:
    """The first of many, and how many more there are."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _at(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="seconds")


def _hours(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:g} hour{'s' if hours != 1 else ''}"
