"""Invoice runs of one day after the other, in memory: what `simulate`, `simulate --base` and previews share. Pure.

The same run as the service's, with a ledger that is a list. It begins with nothing issued, or with what was issued up
to a closed day. Only days on which something can happen are run: a fact becomes known, or a charge falls due. A run on
any other day finds nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date
from decimal import Decimal
from itertools import count

from shared.billing.account import account_of, next_known, timeline_on
from shared.billing.balance import Debtor, OpenInvoice, OpenInvoices, related
from shared.billing.calendar import ONE_DAY
from shared.billing.documents import Document, DraftLine, Group
from shared.billing.exchange import ExchangeRates, exchanged
from shared.billing.facts import Fact
from shared.billing.ledger import IssuedLine, LayerKey
from shared.billing.masterdata import MasterData
from shared.billing.run import due, issue
from shared.billing.tax_lines import TaxLeft
from shared.billing.timeline import Timeline

# As events: no fact lies before it.
FIRST_DAY = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Issued:
    """What documents hold when the runs begin.

    Lines by subscription, the tax that may still be returned, and the invoices that credit notes may still be related
    to. `closed` is the last closed day: the runs begin the day after it; None when none was ever run.
    """

    lines: Mapping[str, Sequence[IssuedLine]] = field(default_factory=dict)
    tax_left: Mapping[tuple[str, Decimal], Decimal] = field(default_factory=dict)
    open_invoices: Mapping[Debtor, Sequence[OpenInvoice]] = field(default_factory=dict)
    closed: date | None = None

    @property
    def first_open(self) -> date:
        """The first day that can be run."""
        return FIRST_DAY if self.closed is None else self.closed + ONE_DAY


NOTHING_ISSUED = Issued()


@dataclass(slots=True)
class Watched:
    """One subscription in the runs: its facts, what was issued for it, and when to look at it again.

    What the last look found holds until the day `known_until`, on which something new becomes known; `folded` is kept
    with it where it cannot differ by then.
    """

    id: str
    facts: list[Fact]
    issued: list[IssuedLine] = field(default_factory=list)
    look_at: date | None = None
    waiting: bool = False
    open_from: date | None = None
    folded: Timeline | None = None
    known_until: date = date.min

    @property
    def invoiced(self) -> frozenset[date]:
        """The cycle starts of which something stands on an issued document, as a plan counts them (rule R4.8)."""
        return frozenset(line.key.cycle_start for line in self.issued if line.kind in ("installment", "prorated"))

    def look(self, master: MasterData, day: date) -> list[DraftLine]:
        """The lines due on a day; sets when to look again."""
        nothing_new = day < self.known_until
        folded = self.folded if nothing_new else None
        if folded is None:
            folded = timeline_on(self.id, self.facts, master, day)
        account = None if folded is None else account_of(folded, master, day)
        if not nothing_new:
            self.known_until = next_known(account, self.facts, master, day) or date.max
        self.folded = folded if folded is not None and _is_decided(folded, day) else None
        coming = None if self.known_until == date.max else self.known_until
        if account is None:
            self.look_at = coming
            return []
        found = due(account, self.issued, day, self.open_from if nothing_new else None)
        self.open_from = found.open_from
        self.look_at = min((on for on in (found.next_due, coming) if on is not None), default=None)
        return list(found.drafts)


def _is_decided(timeline: Timeline, day: date) -> bool:
    """Whether folding the same facts on a later day gives the same timeline.

    What comes before a change that is scheduled for later, and the end of a parent, are decided on their days.
    """
    scheduled = timeline.last_key is not None and timeline.last_key[0] > day
    return not scheduled and (timeline.terms is None or timeline.terms.parent_id is None)


class RunLoop:
    """Runs over facts in any order. `settings` (checked) hold for the whole organisation from the start.

    `of` are the subscriptions that are run; others are only looked at, as parents of add-ons. None: all are.
    """

    def __init__(
        self,
        facts: Iterable[Fact],
        settings: Mapping[str, str] | None = None,
        issued: Issued = NOTHING_ISSUED,
        of: Container[str] | None = None,
    ) -> None:
        facts = list(facts)
        self.master = MasterData.of(facts, settings)
        run = facts if of is None else [fact for fact in facts if fact.scope_id in of]
        self.subscriptions = _watched(run, self.master, issued)
        self.documents: list[Document] = []
        self.first_open = issued.first_open
        self._revisions: dict[LayerKey, int] = Counter(line.key for own in issued.lines.values() for line in own)
        self._tax_left: TaxLeft = dict(issued.tax_left)
        self._issued_before = len({line.document for own in issued.lines.values() for line in own})
        self._open_invoices: OpenInvoices = {debtor: list(some) for debtor, some in issued.open_invoices.items()}
        self._rates = ExchangeRates(self.master.organisation)

    def run(self, until: date, runs: Sequence[date] | None = None) -> list[Document]:
        """Every open day up to `until`, or of the given days those that are open; the documents, sorted."""
        for day in self._days(until, runs):
            touched = [s for s in self.subscriptions if s.waiting or (s.look_at is not None and s.look_at <= day)]
            drafts = [draft for subscription in touched for draft in subscription.look(self.master, day)]
            issued = issue(
                drafts, day, _names(self._issued_before + len(self.documents)), self._revisions, self._tax_left,
                issue_zero_invoices=self.master.setting("issue_zero_invoices", day, UTC, day) is True,
            )  # fmt: skip
            self.documents += [exchanged(document, self._rates) for document in related(issued, self._open_invoices)]
            _settle(touched, drafts, issued)
        self.documents.sort(key=lambda document: document.sort_key)
        return self.documents

    @property
    def coming(self) -> date | None:
        """The next day on which something can happen; None when nothing ever will."""
        return min((s.look_at for s in self.subscriptions if s.look_at is not None), default=None)

    def ledger(self, closed: date) -> Issued:
        """What is issued after the runs up to a day: later runs can begin with it."""
        lines = {one.id: tuple(one.issued) for one in self.subscriptions}
        open_invoices = {debtor: tuple(some) for debtor, some in self._open_invoices.items()}
        return Issued(lines, dict(self._tax_left), open_invoices, closed)

    def _days(self, until: date, runs: Sequence[date] | None) -> Iterator[date]:
        """The days to run, in order: those given, or each on which a subscription has to be looked at."""
        if runs is not None:
            yield from (day for day in sorted(runs) if self.first_open <= day <= until)
            return
        while True:
            day = self.coming
            if day is None or day > until:
                return
            yield day


def _watched(facts: Sequence[Fact], master: MasterData, issued: Issued) -> list[Watched]:
    by_id: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.scope == "subscription":
            by_id.setdefault(fact.scope_id, []).append(fact)
    subscriptions = [Watched(name, own, list(issued.lines.get(name, ()))) for name, own in sorted(by_id.items())]
    for subscription in subscriptions:
        first = next_known(None, subscription.facts, master, date.min)
        # Of what was known before the first open day, something may have come in after its day was closed.
        subscription.look_at = None if first is None else max(first, issued.first_open)
    return subscriptions


def _settle(touched: Sequence[Watched], drafts: Sequence[DraftLine], issued: Sequence[Document]) -> None:
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
    """Documents of a simulation are named by their position: the ledger needs a name, the output shows none.

    Runs that begin with what other runs of a simulation issued count on from there.
    """
    positions = count(issued + 1)
    return lambda group: str(next(positions))
