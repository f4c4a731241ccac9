"""Totals do not depend on when runs happen (rule R0.6)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as each
from hypothesis import strategies as st

from tests.billing_dsl import Outcome
from tests.strategies.billing import END, FIRST_START, Life, lives
from tests.strategies.examples import examples

DAYS = [FIRST_START + timedelta(days=n) for n in range((END - FIRST_START).days + 1)]
MONTHLY = [day.isoformat() for day in DAYS if day.day == 1] + [END.isoformat()]


def net(outcome: Outcome) -> Decimal:
    """Charged less credited."""
    signs = {"invoice": 1, "credit_note": -1}
    return sum((signs[document["kind"]] * Decimal(document["net"]) for document in outcome.json), Decimal(0))


@pytest.mark.parametrize("rounding", ["unit", "line"])
def test_runs_daily_monthly_or_once_at_the_end_give_the_same_net(rounding: str) -> None:
    @examples
    @each(lives(), st.lists(st.sampled_from(DAYS), max_size=6))
    def check(life: Life, some: list[date]) -> None:
        history = life.events.under(rounding=rounding)
        daily = history.until(END.isoformat())
        assert daily.rejected == []
        for runs in (MONTHLY, [END.isoformat()], [day.isoformat() for day in (*some, END)]):
            assert net(history.until(END.isoformat(), runs=runs)) == net(daily)

    check()
