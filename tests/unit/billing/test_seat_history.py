"""The active seats of a subscription from day to day (R5.8): what a chart of many is added up from."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shared.billing.account import account_on
from shared.billing.masterdata import MasterData
from shared.billing.seat_history import seat_history
from shared.billing.state import status_on
from tests.billing_dsl import Event, canceled, facts_from, ordered, reactivated, seats, suspended

UNTIL = date(2025, 6, 1)


def history(*events: Event, until: date = UNTIL) -> list[tuple[str, int, int]]:
    facts = facts_from(events)
    own = [fact for fact in facts if fact.scope == "subscription"]
    account = account_on("sub-1", own, MasterData.of(facts), until)
    assert account is not None
    found = seat_history(account, until)
    # Whatever the days in it: on each day what it says is what is active.
    for days in range(120):
        day = until - timedelta(days)
        said = next((one.seats for one in reversed(found) if one.on <= day), 0)
        assert said == (account.timeline.quantity_on(day) if status_on(account, day) == "active" else 0)
    return [(one.on.isoformat(), one.seats, one.change) for one in found]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([], [("2025-03-01", 5, 5)], id="ordered"),
        pytest.param([seats(8, on="2025-03-10")], [("2025-03-01", 5, 5), ("2025-03-10", 8, 3)], id="more"),
        pytest.param(
            [suspended(on="2025-04-01"), seats(8, on="2025-04-05"), reactivated(on="2025-04-10")],
            [("2025-03-01", 5, 5), ("2025-04-01", 0, -5), ("2025-04-10", 8, 8)], id="none while it is suspended",
        ),
        pytest.param([canceled(on="2025-04-01")], [("2025-03-01", 5, 5), ("2025-04-01", 0, -5)], id="none afterwards"),
    ],
)  # fmt: skip
def test_active_seats(events: list[Event], expected: list[tuple[str, int, int]]) -> None:
    assert history(ordered(5, on="2025-03-01"), *events) == expected


def test_what_is_still_to_come_is_not_in_it() -> None:
    events = [ordered(5, on="2025-03-01"), seats(8, on="2025-05-01", known="2025-03-10")]

    assert history(*events, until=date(2025, 4, 1)) == [("2025-03-01", 5, 5)]
