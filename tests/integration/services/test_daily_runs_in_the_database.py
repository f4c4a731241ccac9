"""Daily runs wait for the first one made by hand, then close every day that has ended, each once."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.invoicing.invoice_run import Options, run_day
from services.invoicing.timers import DailyRuns
from shared.store.config import Config
from tests.integration.services.running import query

pytestmark = [pytest.mark.broker, pytest.mark.database]

_COMPLETED = "SELECT day FROM invoicing.billing_run WHERE completed_at IS NOT NULL ORDER BY day"


def test_nothing_is_run_before_a_person_made_the_first_run(config: Config) -> None:
    assert asyncio.run(DailyRuns(config).catch_up(asyncio.Event())) == 0
    assert query(config.database, _COMPLETED) == []


def test_every_day_that_ended_since_the_last_run_is_closed_once(config: Config) -> None:
    last_ended = datetime.now(ZoneInfo("Etc/GMT+12")).date() - timedelta(days=1)
    asyncio.run(run_day(config.database, config.broker, last_ended - timedelta(days=2), Options()))
    assert asyncio.run(DailyRuns(config).catch_up(asyncio.Event())) == 2
    assert query(config.database, _COMPLETED) == [(last_ended - timedelta(days=back),) for back in (2, 1, 0)]
    assert asyncio.run(DailyRuns(config).catch_up(asyncio.Event())) == 0


def test_a_worker_that_stops_begins_no_further_day(config: Config) -> None:
    asyncio.run(run_day(config.database, config.broker, date(2026, 1, 1), Options()))
    stopping = asyncio.Event()
    stopping.set()
    assert asyncio.run(DailyRuns(config).catch_up(stopping)) == 0
