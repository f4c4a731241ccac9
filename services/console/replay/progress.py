"""How far a rebuild is, out of what it told: each phase with its rate, and how long it still takes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.console.replay.queries import Run

_WORDS: Final = {
    "read": "Read the log",
    "fold": "Fold",
    "index": "Keys and indexes",
    "catch-up": "Catch up",
    "compare": "Compare",
}
_OF_EVENTS: Final = ("read", "fold", "catch-up")
# What a run of each kind goes through, in order; what it has not come to yet is shown too.
_PHASES: Final = {
    "replay": ("read", "fold", "index", "catch-up", "compare"),
    "verify": ("read", "fold", "index", "catch-up", "compare"),
    "as_of": ("read", "fold", "index"),
}
_COMMANDS: Final = {"replay": "replay", "verify": "verify", "as_of": "as-of"}
# Below so many seconds a rate says nothing.
_LEAST_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase. `rate` is events a second; `left_s` how many seconds more at that rate; None where nothing says so."""

    name: str
    projection: str
    done: int
    total: int
    of_events: bool
    rate: float | None
    left_s: float | None
    state: str

    @property
    def percent(self) -> int:
        if self.state == "done":
            return 100
        return 0 if not self.total else min(100, 100 * self.done // self.total)


def command(run: Run) -> str:
    """What was typed for it, in short."""
    return f"{_COMMANDS[run.purpose]} {' '.join(run.projections)}"


def state(run: Run, *, is_held: bool) -> str:
    """What came of it; `running`, or `interrupted` where nobody is at it any more. `is_held`: somebody rebuilds now."""
    return run.outcome or ("running" if is_held else "interrupted")


def phases(run: Run) -> list[Phase]:
    """Those that it went through, then those that it has not come to."""
    known = [_phase(one, is_last=place == len(run.phases), run=run) for place, one in enumerate(run.phases, 1)]
    if run.ended_at is not None:
        return known
    order = _PHASES[run.purpose]
    at = max((order.index(one["phase"]) for one in run.phases if one["phase"] in order), default=-1)
    return known + [
        Phase(_WORDS[name], "", 0, 0, name in _OF_EVENTS, None, None, "waiting") for name in order[at + 1 :]
    ]


def _phase(told: dict[str, Any], *, is_last: bool, run: Run) -> Phase:
    done, total, name = int(told["done"]), int(told["total"]), str(told["phase"])
    seconds = (_moment(told["told_at"]) - _moment(told["began_at"])).total_seconds()
    rate = (done - int(told["before"])) / seconds if name in _OF_EVENTS and seconds >= _LEAST_S else None
    is_done = not is_last or done >= total
    state = "done" if is_done else "running" if run.ended_at is None else "ended"
    left = (total - done) / rate if rate and state == "running" else None
    return Phase(_WORDS.get(name, name), str(told["projection"]), done, total, name in _OF_EVENTS, rate, left, state)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
