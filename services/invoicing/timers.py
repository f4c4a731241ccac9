"""Daily invoice runs: every day since the last completed run that has ended in all time zones, oldest first.

Off unless SEATLEDGER_DAILY_RUNS is true: invoices go to customers, so the first run is a person's decision.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from services.invoicing.invoice_run import Options, run_day
from shared.errors import UserError
from shared.projections.worker import Timer
from shared.store.config import Config
from shared.store.pool import connect

_EVERY_SECONDS = 60.0
# The westernmost zone on earth (POSIX names count the other way): where a civil day ends last.
_LAST_ZONE = ZoneInfo("Etc/GMT+12")
_LAST_COMPLETED = "SELECT max(day) FROM invoicing.billing_run WHERE completed_at IS NOT NULL"
_log = structlog.get_logger("daily runs")


class _Stopping(Exception):
    """The worker stops: the run ends after the chunk that it is at, and goes on with the next start."""


def timers(config: Config) -> tuple[Timer, ...]:
    """The timers of invoicing beside its clock."""
    return (Timer("daily runs", _EVERY_SECONDS, DailyRuns(config).catch_up),) if config.daily_runs else ()


def days_to_run(last_completed: date, now: datetime) -> Iterator[date]:
    """The days after the last completed run that have ended everywhere at `now` (aware), oldest first."""
    still_running_somewhere = now.astimezone(_LAST_ZONE).date()
    day = last_completed + timedelta(days=1)
    while day < still_running_somewhere:
        yield day
        day += timedelta(days=1)


class DailyRuns:
    """Runs the days that are due. Says once that it waits for the first run, which is made by hand."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._said = False

    async def catch_up(self, stop: asyncio.Event) -> int:
        """Run every day that is due; how many were run. A run that cannot be made is tried again next time."""
        last = await self._last_completed()
        if last is None:
            if not self._said:
                _log.info("waiting for the first run, made by hand: seatledger invoice-run --date …")
                self._said = True
            return 0
        count = 0
        for day in days_to_run(last, datetime.now(UTC)):
            if stop.is_set() or not await self._run(day, stop):
                break
            count += 1
        return count

    async def _run(self, day: date, stop: asyncio.Event) -> bool:
        def go_on(_: object) -> None:
            if stop.is_set():
                raise _Stopping

        options = Options(waiting=go_on, step=go_on)
        dsn, broker = self._config.database, self._config.broker
        try:
            # A loop of its own: a run reckons for seconds at a time, and this loop has the relay and the heartbeat.
            report = await asyncio.to_thread(lambda: asyncio.run(run_day(dsn, broker, day, options)))
        except _Stopping:
            return False
        except UserError as error:
            _log.warning("no run", day=day.isoformat(), reason=str(error))
            return False
        _log.info("run", day=day.isoformat(), documents=len(report.documents), lines=report.lines,
                  unbillable=sorted(report.unbillable))  # fmt: skip
        return True

    async def _last_completed(self) -> date | None:
        async with await connect(self._config.database, application="seatledger daily runs") as connection:
            row = await (await connection.execute(_LAST_COMPLETED)).fetchone()
            return None if row is None else row[0]
