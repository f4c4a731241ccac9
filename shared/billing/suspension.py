"""Suspension that is not billed: no seats from the day of suspension, all again from the day of reactivation (R5.7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from shared.billing.moments import instant
from shared.billing.policies import Policies
from shared.billing.timeline import SeatChange, StatusChange, Timeline

_Change = SeatChange | StatusChange


def billed_seats(timeline: Timeline, policies: Policies) -> Sequence[SeatChange]:
    """The seats that are billed, day by day: those held, but none in suspensions that are not billed (rule R5.7).

    Suspension and reactivation count from the midnight of their day, also where a refund policy counts hours.
    """
    suspended = [change for change in timeline.statuses if change.status == "suspended"]
    if all(policies.bills_while_suspended(change.on) for change in suspended):
        return timeline.seats
    billed: list[SeatChange] = []
    held = timeline.seats[0]
    paused = False
    tz = policies.layout.phases[0].terms.tz
    moments = sorted([*_placed(timeline.seats), *_placed(timeline.statuses)], key=lambda placed: placed[0])
    for _, moment in moments:
        if isinstance(moment, SeatChange):
            held = moment
            if not paused:
                billed.append(moment)
        elif moment.status == "suspended" and not paused and not policies.bills_while_suspended(moment.on):
            paused = True
            billed.append(SeatChange(moment.on, instant(moment.on, tz), 0, moment.by))
        elif moment.status == "active" and paused:
            paused = False
            billed.append(SeatChange(moment.on, instant(moment.on, tz), held.quantity, moment.by))
    return billed


def _placed(changes: Sequence[_Change]) -> Iterator[tuple[tuple[date, datetime], _Change]]:
    """Each change with its day and instant, the instant of an earlier one of that day where that is later.

    What is said of one day stands in the order of facts (rule R0.11), in which a date alone may follow an instant.
    """
    on, latest = date.min, None
    for change in changes:
        latest = change.at if latest is None or change.on != on else max(latest, change.at)
        on = change.on
        yield (on, latest), change
