"""Which days the timer runs: those that have ended in every time zone since the last completed run."""

from datetime import UTC, date, datetime
from pathlib import Path

from services.invoicing.timers import days_to_run, timers
from shared.store.config import Config


def test_a_day_is_run_once_it_has_ended_at_the_last_place_on_earth() -> None:
    last = date(2026, 1, 30)
    assert list(days_to_run(last, datetime(2026, 2, 1, 11, 59, 59, tzinfo=UTC))) == []
    assert list(days_to_run(last, datetime(2026, 2, 1, 12, 0, tzinfo=UTC))) == [date(2026, 1, 31)]


def test_days_that_were_missed_are_run_oldest_first() -> None:
    due = days_to_run(date(2026, 2, 26), datetime(2026, 3, 2, 13, 0, tzinfo=UTC))
    assert list(due) == [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]


def test_a_last_run_in_the_future_leaves_nothing_to_do() -> None:
    assert list(days_to_run(date(2027, 1, 1), datetime(2026, 3, 2, tzinfo=UTC))) == []


def test_daily_runs_are_off_unless_asked_for(tmp_path: Path) -> None:
    config = Config(database="", broker="", home=tmp_path)
    assert timers(config) == ()
    assert [timer.name for timer in timers(config.model_copy(update={"daily_runs": True}))] == ["daily runs"]
