"""An event loop whose clock is driven: when all wait, it is at once as late as the first of them waits for.

For what takes minutes by waiting (budgets, pauses, retries) and talks to nobody outside of the process.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")
_STEP_S = 1e-6


class _Ahead(selectors.DefaultSelector):
    """Never waits; says how long it should have."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events and timeout is None:
            raise RuntimeError("everybody waits for somebody who is not on this loop")
        # A clock that stands still between two steps would have whoever waits for a rounding error wait for ever.
        self.waited += max(timeout or 0.0, _STEP_S) if not events else _STEP_S
        return events


class DrivenLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._ahead = _Ahead()
        super().__init__(self._ahead)

    def time(self) -> float:
        return self._ahead.waited


def driven(main: Coroutine[object, object, T]) -> T:
    """Run it to its end on such a loop."""
    with asyncio.Runner(loop_factory=DrivenLoop) as runner:
        return runner.run(main)
