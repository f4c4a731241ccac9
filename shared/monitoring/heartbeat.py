"""Whether the event loop of a process still turns, told to another thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

# A batch may keep the loop for seconds. After so many a consumer group has given its partitions to somebody else.
STUCK_AFTER_S: Final = 30.0
_EVERY_S = 0.5


class Heartbeat:
    """Beats on a loop, and is asked by a thread that a stuck loop does not stop. `now` is a monotonic clock."""

    def __init__(self, stuck_after_s: float = STUCK_AFTER_S, now: Callable[[], float] = time.monotonic) -> None:
        self._stuck_after_s = stuck_after_s
        self._now = now
        # A process that never comes to its loop is stuck as well.
        self._last = now()

    def beat(self) -> None:
        """The loop has turned."""
        self._last = self._now()

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            self.beat()
            await asyncio.sleep(_EVERY_S)

    def stuck(self) -> str | None:
        """Why the process is not alive, in words; None while its loop turns."""
        since = self._now() - self._last
        return f"the event loop has not turned for {since:.0f} s" if since > self._stuck_after_s else None
