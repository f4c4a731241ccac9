"""A sweep of two thousand customers stays within what Microsoft allows, on a clock that is driven."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import Counter

from deploy.emulators.microsoft.traps import Traps
from services.reconciliation.vendors.microsoft.connector import MicrosoftConnector
from tests.contracts.vendors.microsoft.emulated import Emulated, accounts, new_commerce, seed, swept

CUSTOMERS = {f"c{number:04}": [new_commerce(f"s{number:04}")] for number in range(2000)}


def busiest_minute(times: list[float]) -> int:
    return max(bisect_left(times, at + 60) - index for index, at in enumerate(times))


async def counted(connector: MicrosoftConnector) -> tuple[int, float]:
    """Customers that were seen, and the seconds that the sweep took."""
    found = await swept(connector, at_once=50)
    return sum(isinstance(what, list) for what in found.values()), asyncio.get_running_loop().time()


def test_two_thousand_customers_in_their_minutes() -> None:
    emulated = Emulated(seed(**CUSTOMERS), limit_per_minute=500)
    seen, seconds = emulated.run(counted)
    times = [asked.at for asked in emulated.state.asked]
    assert seen == 2000
    assert len(times) == 2004, "four pages of customers, and each customer once"
    assert busiest_minute(times) <= 500
    assert {asked.status for asked in emulated.state.asked} == {200}, "nobody was ever refused"
    assert 240 < seconds < 300


def test_what_is_asked_again_counts_too() -> None:
    async def scenario(connector: MicrosoftConnector) -> list[str]:
        listed = await accounts(connector)
        emulated.state.traps = Traps(limit_per_minute=500, server_errors=300)
        found = await swept(connector, at_once=50, listed=listed)
        return [name for name, what in found.items() if not isinstance(what, list)]

    emulated = Emulated(seed(**dict(list(CUSTOMERS.items())[:600])))
    missed = emulated.run(scenario)
    statuses = Counter(asked.status for asked in emulated.state.asked)
    assert busiest_minute([asked.at for asked in emulated.state.asked]) <= 500
    assert statuses[503] == 300
    assert 429 not in statuses
    assert len(missed) * 4 <= 300, "who is missed was asked four times"
