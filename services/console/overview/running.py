"""How the system runs, as far as the overview says it: how far projections are behind, and what stands still."""

from __future__ import annotations

from typing import NamedTuple

from shared.projections.status import StatusReport


class Running(NamedTuple):
    """Events that live projections have not read yet, the age of the oldest in seconds; what waits or is stopped."""

    behind: int
    behind_s: float
    dead_letters: int
    parked: int
    waiting: int
    to_send: int


def running(report: StatusReport) -> Running:
    """Of a report what the overview shows: of the generations that are read."""
    live = [one for one in report.projections if one.status == "live"]
    return Running(
        sum(one.lag_events for one in live),
        max((one.lag_seconds for one in live), default=0.0),
        report.dead_letters,
        len(report.parked),
        len(report.pending),
        report.outbox,
    )
