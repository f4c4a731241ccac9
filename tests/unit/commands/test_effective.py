"""From when a change holds: now, later, or in the past for who may backdate."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.commands.effective import effective_of, needs_backdating
from shared.events.values import Moment

# Half past eleven in the evening of 15 January in London; in Athens it is the 16th.
NOW = datetime(2026, 1, 15, 23, 30, tzinfo=UTC)
ATHENS = ZoneInfo("Europe/Athens")
YESTERDAY, TODAY, TOMORROW = (date(2026, 1, day) for day in (15, 16, 17))


@pytest.mark.parametrize(
    ("asked", "said", "backdated"),
    [
        (None, None, False),
        (TODAY, None, False),
        (TOMORROW, TOMORROW, False),
        (YESTERDAY, YESTERDAY, True),
        (NOW, None, False),
        (NOW - timedelta(minutes=2), None, False),
        (NOW - timedelta(minutes=2, microseconds=1), NOW - timedelta(minutes=2, microseconds=1), True),
        (NOW + timedelta(microseconds=1), NOW + timedelta(microseconds=1), False),
        (NOW.astimezone(ATHENS), None, False),
    ],
)
def test_only_what_lies_before_now_is_the_past(asked: Moment | None, said: Moment | None, backdated: bool) -> None:
    assert effective_of(asked, NOW, ATHENS) == said
    assert needs_backdating(asked, NOW, ATHENS) is backdated


def test_who_may_backdate_means_the_midnight_of_today() -> None:
    assert effective_of(TODAY, NOW, ATHENS, may_backdate=True) == TODAY
