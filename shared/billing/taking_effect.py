"""When everything that a command says has taken effect: the last day on which two accounts of a subscription differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date

from shared.billing.account import Account
from shared.billing.facts import Fact, PriceChanged, SettingChanged
from shared.billing.moments import civil_date

# What happens on a day: the day, and what makes it another one than the same day of the other account.
_Moment = tuple[date, object]


def last_difference(one: Account | None, other: Account | None) -> date | None:
    """The last day from which something of a subscription is otherwise in one account; None where nothing is."""
    differing = set(_moments(one)) ^ set(_moments(other))
    return max((day for day, _ in differing), default=None)


def said_from(facts: Iterable[Fact]) -> date | None:
    """The last day from which prices or settings hold that facts change; None where they change none."""
    said = (fact.body for fact in facts if isinstance(fact.body, PriceChanged | SettingChanged))
    return max((civil_date(body.effective_from, UTC) for body in said), default=None)


def longest_cycle(accounts: Iterable[Account | None]) -> int:
    """The months of the longest cycle of some accounts; one where nothing recurs."""
    phases = (phase for account in accounts if account is not None for phase in account.layout.phases)
    return max([1, *(phase.terms.frequency or 1 for phase in phases)])


def _moments(account: Account | None) -> Iterator[_Moment]:
    """The days on which seats, status, terms or price change, and on which it ends."""
    if account is None:
        return
    timeline = account.timeline
    yield from ((change.on, change) for change in timeline.seats)
    yield from ((change.on, change) for change in timeline.statuses)
    yield from ((phase.begins, phase) for phase in account.layout.phases)
    for edit in timeline.edits:
        yield edit.begins or account.layout.term_at(edit.on)[1], edit
    if timeline.end is not None:
        yield timeline.end.on, timeline.end
