"""What the worker of invoicing is asked about deliveries: what did not arrive (yet), and what tries came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from services.invoicing.delivery.couriers import Tally
from shared.monitoring.readings import Part
from shared.store.pool import connect

_STATES = """
SELECT channel, state, count(*) FROM invoicing.delivery WHERE state <> 'delivered' GROUP BY channel, state
"""
_OLDEST = """
SELECT channel, extract(epoch FROM clock_timestamp() - min(coalesce(first_try_at, asked_at)))::float8
FROM invoicing.delivery WHERE state IN ('pending', 'sending') GROUP BY channel
"""


def delivery_gauges(dsn: str, tally: Tally) -> Mapping[str, Part]:
    """The part that the worker of invoicing reads; `tally` is what its own tries came to."""
    return {"deliveries": lambda: _figures(dsn, tally)}


async def _figures(dsn: str, tally: Tally) -> Sequence[Metric]:
    """A family each; what there is none of has no sample."""
    states = GaugeMetricFamily(
        "seatledger_deliveries", "Documents on their way, or that did not arrive.", labels=("channel", "state")
    )
    oldest = GaugeMetricFamily(
        "seatledger_deliveries_oldest_waiting_seconds", "Since the oldest of what waits was tried.", labels=("channel",)
    )
    tries = CounterMetricFamily("seatledger_delivery_tries", "What tries came to.", labels=("channel", "outcome"))
    async with await connect(dsn, application="seatledger metrics") as connection:
        for channel, state, figure in await (await connection.execute(_STATES)).fetchall():
            states.add_metric((channel, state), figure)
        for channel, seconds in await (await connection.execute(_OLDEST)).fetchall():
            oldest.add_metric((channel,), seconds)
    # A copy: tries are counted in another thread.
    for (channel, outcome), figure in dict(tally).items():
        tries.add_metric((channel, outcome), figure)
    return [states, oldest, tries]
