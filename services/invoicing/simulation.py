"""`simulate`: invoice runs over given facts, in memory, and what they leave: documents, states, plans, refusals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date

from services.invoicing.run_loop import RunLoop, Watched
from shared.billing.account import Account, account_on, known_facts, zone_of
from shared.billing.documents import Document
from shared.billing.facts import Fact, SettingChanged
from shared.billing.folding import fold, is_founding
from shared.billing.installments import InstallmentPlan, installment_plan
from shared.billing.masterdata import MasterData
from shared.billing.moments import civil_date
from shared.billing.settings import check, refusal
from shared.billing.state import SubscriptionState, subscription_state


@dataclass(frozen=True, slots=True)
class RejectedFact:
    """A fact that the rules refuse, or that still waits for its order, with the reason in words."""

    source: str
    id: str
    type: str
    reason: str


@dataclass(frozen=True, slots=True)
class Simulation:
    """What comes out by the end of the day `until`."""

    until: date
    documents: list[Document]
    subscriptions: list[SubscriptionState]
    installment_plans: list[InstallmentPlan]
    rejected: list[RejectedFact]


def simulate(
    facts: Iterable[Fact],
    until: date,
    runs: Sequence[date] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Simulation:
    """Run the invoice runs of every day up to `until`, or of the given days only, over facts in any order.

    `settings` hold for the whole organisation from the start; UnknownSetting for one that cannot.
    """
    for key, value in (settings or {}).items():
        check(key, value)
    facts = list(facts)
    loop = RunLoop(facts, settings)
    documents = loop.run(until, runs)
    states, plans = [], []
    rejected = rejected_settings(facts, until)
    for subscription in loop.subscriptions:
        account = account_on(subscription.id, subscription.facts, loop.master, until)
        rejected += rejected_of(subscription, account, loop.master, until)
        if account is None:
            continue
        states.append(subscription_state(account, until))
        base_starts = {line.key.cycle_start for line in subscription.issued if line.kind in ("installment", "prorated")}
        plan = installment_plan(account, base_starts, until)
        plans += [] if plan is None else [plan]
    return Simulation(until, documents, states, plans, rejected)


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
    tz = zone_of(subscription.facts, master)
    known = subscription.facts if tz is None else known_facts(subscription.facts, tz, until)
    if tz is None:
        known = [fact for fact in known if civil_date(fact.time, UTC) <= until]
    if not any(is_founding(fact) for fact in known):
        reason = f"waits for the order of subscription {subscription.id}: no OrderExecuted or SubscriptionImported came"
        return [RejectedFact(fact.source, fact.id, fact.type, reason) for fact in known]
    timeline = fold(subscription.id, known, master, until) if account is None else account.timeline
    return [] if timeline is None else [RejectedFact(r.source, r.id, r.type, r.reason) for r in timeline.rejected]
