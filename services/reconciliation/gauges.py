"""What the worker of reconciliation is asked about: differences that stand, looks that failed, tasks, hints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from shared.monitoring.readings import Part
from shared.store.pool import connect

_OPEN = "SELECT vendor, verdict, count(*) FROM read.discrepancies WHERE state = 'open' GROUP BY vendor, verdict"
_NOT_COMPARABLE = "SELECT vendor, not_comparable FROM reconciliation.comparison"
_NOT_OBSERVED = "SELECT vendor, count(failed) FROM reconciliation.account GROUP BY vendor"
_SWEEP = """
SELECT vendor, extract(epoch FROM clock_timestamp() - max(finished_at))::float8 FROM reconciliation.sweep
WHERE finished_at IS NOT NULL GROUP BY vendor
"""
_TASKS = "SELECT vendor, state, count(*) FROM reconciliation.vendor_task WHERE state <> 'done' GROUP BY vendor, state"
_HINTS = "SELECT vendor, count(*) FROM reconciliation.hint WHERE looked_at IS NULL GROUP BY vendor"
# Name, words, labels, query: a row of it gives the values of the labels, then the figure.
_FAMILIES: Sequence[tuple[str, str, Sequence[str], str]] = (
    ("reconciliation_open_discrepancies", "Differences that stand.", ("vendor", "verdict"), _OPEN),
    (
        "reconciliation_not_comparable",
        "Subscriptions that the last comparison could not compare.",
        ("vendor",),
        _NOT_COMPARABLE,
    ),
    (
        "reconciliation_accounts_not_observed",
        "Accounts that did not answer at the last look.",
        ("vendor",),
        _NOT_OBSERVED,
    ),
    ("reconciliation_sweep_age_seconds", "Since the last sweep that was finished.", ("vendor",), _SWEEP),
    ("reconciliation_hints_waiting", "Hints whose account is still to be looked at.", ("vendor",), _HINTS),
    ("vendor_tasks", "What vendors are to do, waiting or failed.", ("vendor", "state"), _TASKS),
)


def reconciliation_gauges(dsn: str) -> Mapping[str, Part]:
    """The part that the worker of reconciliation reads."""
    return {"reconciliation": lambda: _figures(dsn)}


async def _figures(dsn: str) -> Sequence[Metric]:
    """A family each; what there is none of has no sample."""
    found: list[Metric] = []
    async with await connect(dsn, application="seatledger metrics") as connection:
        for name, words, labels, query in _FAMILIES:
            family = GaugeMetricFamily(f"seatledger_{name}", words, labels=labels)
            for *values, figure in await (await connection.execute(query)).fetchall():
                family.add_metric(values, figure)
            found.append(family)
    return found
