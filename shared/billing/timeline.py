"""The timeline of a subscription: what its facts, in their order, made of it. `folding` builds it.

Nothing here is reckoned: phases say which cycles there are, changes say when seats, status and prices moved.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from shared.billing.blocks import PricingRule
from shared.billing.facts import Fact, Ref
from shared.billing.moments import OrderKey, civil_date
from shared.billing.phases import Layout, Phase
from shared.billing.terms import Terms


class Returned(NamedTuple):
    """Seats of one batch, bought `on` a day, that were given back; `full`: all their lines in full (rule R5.1)."""

    on: date
    at: datetime
    seats: int
    full: bool


class SeatChange(NamedTuple):
    """The quantity from a day on. `deferred`: held at once, billed from the next cycle start (`billing: none`)."""

    on: date
    at: datetime
    quantity: int
    by: Ref
    deferred: bool = False
    returned: tuple[Returned, ...] = ()


class StatusChange(NamedTuple):
    on: date
    at: datetime
    status: Literal["active", "suspended", "pending", "failed"]
    by: Ref


class End(NamedTuple):
    """The first day that is no longer covered, and why. `decided` is the day from which it holds.

    `refunded` is false where a vendor takes nothing back any more: the running cycle stays charged.
    """

    on: date
    at: datetime
    kind: Literal["canceled", "expired"]
    decided: date
    by: Ref
    immediate: bool = False
    returned: tuple[Returned, ...] = ()
    refunded: bool = True


class PriceEdit(NamedTuple):
    """A price that was edited, or protection that was activated (R2.7, R2.9); what is None stays as it was.

    `begins` is the start from which it counts, where that is known at once: of the running cycle.
    """

    on: date
    applies: Literal["next_term", "current_cycle"]
    by: Ref
    unit_price: Decimal | None = None
    pricing: tuple[PricingRule, ...] | None = None
    protected_price: Decimal | None = None
    activates_protection: bool = False
    begins: date | None = None


class PlanSwitch(NamedTuple):
    """Another billing frequency, from the next charge cycle on (rule R4.14)."""

    on: date
    frequency: int
    by: Ref


class NextTerm(NamedTuple):
    """What changes when the term renews (rules R5.4 to R5.6)."""

    on: date
    by: Ref
    type: str
    quantity: int | None = None
    term: int | None = None
    frequency: int | None = None


class RenewalOff(NamedTuple):
    """Since when the term does not renew; `by_choice`: turned off by AutoRenewChanged, so it may extend (rule R5.8)."""

    on: date
    by: Ref
    by_choice: bool


class Rejection(NamedTuple):
    """A fact that the rules refuse, with the reason in words."""

    source: str
    id: str
    type: str
    reason: str


@dataclass(slots=True)
class Timeline:
    """One subscription, folded. Without phases until an order or an import is accepted.

    `cancellation`, `expiry` and the parent's end may all stand: the earliest ends it. `renewed_on` and `renewed_at` are
    when auto-renew was last turned on, `renewed_by` what did it: that takes back what was scheduled before.
    `vendor_id` is what the vendor calls it, and `told_until` when its facts were known, the latest of all.
    `renewal` is the last next term that a renewal took up, on the day of that renewal: it lies ahead of the clock where
    something later is known. `moved_until` is how far changes of a customer's billing day are in the phases. `last_key`
    is the place of the last fact.
    """

    subscription_id: str
    phases: list[Phase] = field(default_factory=list)
    seats: list[SeatChange] = field(default_factory=list)
    statuses: list[StatusChange] = field(default_factory=list)
    edits: list[PriceEdit] = field(default_factory=list)
    renewal_off: RenewalOff | None = None
    renewed_on: date | None = None
    renewed_at: datetime | None = None
    renewed_by: Ref | None = None
    plan_switch: PlanSwitch | None = None
    next_term: NextTerm | None = None
    renewal: NextTerm | None = None
    cancellation: End | None = None
    expiry: End | None = None
    parent_end: End | None = None
    moved_until: date | None = None
    vendor_id: str | None = None
    told_until: datetime | None = None
    refusal: str | None = None
    rejected: list[Rejection] = field(default_factory=list)
    last_key: OrderKey | None = None

    def copy(self) -> Timeline:
        """Another one to change: the lists are its own, what is in them never changes."""
        return replace(
            self,
            phases=list(self.phases),
            seats=list(self.seats),
            statuses=list(self.statuses),
            edits=list(self.edits),
            rejected=list(self.rejected),
        )

    @property
    def terms(self) -> Terms | None:
        """The terms of the order; None until one is accepted. Later phases may have others."""
        return self.phases[0].terms if self.phases else None

    @property
    def layout(self) -> Layout:
        return Layout(tuple(self.phases))

    @property
    def auto_renew(self) -> bool:
        return self.renewal_off is None

    @property
    def end(self) -> End | None:
        """What ends it first: a cancellation, a term that does not renew, or the end of what it is an add-on of."""
        if self.cancellation is None and self.expiry is None and self.parent_end is None:
            return None  # by far the most; asked of every fact
        ends = [end for end in (self.cancellation, self.expiry, self.parent_end) if end is not None]
        return min(ends, key=lambda end: end.on, default=None)

    def seats_on(self, day: date) -> SeatChange:
        """The change that holds on a day; on a day of several the last one. After the end, the last one held."""
        return self.seats[max(bisect_right(self.seats, day, key=lambda change: change.on) - 1, 0)]

    def quantity_on(self, day: date) -> int:
        """Seats held on a day; none before the first."""
        return self.seats_on(day).quantity if self.seats and self.seats[0].on <= day else 0

    def suspended_on(self, day: date) -> bool:
        """Whether it is suspended on a day, by the last change up to then."""
        last = next((change for change in reversed(self.statuses) if change.on <= day), None)
        return last is not None and last.status == "suspended"


class Step(NamedTuple):
    """A fact on its way into a timeline: the phase it meets, day and instant of its effect, when it was known."""

    timeline: Timeline
    phase: Phase
    fact: Fact
    day: date
    at: datetime
    known_at: datetime

    @property
    def known(self) -> date:
        """The civil day on which it was known."""
        return civil_date(self.fact.time, self.phase.terms.tz)
