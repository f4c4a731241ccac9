"""The layers of one cycle: which seats are billed in it, from when, and what of them ends early (rule R0.10).

A stack is built day by day: the seats held at the start, each later day with more or fewer, and the days on which the
cycle is repriced: then everything ends and begins again at the new price.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple

from shared.billing.facts import Ref
from shared.billing.netting import FullReturn, in_force
from shared.billing.schedule import Stretch
from shared.billing.timeline import Returned, SeatChange

# Why seats end before their cycle does.
Cause = Literal["decrease", "ending", "repriced"]


class Opened(NamedTuple):
    """Seats of one day: the base of the cycle, a net increase, or what is billed on at a new price.

    `at` is the instant of the event that brought them; None for those that were there when their day began.
    """

    on: date
    at: datetime | None
    seats: int
    stretch: Stretch
    by: Ref
    added: bool


class Closed(NamedTuple):
    """Seats of a layer that end before their cycle does; `full`: nothing is kept.

    `since` is when a vendor's batch of them began, where windows decide (rule R5.1). `told_on` is the day of what ended
    them: later than `on` where a batch came back in full from lines of earlier days.
    """

    layer: date
    seats: int
    on: date
    since: datetime | None
    at: datetime
    cause: Cause
    by: Ref
    told_on: date
    full: bool = False


@dataclass(slots=True)
class Stack:
    """The layers of a cycle while they are found. `days` are those of the changes, in order.

    `stays_paid` says of a day whether a decrease gives nothing back.
    """

    changes: Sequence[SeatChange]
    days: Sequence[date]
    stays_paid: Callable[[date], bool]
    opened: list[Opened] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    _running: list[Opened] = field(default_factory=list)
    _billed: int = 0
    _held: int = 0
    _unbilled: int = 0

    def build(self, stretches: Sequence[Stretch], stop: date, midnight: Callable[[date], datetime]) -> None:
        """Find the layers of a cycle from its stretches, up to the day on which it ends early."""
        first = stretches[0]
        begins, changes = first.begins, self.changes
        after = bisect_right(self.days, begins)
        self._held, self._unbilled, by = self._opening(begins, after)
        at = changes[0].at if begins == changes[0].on else None
        self._open(begins, at, self._held - self._unbilled, first, by, added=False)
        if len(stretches) == 1 and (after == len(changes) or changes[after].on >= stop):
            return
        before = bisect_left(self.days, stop)
        if len(stretches) == 1 and before == after + 1:
            self._change(changes[after])
        else:
            self._day_by_day(changes[after:before], stretches[1:], midnight)

    def ends_of(self, layer: Opened) -> Sequence[Closed]:
        """What of a layer ends early."""
        return [closed for closed in self.closed if closed.layer == layer.on] if self.closed else ()

    def _day_by_day(
        self, changes: Sequence[SeatChange], repriced: Sequence[Stretch], midnight: Callable[[date], datetime]
    ) -> None:
        """Each day on which seats change or the cycle is repriced, in order."""
        days: dict[date, list[SeatChange]] = {stretch.begins: [] for stretch in repriced}
        for change in changes:
            days.setdefault(change.on, []).append(change)
        cuts = {stretch.begins: stretch for stretch in repriced}
        for on in sorted(days):
            todays = in_force(days[on])
            if on in cuts:
                self._reprice(cuts[on], midnight(on), todays)
            else:
                for change in todays:
                    self._change(change)

    def end(self, on: date, at: datetime, by: Ref, cause: Cause, returned: Sequence[Returned] = ()) -> None:
        """Everything that still runs ends on a day, the newest first; seats given up but paid stay so (rule R3.2)."""
        self._drop(self._billed - self._held + self._unbilled)
        self._close(self._billed, on, at, by, cause, returned)

    def _opening(self, start: date, place: int) -> tuple[int, int, Ref]:
        """Seats held on the first day of a cycle, and how many of them are billed only from the next one.

        `place` is where the changes after that day begin.
        """
        last = self.changes[place - 1]
        if last.on < start or not last.deferred:
            return last.quantity, 0, last.by
        before = [change for change in self.changes[:place] if change.on < start or not change.deferred]
        billed = before[-1].quantity if before else 0
        return last.quantity, last.quantity - billed, last.by

    def _change(self, change: SeatChange) -> None:
        self._note(change)
        billed, wanted = self._billed, self._held - self._unbilled
        if wanted > billed:
            self._open(change.on, change.at, wanted - billed, self.opened[-1].stretch, change.by, added=True)
        elif wanted < billed and not self.stays_paid(change.on):
            self._close(billed - wanted, change.on, change.at, change.by, "decrease", change.returned)

    def _reprice(self, stretch: Stretch, at: datetime, todays: Sequence[SeatChange]) -> None:
        """Everything ends at the old price; what is held then begins at the new one (conventions table)."""
        by = stretch.phase.by if stretch.begins == stretch.phase.begins else stretch.quote.price.by
        self.cut(stretch.begins, at, by)
        for change in todays:
            self._note(change)
        self._open(stretch.begins, None, self._held - self._unbilled, stretch, by, added=False)

    def _note(self, change: SeatChange) -> None:
        self._unbilled = _unbilled(self._unbilled, change.quantity - self._held, deferred=change.deferred)
        self._held = change.quantity

    def _open(self, on: date, at: datetime | None, seats: int, stretch: Stretch, by: Ref, *, added: bool) -> None:
        layer = Opened(on, at, seats, stretch, by, added)
        self.opened.append(layer)
        self._running.append(layer)
        self._billed += seats

    def cut(self, on: date, at: datetime, by: Ref) -> None:
        """What runs goes on at a new price."""
        self.end(on, at, by, "repriced")

    def take_back(self, back: FullReturn, *, later: bool) -> None:
        """Charge nothing for seats that came back in full, in every layer that they lay in before (rule R5.1).

        Where their cycle was repriced meanwhile, and `later` where they came back after it, these have ended otherwise.
        """
        for opened in self.opened:
            if not back.bought_on <= opened.on < back.on:
                continue
            own = self.ends_of(opened)
            of_the_batch = (
                closed for closed in own if closed.full and (closed.by, closed.since) == (back.by, back.bought_at)
            )
            left = back.seats - sum(closed.seats for closed in of_the_batch)
            for closed in own:
                if left > 0 and closed.cause == "repriced" and not closed.full:
                    taken = min(left, closed.seats)
                    self.closed.remove(closed)
                    if closed.seats > taken:
                        self.closed.append(closed._replace(seats=closed.seats - taken))
                    self._returned_in_full(opened, taken, back)
                    left -= taken
            stays = opened.seats - sum(closed.seats for closed in own)
            if later and min(left, stays) > 0:
                self._returned_in_full(opened, min(left, stays), back)

    def _returned_in_full(self, opened: Opened, seats: int, back: FullReturn) -> None:
        on, cause = opened.on, back.cause
        self.closed.append(Closed(on, seats, on, back.bought_at, back.at, cause, back.by, told_on=back.on, full=True))

    def _drop(self, surplus: int) -> None:
        """Leave the newest seats charged to the end of the cycle: a decrease gave nothing back for them (rule R3.2)."""
        while surplus > 0:
            newest = self._running.pop()
            taken = min(newest.seats, surplus)
            if newest.seats > taken:
                self._running.append(newest._replace(seats=newest.seats - taken))
            surplus -= taken
            self._billed -= taken

    def _close(self, seats: int, on: date, at: datetime, by: Ref, cause: Cause, returned: Sequence[Returned]) -> None:
        """Take seats off the newest running layers, in step with the batches that a vendor takes back (R0.10, R5.1)."""
        self._billed -= seats
        pieces = list(reversed(returned))
        while seats:
            newest = self._running.pop()
            taken = min(newest.seats, seats)
            since, full = None, False
            if pieces:
                piece = pieces.pop()
                taken = min(taken, piece.seats)
                # A line that is older than the batch decides: seats given back and taken again, or not billed yet.
                if piece.on <= newest.on:
                    since, full = piece.at, piece.full
                if piece.seats > taken:
                    pieces.append(piece._replace(seats=piece.seats - taken))
            closed = Closed(newest.on, taken, on, since, at, cause, by, on, full)
            if self.closed and self.closed[-1]._replace(seats=taken) == closed:
                # Two of a vendor's returns of one batch on one day are one end of seats.
                closed = closed._replace(seats=taken + self.closed.pop().seats)
            if closed.seats:
                self.closed.append(closed)
            if newest.seats > taken:
                self._running.append(newest._replace(seats=newest.seats - taken))
            seats -= taken


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
