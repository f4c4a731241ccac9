"""`simulate`: invoice runs over given facts, in memory, and what they leave: documents, states, plans, refusals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shared.billing.account import account_on
from shared.billing.documents import Document
from shared.billing.facts import Fact
from shared.billing.installments import InstallmentPlan, installment_plan
from shared.billing.rejected import RejectedFact, rejected_of, rejected_settings
from shared.billing.run_loop import RunLoop
from shared.billing.settings import check
from shared.billing.state import SubscriptionState, subscription_state


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
        plan = installment_plan(account, subscription.invoiced, until)
        plans += [] if plan is None else [plan]
    return Simulation(until, documents, states, plans, rejected)
