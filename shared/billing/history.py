"""What was known when: a value after each fact about one thing, found again by the moment in question."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Generic, TypeVar

from shared.billing.facts import Fact
from shared.billing.moments import KnownKey, civil_date, end_of_day, known_key

# An upper bound of `known_key`s: an instant alone leaves out what became known at it or later.
Limit = tuple[datetime] | KnownKey

S = TypeVar("S")


def known_by_end_of(day: date, tz: tzinfo) -> Limit:
    """The limit of what is known when a civil day ends."""
    return (end_of_day(day, tz),)


def known_with(fact: Fact, tz: tzinfo) -> Limit:
    """The limit of what is known at a fact, itself included."""
    return known_key(fact, tz)


@dataclass(frozen=True, slots=True)
class History(Generic[S]):
    """`values[n]` is what was known after the first n facts, in the order of `keys`; `days` are when they came."""

    keys: tuple[KnownKey, ...]
    values: tuple[S, ...]
    days: tuple[date, ...]

    def at(self, limit: Limit) -> S:
        """What was known at a limit."""
        return self.values[bisect_right(self.keys, limit)]

    def next_after(self, day: date) -> date | None:
        """The first day after `day` on which something became known."""
        place = bisect_right(self.days, day)
        return self.days[place] if place < len(self.days) else None


def history(facts: Iterable[Fact], tz: tzinfo, unknown: S, learn: Callable[[S, Fact], S]) -> History[S]:
    """The history of one thing: from `unknown`, each fact in the order in which they became known."""
    keyed = sorted(((known_key(fact, tz), fact) for fact in facts), key=lambda pair: pair[0])
    values = [unknown]
    for _, fact in keyed:
        learned = learn(values[-1], fact)
        values.append(values[-1] if learned == values[-1] else learned)
    days = tuple(sorted(civil_date(fact.time, tz) for _, fact in keyed))
    return History(tuple(key for key, _ in keyed), tuple(values), days)
