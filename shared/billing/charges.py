"""What a subscription should be charged: layers of seats inside each cycle, and when they fall due (R0.10, R1.9).

Charges are a function of the facts that are known. An invoice run compares them with what issued lines hold; nothing
here knows what was issued.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.billing.layers import Ended, Layer, LayerKind, Share, joined
from shared.billing.moments import instant
from shared.billing.money import ZERO, round_money
from shared.billing.netting import FullReturn, full_returns
from shared.billing.policies import Policies
from shared.billing.price_book import PriceBook
from shared.billing.schedule import Schedule, Stretch
from shared.billing.stack import Closed, Opened, Stack
from shared.billing.suspension import billed_seats
from shared.billing.timeline import End, SeatChange, Timeline


@dataclass(slots=True)
class Charges:
    """The charges of one subscription, of what is known by the end of a day (`policies.known`)."""

    timeline: Timeline
    policies: Policies
    prices: PriceBook
    _seats: Sequence[SeatChange] = ()
    _days: Sequence[date] = ()
    _full_returns: Sequence[FullReturn] = ()
    _end: End | None = None
    _charged_until: date | None = None

    def since(self, day: date, until: date) -> Iterator[Layer]:
        """The layers of every cycle from the one that contains `day` to the first of ours that starts after `until`."""
        self._seats = billed_seats(self.timeline, self.policies)
        self._days = [change.on for change in self._seats]
        self._end = self.timeline.end
        self._charged_until = self._first_day_not_charged()
        self._full_returns = full_returns(self.timeline)
        schedule = Schedule(self.prices.layout, self.prices, self.policies)
        for stretches in schedule.since(day, self._charged_until):
            layers = self._layers(stretches)
            yield from layers
            # Cycles that others billed have no layers: after a takeover the first charge may lie several cycles on. So
            # it may after a suspension that is not billed, if its end is known.
            waits = not layers and self._seats[-1].on >= stretches[-1].ends
            if stretches[0].begins > until and not stretches[0].excluded and not waits:
                return

    def _layers(self, stretches: Sequence[Stretch]) -> list[Layer]:
        first, last = stretches[0], stretches[-1]
        until = self._charged_until
        stop = last.ends if until is None or last.ends < until else until
        stack = Stack(self._seats, self._days, _paid_by_others if first.excluded else self._stays_paid)
        stack.build(stretches, stop, self._midnight)
        if stop < first.cycle.end:
            self._stop(stack, stop)
        for full in self._full_returns:
            if full.bought_on < stop and first.begins < full.on:
                stack.take_back(full, later=full.on >= stop)
        ours = _ours(stack.opened, first) if first.excluded else stack.opened
        layers = []
        for opened in ours:
            if opened.seats:
                layers.append(self._layer(opened, stack.ends_of(opened), stop))
        return layers

    def _stop(self, stack: Stack, stop: date) -> None:
        """A cycle that ends early: with the subscription, or where new cycles begin."""
        end = self._end
        if end is not None and stop >= end.on:
            stack.end(stop, end.at, end.by, "ending", end.returned)
            return
        following = self.prices.layout.phase_at(stop)
        if following.begins == stop:
            stack.cut(stop, self._midnight(stop), following.by)

    def _midnight(self, day: date) -> datetime:
        return instant(day, self.prices.layout.phases[0].terms.tz)

    def _layer(self, opened: Opened, closed: Sequence[Closed], stop: date) -> Layer:
        stretch = opened.stretch
        cycle, terms = stretch.cycle, stretch.phase.terms
        whole = cycle.full_days
        natural = (cycle.end - opened.on).days
        if opened.added and cycle.number >= 0 and self.policies.usage_charge_rule(opened.on) == "full_period":
            whole = natural
        due = self._due(opened, stop)
        stays = Share(opened.seats, cycle.end, natural, whole, due)
        shares = self._shares(opened, closed, stays) if closed else (stays,)
        kind: LayerKind = "recurring"
        unit, shown = stretch.unit, stretch.shown
        if stretch.free:
            kind, unit, shown = "free", ZERO, round_money(ZERO, terms.currency)
        elif opened.on == cycle.start and terms.has_installments and stretch.phase.counts(cycle):
            kind = "installment"
        return Layer(
            opened.on, due, kind, terms.product_id, unit, shown, whole, shares, stretch, opened.by, opened.added
        )

    def _shares(self, opened: Opened, closed: Sequence[Closed], stays: Share) -> tuple[Share, ...]:
        """The shares of a layer of which seats end early, given what all of them were if they stayed."""
        shares = [self._ended(part, opened, stays) for part in closed]
        kept = stays.seats - sum(part.seats for part in closed)
        if kept:
            shares.append(stays._replace(seats=kept))
        # Seats of which nothing is kept may have no line: those that have one come first. What ends on one day counts
        # either days or hours.
        shares.sort(key=lambda share: (share.part > 0, share.end, share.part), reverse=True)
        return joined(shares)

    def _ended(self, closed: Closed, opened: Opened, stays: Share) -> Share:
        """The kept part of seats that end early: days, or hours begun where the refund policy says so (R0.6, R5.2)."""
        due, natural, whole = self._ending_due(closed.told_on), stays.part, stays.whole
        if closed.full:
            return Share(closed.seats, closed.on, 0, whole, due, Ended(closed.cause, closed.by, "full"))
        if closed.cause != "repriced" and self.policies.refund_policy(closed.on) == "hours":
            since = opened.at or self._midnight(opened.on)
            if closed.since is not None:
                since = max(closed.since, self._midnight(opened.on))
            hours = -int(-(closed.at - since).total_seconds() // 3600)
            ended = Ended(closed.cause, closed.by, "hours")
            return Share(closed.seats, closed.on, min(max(hours, 0), natural * 24), whole * 24, due, ended)
        ended = Ended(closed.cause, closed.by, "days")
        return Share(closed.seats, closed.on, (closed.on - opened.on).days, whole, due, ended)

    def _first_day_not_charged(self) -> date | None:
        """The first day not charged; where an ending gives nothing back, the end of its running cycle (R3.3)."""
        end = self._end
        if end is None:
            return None
        if end.immediate and (not end.refunded or self.policies.refund_policy(end.on) == "none"):
            layout = self.prices.layout
            if layout.phase_at(end.on).terms.frequency is not None:
                running = layout.cycle_at(end.on)
                return end.on if running.start == end.on else running.end
        return end.on

    def _due(self, opened: Opened, stop: date) -> date:
        """When a layer falls due: at its cycle's start, the day after it in arrears; partial charges as rule R1.9 says.

        What ends a subscription makes everything of it due that day. A short cycle to a new billing day and the part of
        a term up to a custom end are whole charges.
        """
        stretch = opened.stretch
        cycle, phase = stretch.cycle, stretch.phase
        if phase.terms.charge == "arrears":
            due = stop
        elif opened.on == cycle.start and (cycle.number >= 0 or phase.kind in ("moved", "extended", "aligned")):
            due = cycle.start
        else:
            due = self.policies.partial_due(opened.on)
        end = self._end
        return due if end is None else min(due, end.on)

    def _ending_due(self, day: date) -> date:
        due = self.policies.partial_due(day)
        return due if self._end is None else min(due, self._end.on)

    def _stays_paid(self, day: date) -> bool:
        """Whether a decrease gives nothing back: the seats stay paid and cover later increases (rule R3.2)."""
        return self.policies.decrease_credit(day) == "none"


def _paid_by_others(day: date) -> bool:
    """In an excluded cycle of an import, which someone else has billed, no decrease gives back (conventions table)."""
    return True


def _ours(layers: Sequence[Opened], of: Stretch) -> list[Opened]:
    """The layers of an excluded cycle that began when we billed already (conventions table, import)."""
    taken_over = of.phase.terms.billed_from
    return [opened for opened in layers if taken_over is None or opened.on >= taken_over]
