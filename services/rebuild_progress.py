"""How far a rebuild is, for people: a line that renews itself on a terminal, elsewhere a line every few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

from services.presentation import on_terminal, say
from shared.projections.rebuild.bulk import Progress

_RENEWED_S = 2.0
_LINE_S = 5.0
_PHASES = {
    "read": "Reading the log",
    "fold": "Folding",
    "index": "Keys and indexes",
    "catch-up": "Catching up",
    "compare": "Comparing",
}


class Shown:
    """Tells phase, events, rate, time left; now and then, and when a phase ends."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._phase = ("", "")
        self._before = 0
        self._began = self._last = time.monotonic()
        self._ended: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        if self._quiet or not progress.total:
            return
        now = time.monotonic()
        phase = (progress.phase, progress.projection)
        if phase != self._phase:
            # What is there already when a phase begins was done by the run before this one.
            self._phase, self._before, self._began, self._last = phase, progress.done, now, now
        ended = progress.done >= progress.total
        if ended and self._ended == progress:
            return
        if not ended and now - self._last < (_RENEWED_S if on_terminal() else _LINE_S):
            return
        self._last = now
        self._ended = progress if ended else None
        self._say(_line(progress, self._before, now - self._began), ended=ended)

    def _say(self, line: str, *, ended: bool) -> None:
        if on_terminal():
            print(f"\r\x1b[2K{line}", end="\n" if ended else "", flush=True)
        else:
            say(line)


def _line(progress: Progress, before: int, seconds: float) -> str:
    """Catching up invoicing: 1,200 of 3,000 events, 600/s, 3 s left, 1,800 behind"""
    words = f"{_PHASES.get(progress.phase, progress.phase)} {progress.projection}".rstrip()
    if progress.phase not in ("read", "fold", "catch-up"):
        return f"{words}: {progress.done} of {progress.total}"
    done = f"{words}: {progress.done:,} of {progress.total:,} events"
    rate = (progress.done - before) / seconds if seconds > 0 else 0.0
    missing = progress.total - progress.done
    left = f", {missing / rate:.0f} s left" if rate and missing else ""
    behind = f", {missing:,} behind" if missing and progress.phase == "catch-up" else ""
    most = max(progress.left.items(), key=lambda one: one[1], default=None)
    where = f", most in {most[0].topic}/{most[0].partition}: {most[1]:,}" if left and most is not None else ""
    return f"{done}, {rate:,.0f}/s{left}{behind}{where}"


def waiting_said(*, quiet: bool) -> Callable[[str], None]:
    """Says once what is waited for."""
    said = set[str]()

    def waiting(what: str) -> None:
        if not quiet and what not in said:
            said.add(what)
            say(f"Waiting: {what}")

    return waiting
