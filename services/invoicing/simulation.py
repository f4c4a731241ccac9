"""`simulate`: invoice runs over given facts, in memory. The same run as the service's, with a ledger that is a list.

Only days on which something can happen are run: a fact becomes known, or a charge falls due. A run on any other day
finds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date
from itertools import count

from shared.billing.account import Account, account_on, known_facts, next_known, zone_of
from shared.billing.documents import Document, DraftLine, Group, TaxLeft
from shared.billing.facts import Fact, SettingChanged
from shared.billing.folding import fold, is_founding
from shared.billing.installments import InstallmentPlan, installment_plan
from shared.billing.ledger import IssuedLine, LayerKey
from shared.billing.masterdata import MasterData
from shared.billing.moments import civil_date
from shared.billing.run import due, issue
from shared.billing.settings import check, refusal
from shared.billing.state import SubscriptionState, subscription_state


@dataclass(frozen=True, slots=True)
class RejectedFact:
    """A fact that the rules refuse, or that still waits for its order, with the reason in words."""

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


@dataclass(slots=True)
class _Subscription:
    """One subscription in a simulation: its facts, what was issued for it, and when to look at it again."""

    id: str
    facts: list[Fact]
    issued: list[IssuedLine] = field(default_factory=list)
    look_at: date | None = None
    waiting: bool = False
    open_from: date | None = None
    known_until: date | None = None

    def look(self, master: MasterData, day: date) -> list[DraftLine]:
        """The lines due on a day; sets when to look again."""
        account = account_on(self.id, self.facts, master, day)
        coming = next_known(account, self.facts, master, day)
        if account is None:
            self.look_at = coming
            return []
        nothing_new = self.known_until is None or day < self.known_until
        since = self.open_from if self.known_until is not None and nothing_new else None
        found = due(account, self.issued, day, since)
        self.open_from, self.known_until = found.open_from, coming or date.max
        self.look_at = min((on for on in (found.next_due, coming) if on is not None), default=None)
        return list(found.drafts)


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
    master = MasterData.of(facts, settings)
    subscriptions = _subscriptions(facts, master)
    documents: list[Document] = []
    revisions: dict[LayerKey, int] = {}
    tax_left: TaxLeft = {}
    for day in _run_days(subscriptions, until, runs):
        touched = [s for s in subscriptions if s.waiting or (s.look_at is not None and s.look_at <= day)]
        drafts = [draft for subscription in touched for draft in subscription.look(master, day)]
        issued = issue(
            drafts, day, _names(len(documents)), revisions, tax_left,
            issue_zero_invoices=_issues_zero(master, day),
        )  # fmt: skip
        documents += issued
        _settle(touched, drafts, issued)
    return _outcome(until, documents, subscriptions, master, _rejected_settings(facts, until))


def _subscriptions(facts: Sequence[Fact], master: MasterData) -> list[_Subscription]:
    by_id: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.scope == "subscription":
            by_id.setdefault(fact.scope_id, []).append(fact)
    subscriptions = [_Subscription(subscription_id, own) for subscription_id, own in sorted(by_id.items())]
    for subscription in subscriptions:
        subscription.look_at = next_known(None, subscription.facts, master, date.min)
    return subscriptions


def _run_days(subscriptions: Sequence[_Subscription], until: date, runs: Sequence[date] | None) -> Iterator[date]:
    """The days to run, in order: those given, or each on which a subscription has to be looked at."""
    if runs is not None:
        yield from (day for day in sorted(runs) if day <= until)
        return
    while True:
        day = min((s.look_at for s in subscriptions if s.look_at is not None), default=None)
        if day is None or day > until:
            return
        yield day


def _settle(touched: Sequence[_Subscription], drafts: Sequence[DraftLine], issued: Sequence[Document]) -> None:
    """Give each subscription its issued lines; one with zero lines left open waits for the next document."""
    open_lines: dict[str, int] = {}
    for draft in drafts:
        open_lines[draft.key.subscription] = open_lines.get(draft.key.subscription, 0) + 1
    by_id = {subscription.id: subscription for subscription in touched}
    for document in issued:
        for line in document.lines:
            by_id[line.key.subscription].issued.append(line)
            open_lines[line.key.subscription] -= 1
    for subscription in touched:
        subscription.waiting = open_lines.get(subscription.id, 0) > 0


def _names(issued: int) -> Callable[[Group], str]:
    """Documents of a simulation are named by their position: the ledger needs a name, the output shows none."""
    positions = count(issued + 1)
    return lambda group: str(next(positions))


def _issues_zero(master: MasterData, day: date) -> bool:
    return master.setting("issue_zero_invoices", day, UTC, day) is True


def _outcome(
    until: date,
    documents: list[Document],
    subscriptions: Sequence[_Subscription],
    master: MasterData,
    rejected: list[RejectedFact],
) -> Simulation:
    states, plans = [], []
    for subscription in subscriptions:
        account = account_on(subscription.id, subscription.facts, master, until)
        rejected += _rejected(subscription, account, master, until)
        if account is None:
            continue
        states.append(subscription_state(account, until))
        base_starts = {line.start for line in subscription.issued if line.kind in ("installment", "prorated")}
        plan = installment_plan(account, base_starts, until)
        plans += [] if plan is None else [plan]
    documents.sort(key=lambda document: document.sort_key)
    return Simulation(until, documents, states, plans, rejected)


def _rejected_settings(facts: Sequence[Fact], until: date) -> list[RejectedFact]:
    """Changes of settings that cannot hold, of those known by the end."""
    return [
        RejectedFact(fact.id, fact.type, reason)
        for fact in facts
        if isinstance(fact.body, SettingChanged) and civil_date(fact.time, UTC) <= until
        if (reason := refusal(fact.body)) is not None
    ]


def _rejected(
    subscription: _Subscription, account: Account | None, master: MasterData, until: date
) -> list[RejectedFact]:
    """What the rules refuse of a subscription, and what waits for its order at the end."""
    tz = zone_of(subscription.facts, master)
    known = subscription.facts if tz is None else known_facts(subscription.facts, tz, until)
    if tz is None:
        known = [fact for fact in known if civil_date(fact.time, UTC) <= until]
    if not any(is_founding(fact) for fact in known):
        reason = f"waits for the order of subscription {subscription.id}: no OrderExecuted or SubscriptionImported came"
        return [RejectedFact(fact.id, fact.type, reason) for fact in known]
    timeline = fold(subscription.id, known, master, until) if account is None else account.timeline
    return [] if timeline is None else [RejectedFact(r.id, r.type, r.reason) for r in timeline.rejected]
