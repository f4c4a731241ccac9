"""Several changes of seats on one day: what of them holds, and what a vendor took back in full (conventions, R5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Literal, NamedTuple

from shared.billing.facts import Ref
from shared.billing.timeline import Returned, SeatChange, Timeline


class FullReturn(NamedTuple):
    """Seats of a batch that came back in full on a day, also from their lines of earlier days (rule R5.1)."""

    bought_on: date
    bought_at: datetime
    seats: int
    on: date
    at: datetime
    cause: Literal["decrease", "ending"]
    by: Ref


def in_force(todays: Sequence[SeatChange]) -> list[SeatChange]:
    """The changes of a day that hold: the last, intermediate ones leave no lines (conventions table).

    It gives back what the day's changes gave back together. Where the last is billed only from the next cycle, the last
    one before it that is billed at once holds as well.
    """
    if len(todays) == 1:
        return [todays[0]]
    held: dict[bool, SeatChange] = {}
    for change in todays:
        before = held.pop(change.deferred, None)
        if not change.deferred:
            held.pop(True, None)
        if before is not None and before.returned:
            change = change._replace(returned=(*before.returned, *change.returned))
        held[change.deferred] = change
    return list(held.values())


def full_returns(timeline: Timeline) -> list[FullReturn]:
    """What was returned in full, net of what came back the same day; not where it is billed from the next cycle."""
    end = timeline.end
    if not any(change.returned for change in timeline.seats) and (end is None or not end.returned):
        return []
    found: list[FullReturn] = []
    held = 0
    for on, group in groupby(timeline.seats, key=lambda change: change.on):
        if end is not None and on >= end.on:
            break  # what that day gave back stands with the end
        todays = list(group)
        fewer, held = held - todays[-1].quantity, todays[-1].quantity
        at_once = [change for change in in_force(todays) if not change.deferred]
        if fewer > 0 and at_once and at_once[0].returned:
            change = at_once[0]
            pieces = _first(change.returned, fewer)
            found += [FullReturn(p.on, p.at, p.seats, on, change.at, "decrease", change.by) for p in pieces]
    if end is not None:
        pieces = _first(end.returned, held)
        found += [FullReturn(p.on, p.at, p.seats, end.on, end.at, "ending", end.by) for p in pieces]
    return found


def _first(returned: Sequence[Returned], seats: int) -> Iterator[Returned]:
    """Those returned in full among the first seats."""
    for piece in returned:
        taken = min(piece.seats, seats)
        seats -= taken
        if taken and piece.full:
            yield piece._replace(seats=taken)
