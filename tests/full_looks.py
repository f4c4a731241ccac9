"""Invoice runs that look at everything every day: what `simulate`, which skips what cannot matter, is held against.

No subscription is skipped, no cycle left out, nothing kept from one day to the next but the issued lines themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta

from shared.billing.account import Account, account_on
from shared.billing.documents import Document, DraftLine
from shared.billing.facts import Fact
from shared.billing.ledger import IssuedLine, LayerKey
from shared.billing.masterdata import MasterData
from shared.billing.run import due, issue
from shared.billing.tax_lines import TaxLeft

ONE_DAY = timedelta(days=1)


def days_between(first: date, last: date) -> list[date]:
    """Every day, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def by_subscription(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    """The facts about each subscription."""
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.scope == "subscription":
            found[fact.scope_id].append(fact)
    return dict(found)


def accounts_on(facts: Sequence[Fact], master: MasterData, day: date) -> Iterator[Account]:
    """Every subscription that has its order by the end of a day."""
    for subscription, own in sorted(by_subscription(facts).items()):
        account = account_on(subscription, own, master, day)
        if account is not None:
            yield account


@dataclass
class FullLooks:
    """Runs over given facts, one for each day asked for, in their order."""

    facts: Sequence[Fact]
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.master = MasterData.of(self.facts, self.settings)
        self.issued: dict[str, list[IssuedLine]] = defaultdict(list)
        self.revisions: dict[LayerKey, int] = {}
        self.tax_left: TaxLeft = {}
        self.made = 0

    def run(self, day: date) -> list[Document]:
        """The documents of a day."""
        drafts: list[DraftLine] = []
        for account in accounts_on(self.facts, self.master, day):
            drafts += due(account, self.issued[account.timeline.subscription_id], day).drafts
        zero = self.master.setting("issue_zero_invoices", day, UTC, day) is True
        first = self.made
        names = (str(first + position) for position in range(1, len(drafts) + 1))
        documents = issue(
            drafts, day, lambda group: next(names), self.revisions, self.tax_left, issue_zero_invoices=zero
        )
        self.made += len(documents)
        for document in documents:
            for line in document.lines:
                self.issued[line.key.subscription].append(line)
        return documents
