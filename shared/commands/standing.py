"""Where a subscription stands: all that is known when a command is decided, and what one fact more makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from typing import cast

from shared.billing.account import Account, account_of
from shared.billing.facts import Fact, Ref
from shared.billing.folding import evolve, fold
from shared.billing.history import known_by_end_of
from shared.billing.masterdata import MasterData
from shared.billing.moments import civil_date
from shared.billing.settling import settle
from shared.billing.terms import Terms
from shared.billing.timeline import Timeline
from shared.commands.clocks import after_all


@dataclass(frozen=True)
class Standing:
    """One subscription at a moment `at`. `sequence` is that of the last own event of its stream.

    `heard` are the times of what is known of master data with a time later than any command here was asked at.
    """

    subscription: str
    facts: Sequence[Fact]
    master: MasterData
    sequence: int
    at: datetime
    folded: Timeline | None = None
    heard: Sequence[datetime] = ()

    @cached_property
    def timeline(self) -> Timeline | None:
        """None while it waits for an order or an import."""
        return self.folded or fold(self.subscription, self.facts, self.master)

    @cached_property
    def account(self) -> Account | None:
        """As known now; None without an order, or with one that was refused."""
        return account_of(cast(Timeline, self.timeline), self.master, self.today) if self.exists else None

    @property
    def exists(self) -> bool:
        """Whether an order or an import of it was accepted."""
        return self.timeline is not None and self.timeline.terms is not None

    @property
    def running(self) -> Account:
        """The account of a subscription that exists."""
        return cast(Account, self.account)

    @property
    def ordered(self) -> Terms:
        """The terms with which a subscription that exists began."""
        return cast(Timeline, self.timeline).phases[0].terms

    @property
    def today(self) -> date:
        """Where the customer is."""
        return civil_date(self.at, self.ordered.tz)

    @cached_property
    def met(self) -> Timeline:
        """The timeline as an event of now meets it: what is scheduled for a renewal that has come is done."""
        return self.met_on(self.today)

    def met_on(self, day: date) -> Timeline:
        """As `met`, on a later day."""
        met = cast(Timeline, self.timeline).copy()
        settle(met, self.master, self.today, day)
        return met

    @cached_property
    def terms(self) -> Terms:
        """The terms in force today."""
        return self.met.layout.phase_at(max(self.today, self.ordered.start)).terms

    @cached_property
    def reseller(self) -> str | None:
        """Whose customer it is billed to; None for one that pays itself (rule R6.1)."""
        profile = self.master.customer(
            self.terms.customer_id, self.terms.tz, known_by_end_of(self.today, self.terms.tz)
        )
        return profile.reseller_of(self.terms.reseller_id, self.terms.told)

    @property
    def version(self) -> str:
        """Another one whenever something more is known of the subscription."""
        return version_of([fact.ref for fact in self.facts])

    def asked_at(self, at: datetime) -> Standing:
        """The same when something is asked: then, or right after what is known with a time of some minutes later."""
        times = [fact.time for fact in self.facts if isinstance(fact.time, datetime)]
        return replace(self, at=after_all(at, [*times, *self.heard]), folded=self.timeline)

    def then(self, fact: Fact) -> Standing:
        """With one fact more, which is the next own event of its stream."""
        evolved = None if self.timeline is None else evolve(self.timeline, fact, self.master)
        return replace(self, facts=[*self.facts, fact], sequence=self.sequence + 1, folded=evolved)

    def refusal_of(self, ref: Ref) -> str | None:
        """Why the rules refuse a fact of it, if they do."""
        timeline = self.timeline if self.account is None else self.account.timeline
        rejected = () if timeline is None else timeline.rejected
        return next((one.reason for one in rejected if (one.source, one.id) == ref), None)

    def day_of(self, moment: date | datetime | None) -> date:
        """The civil day of a moment where the customer is; today without one."""
        return self.today if moment is None else civil_date(moment, self.terms.tz)

    def is_later(self, moment: date | datetime | None) -> bool:
        """Whether a moment lies after today."""
        return moment is not None and self.day_of(moment) > self.today


def version_of(known: Sequence[Ref]) -> str:
    """The version of a subscription of which these events are known, in any order; as read.subscription_versions."""
    names = ",".join(sorted(f"{ref.source} {ref.id}" for ref in known))
    return sha256(names.encode()).hexdigest()[:32]
