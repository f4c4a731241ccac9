"""A command counts after what it is decided on, if clocks differ by no more than some minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.commands.clocks import after_all

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def later(**by: int) -> datetime:
    return NOW + timedelta(**by)


def test_what_is_past_shifts_nothing() -> None:
    assert after_all(NOW, []) == NOW
    assert after_all(NOW, [later(seconds=-1), later(days=-1)]) == NOW


def test_what_is_known_with_the_same_time_or_a_later_one_comes_before() -> None:
    assert after_all(NOW, [NOW]) == later(microseconds=1)
    assert after_all(NOW, [later(seconds=1), later(minutes=5), NOW]) == later(minutes=5, microseconds=1)


def test_what_is_told_of_a_time_further_ahead_is_for_that_time() -> None:
    assert after_all(NOW, [later(minutes=6), later(days=1)]) == NOW
    assert after_all(NOW, [later(days=1), later(seconds=1)]) == later(seconds=1, microseconds=1)
