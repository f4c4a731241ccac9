"""Reconciling: 100,000 subscriptions of a vendor's against as many of ours, from the tables to the findings.

One in a hundred differs in its seats. Both sides are written into the tables of the live generations as projectors
would; what is measured is the comparison: reading both sides, comparing, keeping a row each, telling what differs.
"""

from __future__ import annotations

import asyncio
import statistics
import time

from services.prepare import prepare
from services.reconciliation.comparing import compare_now
from services.reconciliation.delay import Policy
from services.reconciliation.projection import SPEC as RECONCILIATION
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.store.config import Config
from shared.store.pool import connect
from tests.benchmarks.memory import watched
from tests.infrastructure.billing_system import billing_system
from tests.infrastructure.brokers import Broker
from tests.infrastructure.databases import Databases
from tests.infrastructure.topics import delete_all_topics

_SUBSCRIPTIONS = 100_000
_ACCOUNTS = 2_000
_ROUNDS = 5
_OURS = """
INSERT INTO subscriptions_g1.subscription
SELECT 'sub-' || n, 'active', 1 + n %% 50, 10.00, 'Monthly', '2026-01-01', '2026-12-31', NULL,
    'cus-' || n %% %(accounts)s, 'res-1', 'office', 'microsoft', 'EUR', true, NULL, 'V' || n, NULL, false, '2026-01-01'
FROM generate_series(1, %(count)s) AS n
"""
_THEIRS = """
INSERT INTO reconciliation_g1.vendor_subscription
SELECT 'microsoft/acc-' || n %% %(accounts)s, 'microsoft', 'acc-' || n %% %(accounts)s, 'v' || n, 'office:1', 'Office',
    1 + n %% 50 + (n %% 100 = 0)::int, 'active', 'active', true, NULL, NULL, NULL, false, NULL, NULL
FROM generate_series(1, %(count)s) AS n
"""
_LOOKS = """
INSERT INTO reconciliation.account
SELECT 'microsoft', 'acc-' || n, 'Customer ' || n, NULL, now(), NULL, false, 'snapshot-' || n, NULL
FROM generate_series(0, %(accounts)s - 1) AS n
"""


def measure(broker: Broker, server: Databases) -> dict[str, float]:
    """`reconcile_100k_s` is the first comparison, which tells every difference; once more, where nothing is new."""
    firsts, agains, peaks = [], [], []
    for _ in range(_ROUNDS):
        first, again, peak = asyncio.run(_round(broker, server))
        firsts.append(first)
        agains.append(again)
        peaks.append(peak)
    return {
        "reconcile_100k_s": round(statistics.median(firsts), 2),
        "reconcile_100k_again_s": round(statistics.median(agains), 2),
        "reconcile_peak_mib": round(max(peaks)),
    }


async def _round(broker: Broker, server: Databases) -> tuple[float, float, float]:
    await asyncio.to_thread(delete_all_topics, broker.address)
    dsn = server.create()
    await prepare(Config(database=dsn, broker=broker.address, partitions=4))
    arguments = {"count": _SUBSCRIPTIONS, "accounts": _ACCOUNTS}
    async with await connect(dsn) as connection:
        for statement in (_OURS, _THEIRS, _LOOKS):
            await connection.execute(statement, arguments)
    async with billing_system(dsn, broker.address, partitions=4, specs=(SUBSCRIPTIONS, RECONCILIATION)) as system:
        with watched() as peak:
            first = await _compared(dsn, broker.address)
        await system.settled(300)
        again = await _compared(dsn, broker.address)
    return first, again, peak.bytes / 1024**2


async def _compared(dsn: str, broker: str) -> float:
    began = time.perf_counter()
    await compare_now(dsn, broker, "microsoft", Policy())
    return time.perf_counter() - began
