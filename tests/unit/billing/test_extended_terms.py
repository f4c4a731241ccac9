"""What people see of a term that is extended month by month, while the billing day moves (rules R5.8, R0.12)."""

from __future__ import annotations

import pytest

from tests.billing_dsl import auto_renew, customer_changed, given, ordered

EXTENDED = given(
    ordered(1, "120.00", on="2025-06-01", term="P1Y", nce=True, anchor="billing_day"),
    auto_renew(False, on="2025-07-01"),
    customer_changed(on="2026-07-10", billing_day=15),
)


@pytest.mark.parametrize(
    ("day", "term"),
    [
        pytest.param("2026-07-20", ("2026-07-01", "2026-07-31"), id="a month of before"),
        pytest.param("2026-08-20", ("2026-08-15", "2026-09-14"), id="the first month on the new day"),
        pytest.param("2026-09-20", ("2026-09-15", "2026-10-14"), id="the second"),
    ],
)
def test_each_month_of_it_is_a_term(day: str, term: tuple[str, str]) -> None:
    (state,) = EXTENDED.until(day).simulation.subscriptions

    assert (state.term_start.isoformat(), state.term_end.isoformat()) == term


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        pytest.param("2026-07-01/2026-07-01", ["R0.10", "R5.8"], id="a month"),
        pytest.param("2026-08-01/2026-08-01", ["R0.10", "R5.8", "R0.12", "R0.2"], id="the short cycle"),
        pytest.param("2026-08-15/2026-08-15", ["R0.10", "R5.8"], id="a month on the new day"),
    ],
)
def test_its_lines_name_the_rules(line: str, rules: list[str]) -> None:
    (found,) = [one for one in EXTENDED.until("2026-09-14").lines if one["line"] == f"sub-1/{line}"]

    assert found["why"]["rules"] == rules
