"""How many seats of a subscription were active from which day on: what a chart of many of them is added up from."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from shared.billing.account import Account
from shared.billing.state import status_on


class SeatsFrom(NamedTuple):
    """The active seats from a day on, and by how many they differ from the day before."""

    on: date
    seats: int
    change: int


def seat_history(account: Account, until: date) -> list[SeatsFrom]:
    """Each day up to `until` on which the active seats became others: none where it is not active (rule R5.8)."""
    timeline, start = account.timeline, account.terms.start
    moments = [start, *(change.on for change in timeline.seats), *(change.on for change in timeline.statuses)]
    if timeline.end is not None:
        moments.append(timeline.end.on)
    found: list[SeatsFrom] = []
    before = 0
    for day in sorted({max(moment, start) for moment in moments if max(moment, start) <= until}):
        seats = timeline.quantity_on(day) if status_on(account, day) == "active" else 0
        if seats != before:
            found.append(SeatsFrom(day, seats, seats - before))
            before = seats
    return found
