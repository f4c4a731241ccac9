"""What answers and the command line say of what is scheduled."""

from __future__ import annotations

import pytest

from services.subscriptions.commands.bodies import (
    Cancel,
    ChangeQuantity,
    DiscardNextTerm,
    EditPricing,
    Request,
    ScheduleNextTerm,
)
from services.subscriptions.scheduled_table import scheduled_table
from tests.billing_dsl import of, ordered, seats
from tests.command_dsl import Known, known, state_after

NOTHING: dict[str, object] = {
    "quantities": [], "statuses": [], "conversions": [], "next_term": None, "price": None, "billing_plan": None,
    "last_day": None,
}  # fmt: skip
IN_MONTHS = ordered(8, "120.00", on="2026-01-01", term="P1Y", billing_frequency="P1M")


def monthly() -> Known:
    return known(ordered(8, on="2026-01-01"), at="2026-03-10")


@pytest.mark.parametrize(
    ("request_", "coming"),
    [
        (ScheduleNextTerm(quantity=20), {"next_term": {
            "quantity": 20, "term": None, "billing_frequency": None, "effective_from": "2026-04-01"}}),
        (ChangeQuantity(quantity=5, effective_at="2026-04-15"), {"quantities": [
            {"quantity": 5, "effective_from": "2026-04-15"}]}),
        (EditPricing(unit_price="9.00", applies="next_term"), {"price": {
            "unit_price": "9.00", "protected_until": None, "effective_from": "2026-04-01"}}),
        (Cancel(mode="end_of_cycle"), {"last_day": "2026-03-31"}),
    ],
)  # fmt: skip
def test_an_answer_says_what_is_scheduled(request_: Request, coming: dict[str, object]) -> None:
    assert state_after(monthly().when(request_))["scheduled"] == {**NOTHING, **coming}


def test_it_says_null_where_nothing_is() -> None:
    scheduled = known(IN_MONTHS, of("NextTermScheduled", "2026-03-01", quantity=20), at="2026-03-10")

    assert state_after(scheduled.when(DiscardNextTerm()))["scheduled"] is None
    assert state_after(monthly().when(ChangeQuantity(change=1)))["scheduled"] is None


def test_the_command_line_lists_it_by_day(capsys: pytest.CaptureFixture[str]) -> None:
    edited = of("PricingEdited", "2026-03-02", unit_price="9.00", applies="next_term")
    later = known(ordered(8, on="2026-01-01"), seats(5, on="2026-03-20", known="2026-03-01"), edited, at="2026-03-10")

    scheduled_table(state_after(later.when(ScheduleNextTerm(quantity=20)))["scheduled"])

    assert capsys.readouterr().out == (
        "Scheduled\n"
        "  day         what       to\n"
        "  2026-03-20  seats      quantity 5\n"
        "  2026-04-01  next term  quantity 20\n"
        "  2026-04-01  price      unit_price 9.00\n"
        "\n"
    )


def test_the_command_line_names_the_last_day_and_is_silent_where_nothing_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    scheduled_table(None)
    scheduled_table(state_after(monthly().when(Cancel(mode="end_of_cycle")))["scheduled"])

    assert capsys.readouterr().out == "Scheduled\n  day         what      to\n  2026-03-31  last day\n\n"
