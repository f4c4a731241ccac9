"""What a subscription should be charged: layers of seats inside each cycle, and when they fall due (R0.10, R1.9).

Charges are a function of the facts that are known. An invoice run compares them with what issued lines hold; nothing
here knows what was issued.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from shared.billing.calendar import ONE_DAY
from shared.billing.moments import instant
from shared.billing.money import ZERO, round_money, share_of
from shared.billing.policies import Policies
from shared.billing.pricing import PriceBook
from shared.billing.schedule import PricedCycle, Schedule
from shared.billing.timeline import SeatChange, Timeline

LayerKind = Literal["free", "installment", "recurring"]


@dataclass(frozen=True, slots=True)
class Share:
    """The seats of a layer that end together: [layer start, `end`), each at `part` / `whole` of the cycle's price.

    `part` and `whole` are days, or hours where the refund policy counts them (rule R5.2). `due` is the day from which
    an end before the cycle's is credited.
    """

    seats: int
    end: date
    part: int
    whole: int
    due: date


@dataclass(frozen=True, slots=True)
class Layer:
    """Seats that were added on one day of a cycle, to be charged from that day on (rule R0.10).

    `shares` are ordered by their end, the longest first. `unit` is what proration starts from, `shown` the full unit
    price of the cycle, `of_days` the denominator that lines show.
    """

    cycle_start: date
    start: date
    due: date
    kind: LayerKind
    unit: Decimal
    shown: Decimal
    of_days: int
    shares: tuple[Share, ...]

    def amount(self, share: Share, currency: str, rounding: str) -> Decimal:
        """What a share costs: unit rounded, then times seats; with `rounding: line` rounded once (rules R0.2, R0.6)."""
        prorated = share_of(self.unit, share.part, share.whole)
        if rounding == "line":
            return round_money(prorated * share.seats, currency)
        return round_money(prorated, currency) * share.seats


@dataclass(frozen=True, slots=True)
class _Opened:
    """Seats of one day: the base of the cycle, or a net increase."""

    on: date
    at: datetime
    seats: int


@dataclass(frozen=True, slots=True)
class _Closed:
    """Seats that end before their cycle does."""

    opened: date
    seats: int
    on: date
    at: datetime


@dataclass(slots=True)
class Charges:
    """The charges of one subscription, of what is known by the end of a day (`policies.known`)."""

    timeline: Timeline
    policies: Policies
    prices: PriceBook

    def since(self, day: date, until: date) -> Iterator[Layer]:
        """The layers of every cycle from the one that contains `day` to the first of ours that starts after `until`."""
        schedule = Schedule(self.policies.terms, self.prices)
        for priced in schedule.since(day, self._charged_until()):
            yield from self._layers(priced)
            # Cycles that others billed have no layers: after a takeover the first charge may lie several cycles on.
            if priced.cycle.start > until and not priced.excluded:
                return

    def _layers(self, priced: PricedCycle) -> Iterator[Layer]:
        opened, closed = self._stack(priced)
        taken_over = self.policies.terms.billed_from
        for layer in opened:
            if priced.excluded and taken_over is not None and layer.on < taken_over:
                continue
            yield self._layer(priced, layer, [c for c in closed if c.opened == layer.on])

    def _stack(self, priced: PricedCycle) -> tuple[list[_Opened], list[_Closed]]:
        """The layers of a cycle, and what of them ends early: the newest first (rule R0.10)."""
        cycle, seats = priced.cycle, self.timeline.seats
        charged_until = self._charged_until()
        stop = cycle.end if charged_until is None else min(cycle.end, charged_until)
        held, unbilled = self._opening(cycle.start)
        base = _Opened(cycle.start, self._base_instant(cycle.start), held - unbilled)
        opened, running, closed = [base], [base], []
        billed = base.seats
        for change in _by_day(seats, cycle.start, stop):
            unbilled = _unbilled(unbilled, change.quantity - held, deferred=change.deferred)
            held = change.quantity
            wanted = held - unbilled
            if wanted > billed:
                layer = _Opened(change.on, change.at, wanted - billed)
                opened.append(layer)
                running.append(layer)
                billed = wanted
            elif wanted < billed and not self._stays_paid(change.on, priced):
                closed += _closed(running, billed - wanted, change.on, change.at)
                billed = wanted
        end = self.timeline.end
        if stop < cycle.end and end is not None:
            closed += _closed(running, billed, stop, end.at)
        return [layer for layer in opened if layer.seats], closed

    def _opening(self, start: date) -> tuple[int, int]:
        """Seats held on the first day of a cycle, and how many of them are billed only from the next one."""
        held = self.timeline.quantity_on(start)
        that_day = [change for change in self.timeline.seats if change.on == start]
        if not that_day or not that_day[-1].deferred:
            return held, 0
        billed = [change.quantity for change in that_day if not change.deferred]
        return held, held - (billed[-1] if billed else self.timeline.quantity_on(start - ONE_DAY))

    def _base_instant(self, cycle_start: date) -> datetime:
        """When the seats of a cycle begin: with the order in the first one, else at midnight."""
        terms = self.policies.terms
        return terms.start_instant if cycle_start == terms.start else instant(cycle_start, terms.tz)

    def _layer(self, priced: PricedCycle, opened: _Opened, closed: list[_Closed]) -> Layer:
        cycle, terms = priced.cycle, self.policies.terms
        natural = (cycle.end - opened.on).days
        whole = cycle.full_days
        added = opened.on > cycle.start
        if added and not cycle.is_stub and self.policies.usage_charge_rule(opened.on) == "full_period":
            whole = natural
        due = self._due(priced, opened.on)
        shares = [self._ended(part, opened, natural, whole) for part in closed]
        kept = opened.seats - sum(part.seats for part in closed)
        if kept:
            shares.append(Share(kept, cycle.end, natural, whole, due))
        unit = ZERO if priced.free else priced.unit
        kind: LayerKind = "free" if priced.free else "recurring"
        if priced.installment is not None and not added:
            kind = "installment"
        by_end = tuple(sorted(shares, key=lambda share: share.end, reverse=True))
        return Layer(cycle.start, opened.on, due, kind, unit, round_money(unit, terms.currency), whole, by_end)

    def _ended(self, closed: _Closed, opened: _Opened, natural: int, whole: int) -> Share:
        """The kept part of seats that end early: days, or hours begun where the refund policy says so (R0.6, R5.2)."""
        due = self._ending_due(closed.on)
        if self.policies.refund_policy(closed.on) == "hours":
            hours = -int(-(closed.at - opened.at).total_seconds() // 3600)
            return Share(closed.seats, closed.on, min(max(hours, 0), natural * 24), whole * 24, due)
        return Share(closed.seats, closed.on, (closed.on - opened.on).days, whole, due)

    def _charged_until(self) -> date | None:
        """The first day not charged; where an ending gives nothing back, the end of its running cycle (R3.3)."""
        end, terms = self.timeline.end, self.policies.terms
        if end is None:
            return None
        if end.immediate and terms.frequency is not None and self.policies.refund_policy(end.on) == "none":
            running = terms.cycles.at(end.on)
            return end.on if running.start == end.on else running.end
        return end.on

    def _due(self, priced: PricedCycle, opened: date) -> date:
        """When a layer falls due: at its cycle's start, the day after it in arrears; partial charges as rule R1.9 says.

        What ends a subscription makes everything of it due that day.
        """
        cycle, end = priced.cycle, self.timeline.end
        if self.policies.terms.charge == "arrears":
            due = cycle.end
        elif opened == cycle.start and not cycle.is_stub:
            due = cycle.start
        else:
            due = self.policies.partial_due(opened)
        return due if end is None else min(due, end.on)

    def _ending_due(self, day: date) -> date:
        end = self.timeline.end
        due = self.policies.partial_due(day)
        return due if end is None else min(due, end.on)

    def _stays_paid(self, day: date, priced: PricedCycle) -> bool:
        """Whether a decrease gives nothing back: the seats stay paid and cover later increases (rule R3.2).

        So it is in an excluded cycle of an import too, which someone else has billed (conventions table).
        """
        return priced.excluded or self.policies.decrease_credit(day) == "none"


def _unbilled(unbilled: int, change: int, *, deferred: bool) -> int:
    """Seats held but billed only from the next cycle on, after a change of the total (`billing: none`).

    Negative: seats given up without billing, which stay billed to the end of the cycle and cover what comes back. A
    change that is billed first takes what is not: the newest seats end first, given-up ones return first.
    """
    if deferred:
        return unbilled + change
    if change < 0 < unbilled:
        return max(unbilled + change, 0)
    if change > 0 > unbilled:
        return min(unbilled + change, 0)
    return unbilled


def _by_day(seats: tuple[SeatChange, ...], after: date, before: date) -> list[SeatChange]:
    """The changes inside a cycle, one a day: the last holds, intermediate ones leave no lines (conventions table).

    Where the last is billed only from the next cycle, the last one before it that is billed at once holds as well.
    """
    days: dict[tuple[date, bool], SeatChange] = {}
    for change in seats:
        if after < change.on < before:
            days.pop((change.on, True), None)
            days.pop((change.on, change.deferred), None)
            days[change.on, change.deferred] = change
    return list(days.values())


def _closed(running: list[_Opened], seats: int, on: date, at: datetime) -> list[_Closed]:
    """Take seats off the newest running layers; `running` keeps what is left of them."""
    closed: list[_Closed] = []
    while seats:
        newest = running.pop()
        taken = min(newest.seats, seats)
        if taken:
            closed.append(_Closed(newest.on, taken, on, at))
        if newest.seats > taken:
            running.append(_Opened(newest.on, newest.at, newest.seats - taken))
        seats -= taken
    return closed
