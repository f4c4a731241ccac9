"""How far a rebuild is, out of what it told of itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.console.replay.progress import command, phases, state
from services.console.replay.queries import Run

_AT = "2026-03-02T10:00:{:02d}+00:00"


def _told(phase: str, done: int, total: int, seconds: int, *, before: int = 0, projection: str = "") -> dict[str, Any]:
    return {
        "phase": phase, "projection": projection, "before": before, "done": done, "total": total,
        "began_at": _AT.format(0), "told_at": _AT.format(seconds),
    }  # fmt: skip


def _run(*told: dict[str, Any], outcome: str | None = None) -> Run:
    at = datetime(2026, 3, 2, 10, tzinfo=UTC)
    return Run(
        id=1, purpose="replay", projections=["orders", "subscriptions"], until=None, who="Ada", began_at=at, told_at=at,
        phases=list(told), left=[], ended_at=None if outcome is None else at, outcome=outcome, reason=None,
        generations=[], compared=None, differing=None, switch_ms=None,
    )  # fmt: skip


def test_the_running_phase_has_a_rate_and_a_time_and_what_is_to_come_waits() -> None:
    read, fold, *waiting = phases(_run(_told("read", 100, 100, 2), _told("fold", 300, 1000, 10, before=100)))
    assert (read.state, read.percent) == ("done", 100)
    # What a run before this one has done says nothing about how fast this one is.
    assert (fold.state, fold.percent, fold.rate, fold.left_s) == ("running", 30, 20.0, 35.0)
    assert [(one.name, one.state) for one in waiting] == [
        ("Keys and indexes", "waiting"),
        ("Catch up", "waiting"),
        ("Compare", "waiting"),
    ]


def test_a_phase_of_each_projection_stands_for_itself() -> None:
    told = [_told("catch-up", 5, 5, 1, projection="orders"), _told("catch-up", 1, 4, 1, projection="subscriptions")]
    assert [(one.projection, one.state) for one in phases(_run(*told))[:2]] == [
        ("orders", "done"),
        ("subscriptions", "running"),
    ]


def test_where_nothing_was_measured_nothing_is_said() -> None:
    (index, *_) = phases(_run(_told("index", 0, 1, 0)))
    assert (index.rate, index.left_s, index.percent) == (None, None, 0)


def test_one_that_ended_waits_for_nothing() -> None:
    (only,) = phases(_run(_told("fold", 3, 10, 5), outcome="failed"))
    assert (only.state, only.left_s) == ("ended", None)


def test_without_an_end_the_lock_tells_whether_it_goes_on() -> None:
    assert state(_run(), is_held=True) == "running"
    assert state(_run(), is_held=False) == "interrupted"
    assert state(_run(outcome="same"), is_held=True) == "same"
    assert command(_run()) == "replay orders subscriptions"
