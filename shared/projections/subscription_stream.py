"""How subscriptions are folded in every projection that knows them: the timeline of billing, stored as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, NamedTuple, Protocol, TypeVar

from pydantic import TypeAdapter

from shared.billing.account import Account, account_of
from shared.billing.facts import ExchangeRateSet, Fact
from shared.billing.folding import evolve, fold
from shared.billing.masterdata import MasterData
from shared.billing.moments import civil_date, instant
from shared.billing.naming import NAMING, named_by
from shared.billing.state import next_change
from shared.billing.timeline import Timeline
from shared.projections.spec import Facts, Key, MasterFacts, Rows

MASTER_SCOPES = frozenset({"product", "customer", "reseller", "organisation"})
# An add-on ends when its parent does: it looks at the parent's facts.
PARENT_SCOPES = frozenset({"subscription"})

_timelines = TypeAdapter(Timeline)

X_contra = TypeVar("X_contra", contravariant=True)


class RowsOf(Protocol[X_contra]):
    """The rows of one subscription on a day; `account` is None while every order of it was refused."""

    def __call__(self, timeline: Timeline, account: Account | None, on: date, extra: X_contra) -> Rows: ...


class Looked(NamedTuple):
    """A subscription on the civil day of the clock where its customer is."""

    timeline: Timeline
    account: Account | None
    on: date


@dataclass(frozen=True, slots=True)
class SubscriptionFold(Generic[X_contra]):
    """The fold of one subscription; `rows_of` is what the service makes of it."""

    rows_of: RowsOf[X_contra]

    @property
    def family(self) -> str:
        return "subscription"

    def fold(self, scope_id: str, facts: Facts, master: MasterData) -> Timeline | None:
        return fold(scope_id, facts, master)

    def evolve(self, state: Timeline, fact: Fact, master: MasterData) -> Timeline | None:
        return evolve(state, fact, master)

    def dump(self, state: Timeline) -> bytes:
        return _timelines.dump_json(state)

    def load(self, stored: bytes) -> Timeline:
        return _timelines.validate_json(stored)

    def depends_on(self, state: Timeline) -> Iterable[Key]:
        yield Key("organisation", "")
        terms = state.terms
        if terms is not None:
            for product in {phase.terms.product_id for phase in state.phases}:
                yield Key("product", product)
            yield Key("customer", terms.customer_id)
            if terms.reseller_id is not None:
                yield Key("reseller", terms.reseller_id)
            if terms.parent_id is not None:
                yield Key("subscription", terms.parent_id)

    def look(self, state: Timeline, master: MasterData, at: datetime) -> Looked:
        on = _day(state, at)
        return Looked(state, account_of(state, master, on), on)

    def rows(self, view: Looked, extra: X_contra) -> Rows:
        return self.rows_of(view.timeline, view.account, view.on, extra)

    def next_change(self, view: Looked) -> datetime | None:
        account = view.account
        if account is None:
            return None
        day = next_change(account, account.known)
        return None if day is None else instant(day, account.terms.tz)


def master_data(facts: MasterFacts) -> MasterData:
    """The master data of a batch, with the facts of the subscriptions that others are add-ons of."""
    return MasterData.of(fact for about_one in facts.values() for fact in about_one)


def names(fact: Fact) -> Iterable[Key]:
    """What a fact names: master data, and of an add-on's order the subscription that it belongs to."""
    return [Key(*name) for name in named_by(fact)] if isinstance(fact.body, NAMING) else ()


def matters(before: Sequence[Fact], after: Sequence[Fact]) -> bool:
    """Whether new facts of master data can change a subscription: an exchange rate cannot."""
    known = {(fact.source, fact.id) for fact in before}
    return any((fact.source, fact.id) not in known and not isinstance(fact.body, ExchangeRateSet) for fact in after)


def _day(timeline: Timeline, at: datetime) -> date:
    """The civil day of the clock where the customer is."""
    return at.date() if timeline.terms is None else civil_date(at, timeline.terms.tz)
