"""How far the invoice run is, read from its tables: a command or a timer makes it, and the worker is asked about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from shared.monitoring.readings import Part
from shared.store.ledger import INVOICE_RUN, RUN_LOCK
from shared.store.pool import connect

# A run is known by its lock: one that died has left its row, and a second run of a day finds it complete. A replay that
# switches has the lock too, so by its name as well. Days of runs only grow, so the last one is the one that goes on;
# while it waits for its barrier that is still the one before.
_RUN = """
SELECT
    EXISTS (
        SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE locktype = 'advisory' AND classid = 0 AND objid = %s AND objsubid = 1 AND granted
            AND datname = current_database() AND starts_with(application_name, %s)
    ),
    last.day, last.documents, last.lines, last.payers_left,
    (SELECT max(day) FROM invoicing.billing_run WHERE completed_at IS NOT NULL),
    (SELECT count(*) FROM invoicing.parked_payer)
FROM (SELECT) AS one LEFT JOIN (
    SELECT day, documents, lines, payers_left FROM invoicing.billing_run ORDER BY day DESC LIMIT 1
) AS last ON true
"""


def run_gauges(dsn: str) -> Mapping[str, Part]:
    """The part that the worker of invoicing reads."""
    return {"invoice_run": lambda: _run(dsn)}


async def _run(dsn: str) -> Sequence[Metric]:
    async with await connect(dsn, application="seatledger metrics") as connection:
        row = await (await connection.execute(_RUN, [RUN_LOCK, INVOICE_RUN])).fetchone()
    assert row is not None
    running, day, documents, lines, left, completed, unbillable = row
    return [
        _gauge("running", "1 while a run goes on, a dry one too.", int(running)),
        _gauge("day_timestamp_seconds", "The day of the last run that was begun.", _instant(day)),
        _gauge("documents", "Documents that this run has issued.", documents),
        _gauge("lines", "Lines that this run has issued.", lines),
        _gauge("payers_left", "Payers that this run has still to bill.", left),
        _gauge("completed_day_timestamp_seconds", "The last day whose run was completed.", _instant(completed)),
        _gauge("unbillable_payers", "Payers that the last run could not bill.", unbillable),
    ]


def _gauge(name: str, what: str, value: float | None) -> GaugeMetricFamily:
    """Without a value (no run yet) the family stands there without a sample."""
    return GaugeMetricFamily(f"seatledger_invoice_run_{name}", what, value=value)


def _instant(day: date | None) -> float | None:
    """A civil day as the moment at which it begins in UTC, in seconds of Unix time."""
    return None if day is None else datetime.combine(day, time(), UTC).timestamp()
