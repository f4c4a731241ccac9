"""What a command would cost before it is confirmed: the invoice runs to come, without its facts and with them. Pure.

Both begin with what is issued. Days that have passed since the last closed one without a run are run first, in both,
so that what they owe is not laid to the command. Then comes the first run that knows the command (`now`): that of
today, in the customer's time zone, or of the first open day where today is closed already. Where the command moves an
order over midnight (R0.12), it is the run of the earlier of the order's two days. `next` are the documents after it.

What is said here is then billed, to the cent and line by line, if nothing else becomes known meanwhile and each day is
run, as the daily run does; on a day that is left out nothing is issued, and its lines come with the next run. On a
document with other subscriptions of the same recipient lines without amount may come sooner, and tax is rounded once
for all of them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from shared.billing.account import Account, account_on
from shared.billing.calendar import add_months
from shared.billing.documents import Document, DraftLine
from shared.billing.effect import Portion, twice
from shared.billing.facts import Fact
from shared.billing.installments import InstallmentPlan, installment_plan
from shared.billing.known_days import known_days, moved_orders
from shared.billing.money import ZERO
from shared.billing.rejected import RejectedFact, rejected_anew, rejected_settings
from shared.billing.run import due
from shared.billing.run_loop import Issued, RunLoop
from shared.billing.state import SubscriptionState, subscription_state
from shared.billing.taking_effect import last_difference, longest_cycle, said_from

# Installments of three years, their renewal, and a few corrections between them.
MOST_DATES = 40
_LEAST_DATES = 2
_REGULAR = ("recurring", "installment")


class Amount(NamedTuple):
    """What documents come to in one currency; what credit notes give back is negative."""

    net: Decimal = ZERO
    tax: Decimal = ZERO
    gross: Decimal = ZERO

    def plus(self, other: Amount) -> Amount:
        return Amount(self.net + other.net, self.tax + other.tax, self.gross + other.gross)

    def less(self, other: Amount) -> Amount:
        return Amount(self.net - other.net, self.tax - other.tax, self.gross - other.gross)


class Billed(NamedTuple):
    """What one run issues, and the lines without amount that are due and wait for the next document (rule R6.6)."""

    documents: tuple[Document, ...]
    waiting: tuple[DraftLine, ...]


@dataclass(frozen=True, slots=True)
class RunDay:
    """A day's run without the command and with it."""

    day: date
    without: Billed
    then: Billed

    @property
    def difference(self) -> dict[str, Amount]:
        """What the command adds on that day, by currency; nothing where no document is issued either way."""
        with_it, without = amounts(self.then.documents), amounts(self.without.documents)
        return {
            currency: with_it.get(currency, Amount()).less(without.get(currency, Amount()))
            for currency in sorted(with_it.keys() | without.keys())
        }


class Standing(NamedTuple):
    """A subscription on a day, and the summary of its plan if it has one, after the run of that day."""

    state: SubscriptionState
    plan: InstallmentPlan | None


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a subscription: how it stands on the day of `now` without the command and with it.

    `later` is its state on the day on which all that the command schedules has taken effect, where that is yet to come.
    """

    subscription: str
    before: Standing | None
    after: Standing | None
    later: SubscriptionState | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a command would come to. `effective` is the day on which all that it says has taken effect.

    `next` reaches to the first regular charge from that day on, with two dates at least where there are as many.
    `rejected` are facts of the command that the rules refuse, and others that they refuse only beside them.
    """

    now: RunDay
    next: tuple[RunDay, ...]
    effective: date
    changes: tuple[Change, ...]
    rejected: tuple[RejectedFact, ...]

    @property
    def difference(self) -> dict[str, Amount]:
        """What the command adds in all runs shown, by currency."""
        total: dict[str, Amount] = {}
        for run in (self.now, *self.next):
            for currency, amount in run.difference.items():
                total[currency] = total.get(currency, Amount()).plus(amount)
        return dict(sorted(total.items()))


def preview(
    known: Sequence[Fact],
    candidates: Sequence[Fact],
    issued: Issued,
    on: date,
    of: Container[str] | None = None,
    instead_of: Sequence[Fact] = (),
) -> Preview:
    """What `candidates`, the facts of a command given now, would come to beside what is known.

    `known` are all facts of one or a few subscriptions, with those of the master data and of the parents they look at;
    `issued` is what their documents hold. `on` is the day of asking: it counts where the candidates say nothing of a
    subscription, else the day on which its customer's zone has them known, or an order that they move. `of` are the
    subscriptions that are billed, where others are known only as parents of these; None: all are. `instead_of` are the
    facts of another command: the runs without the candidates then know these.
    """
    without, then = twice(Portion(known, issued), candidates, of, instead_of)
    days = [*known_days(then, candidates), *moved_orders(without, then)]
    now = max(min(days, default=on), then.first_open)
    without.run(now)
    then.run(now)
    accounts, accounts_then = _accounts(without, now), _accounts(then, now)
    effective = max([now, *_effects(accounts, accounts_then, candidates)])
    before, after = _standings(without, accounts, now), _standings(then, accounts_then, now)
    otherwise, later = _states(without, effective), _states(then, effective)
    concerned = {fact.scope_id for fact in candidates if fact.scope == "subscription"}
    concerned &= {one.id for one in then.subscriptions}
    concerned |= {name for name in after if before.get(name) != after[name] or otherwise.get(name) != later[name]}
    changes = tuple(
        Change(name, before.get(name), after.get(name), later.get(name) if effective > now else None)
        for name in sorted(concerned)
    )
    rejected = (*rejected_anew(without, then, effective), *rejected_settings(candidates, effective))
    first = _run_day(without, then, now)
    until = add_months(effective, 2 * longest_cycle([*accounts.values(), *accounts_then.values()]) + 1)
    return Preview(first, tuple(_following(without, then, effective, until)), effective, changes, rejected)


def amounts(documents: Iterable[Document]) -> dict[str, Amount]:
    """What documents come to by currency."""
    found: dict[str, Amount] = {}
    for document in documents:
        own = Amount(document.net, document.tax, document.gross)
        own = Amount().less(own) if document.kind == "credit_note" else own
        found[document.currency] = found.get(document.currency, Amount()).plus(own)
    return found


def _accounts(loop: RunLoop, day: date) -> dict[str, Account]:
    """The accounts of the subscriptions that have their order by the end of a day."""
    found = {one.id: account_on(one.id, one.facts, loop.master, day) for one in loop.subscriptions}
    return {name: account for name, account in found.items() if account is not None}


def _effects(without: dict[str, Account], then: dict[str, Account], candidates: Sequence[Fact]) -> Iterator[date]:
    """The days on which something that the command says takes effect."""
    days = [last_difference(without.get(name), then.get(name)) for name in without.keys() | then.keys()]
    yield from (day for day in (*days, said_from(candidates)) if day is not None)


def _standings(loop: RunLoop, accounts: dict[str, Account], day: date) -> dict[str, Standing]:
    invoiced = {one.id: one.invoiced for one in loop.subscriptions}
    return {
        name: Standing(subscription_state(account, day), installment_plan(account, invoiced[name], day))
        for name, account in accounts.items()
    }


def _states(loop: RunLoop, day: date) -> dict[str, SubscriptionState]:
    return {name: subscription_state(account, day) for name, account in _accounts(loop, day).items()}


def _run_day(without: RunLoop, then: RunLoop, day: date) -> RunDay:
    return RunDay(day, _billed(without, day), _billed(then, day))


def _billed(loop: RunLoop, day: date) -> Billed:
    documents = tuple(document for document in loop.documents if document.day == day)
    return Billed(documents, tuple(_waiting(loop, day)))


def _waiting(loop: RunLoop, day: date) -> Iterator[DraftLine]:
    """The lines that a run left open: of groups without an amount."""
    for one in loop.subscriptions:
        account = account_on(one.id, one.facts, loop.master, day) if one.waiting else None
        if account is not None:
            yield from due(account, one.issued, day).drafts


def _following(without: RunLoop, then: RunLoop, effective: date, until: date) -> Iterator[RunDay]:
    """The days with documents after what was run: up to a regular charge once all has taken effect."""
    dates, settled = 0, False
    while (day := _coming(without, then)) is not None and day <= until:
        without.run(day)
        then.run(day)
        found = _run_day(without, then, day)
        if not found.without.documents and not found.then.documents:
            continue
        yield found
        dates += 1
        settled = settled or (day >= effective and _charges_regularly(found))
        if dates == MOST_DATES or (settled and dates >= _LEAST_DATES):
            return


def _coming(without: RunLoop, then: RunLoop) -> date | None:
    return min((day for day in (without.coming, then.coming) if day is not None), default=None)


def _charges_regularly(run: RunDay) -> bool:
    documents = (*run.without.documents, *run.then.documents)
    return any(line.kind in _REGULAR for document in documents for line in document.lines)
