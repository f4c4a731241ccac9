"""When the rows of a subscription change by the passing of time alone (rules R1.9, R5.8)."""

from __future__ import annotations

from datetime import date

import pytest

from shared.billing.state import next_change, next_charge
from tests.billing_dsl import (
    Event,
    auto_renew,
    canceled,
    customer_changed,
    ordered,
    reseller_changed,
    seats,
)
from tests.projected_accounts import projected_account


def changes(*events: Event, on: str) -> str | None:
    day = next_change(projected_account(events, on), date.fromisoformat(on))
    return None if day is None else day.isoformat()


YEARLY = ordered(5, "120.00", on="2025-01-01", term="P1Y")
EXPIRES = (ordered(5, on="2025-01-10", anchor="order_day"), auto_renew(False, on="2025-01-20"))


@pytest.mark.parametrize(
    ("events", "on", "then"),
    [
        pytest.param([ordered(5, on="2025-01-20")], "2025-01-15", "2025-01-20", id="it begins"),
        pytest.param([ordered(5, on="2025-01-15")], "2025-01-20", "2025-02-01", id="a cycle ends"),
        pytest.param([ordered(5, on="2025-01-15", trial_until="2025-01-25")], "2025-01-20", "2025-01-25", id="a trial"),
        pytest.param(EXPIRES, "2025-01-25", "2025-02-10", id="it expires"),
        pytest.param(EXPIRES, "2025-02-10", "2025-03-12", id="it is disabled"),
        pytest.param(EXPIRES, "2025-03-12", "2025-06-10", id="it is deleted"),
        pytest.param(EXPIRES, "2025-06-10", None, id="nothing more comes"),
        pytest.param([YEARLY, seats(6, on="2025-03-10")], "2025-03-15", "2025-04-01", id="a partial charge is due"),
        pytest.param([YEARLY, seats(6, on="2025-03-10")], "2025-04-01", "2026-01-01", id="and then the next year is"),
        pytest.param(
            [ordered(1, on="2025-01-01", charge="one_time", reseller="res-1"), reseller_changed(on="2025-03-05")],
            "2025-01-01", "2025-03-05", id="what has arrived becomes known",
        ),
    ],
)  # fmt: skip
def test_rows_change_on_the_day(events: list[Event], on: str, then: str | None) -> None:
    assert changes(*events, on=on) == then


def test_the_next_charge_is_another_one_when_a_partial_charge_falls_due_in_a_long_cycle() -> None:
    dues = []
    for day in ("2025-03-15", "2025-04-01"):
        charge = next_charge(projected_account([YEARLY, seats(6, on="2025-03-10")], day), date.fromisoformat(day))
        assert charge is not None
        dues.append(charge.due.isoformat())

    assert dues == ["2025-04-01", "2026-01-01"]


def test_an_add_on_changes_when_something_becomes_known_of_what_its_parent_belongs_to() -> None:
    events = (
        ordered(1, on="2025-01-01", sub="base"),
        ordered(1, on="2025-01-01", sub="middle", customer="cus-2", parent_subscription_id="base"),
        ordered(1, on="2025-01-01", sub="sub-1", customer="cus-3", charge="one_time", parent_subscription_id="middle"),
        customer_changed(on="2025-02-01", billing_day=15),
        canceled(on="2025-03-10", sub="base"),
    )

    assert changes(*events, on="2025-01-15") == "2025-02-01"
    assert changes(*events, on="2025-02-15") == "2025-03-10"
