"""What the rules refuse of given facts by the end of a day, in words: of subscriptions, and of settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date

from shared.billing.account import Account, account_on
from shared.billing.facts import Fact, SettingChanged
from shared.billing.folding import fold
from shared.billing.founding import is_founding, known_facts
from shared.billing.masterdata import MasterData
from shared.billing.moments import civil_date
from shared.billing.run_loop import RunLoop, Watched
from shared.billing.settings import refusal


@dataclass(frozen=True, slots=True)
class RejectedFact:
    """A fact that the rules refuse, or that still waits for its order, with the reason in words."""

    source: str
    id: str
    type: str
    reason: str


def rejected_settings(facts: Iterable[Fact], until: date) -> list[RejectedFact]:
    """Changes of settings that cannot hold, of those known by the end."""
    return [
        RejectedFact(fact.source, fact.id, fact.type, reason)
        for fact in facts
        if isinstance(fact.body, SettingChanged) and civil_date(fact.time, UTC) <= until
        if (reason := refusal(fact.body)) is not None
    ]


def rejected_of(subscription: Watched, account: Account | None, master: MasterData, until: date) -> list[RejectedFact]:
    """What the rules refuse of a subscription, and what waits for its order at the end."""
    known = known_facts(subscription.facts, master, until)
    if not any(is_founding(fact) for fact in known):
        reason = (
            f"waits for the order of subscription {subscription.id}: execute that order, or import the subscription"
        )
        return [RejectedFact(fact.source, fact.id, fact.type, reason) for fact in known]
    timeline = fold(subscription.id, known, master, until) if account is None else account.timeline
    return [] if timeline is None else [RejectedFact(r.source, r.id, r.type, r.reason) for r in timeline.rejected]


def rejected_in(loop: RunLoop, until: date) -> Iterator[RejectedFact]:
    """What the rules refuse of all subscriptions of some runs."""
    for one in loop.subscriptions:
        yield from rejected_of(one, account_on(one.id, one.facts, loop.master, until), loop.master, until)


def rejected_anew(without: RunLoop, then: RunLoop, until: date) -> list[RejectedFact]:
    """What the rules refuse in the one and not in the other: of the facts that differ, and of others beside them."""
    known = {(fact.source, fact.id) for fact in rejected_in(without, until)}
    return [fact for fact in rejected_in(then, until) if (fact.source, fact.id) not in known]
