"""How many requests go out: never more than a number in any minute, and none while the vendor asks for a pause."""

from __future__ import annotations

import asyncio
from typing import Final

from aiolimiter import AsyncLimiter

_MINUTE: Final = 60.0


class Budget:
    """Shared by all requests to one address, those that are tried again included; made on the loop that uses it.

    aiolimiter's bucket lets its capacity through at once and then leaks: with a capacity of the whole minute, twice as
    many would pass in the first one. So a tenth may come at once, and the rest is spread: any 60 seconds see at most
    both together.
    """

    def __init__(self, requests_per_minute: int) -> None:
        at_once = max(requests_per_minute // 10, 1)
        spread = requests_per_minute - at_once
        self._bucket = AsyncLimiter(at_once, _MINUTE * at_once / spread)
        self._quiet_until = float("-inf")

    async def take(self) -> None:
        """Wait until a request may go out."""
        loop = asyncio.get_running_loop()
        while True:
            if (wait := self._quiet_until - loop.time()) > 0:
                await asyncio.sleep(wait)
                continue
            await self._bucket.acquire()
            # Who is let through while others were told to wait goes back: else all would go out together afterwards.
            if self._quiet_until <= loop.time():
                return

    def pause(self, seconds: float) -> None:
        """Hold everybody back: who goes on asking after a refusal uses up what is left of the quota."""
        self._quiet_until = max(self._quiet_until, asyncio.get_running_loop().time() + seconds)


_OF_LOOPS: Final[dict[asyncio.AbstractEventLoop, dict[tuple[str, int], Budget]]] = {}


def budget_of(address: str, requests_per_minute: int) -> Budget:
    """The one budget of this process for an address: a sweep and a change beside it are one sender to Microsoft.

    It counts on the clock of the running loop, so each loop has its own; those of closed ones are dropped.
    """
    for loop in [known for known in list(_OF_LOOPS) if known.is_closed()]:
        _OF_LOOPS.pop(loop, None)
    budgets = _OF_LOOPS.setdefault(asyncio.get_running_loop(), {})
    if (address, requests_per_minute) not in budgets:
        budgets[address, requests_per_minute] = Budget(requests_per_minute)
    return budgets[address, requests_per_minute]
