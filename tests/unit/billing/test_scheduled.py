"""What is known to come of a subscription (rules R2.7, R2.9, R4.11, R4.14, R5.4, R5.5)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.billing.scheduled import (
    Scheduled,
    ScheduledConversion,
    ScheduledPlan,
    ScheduledPrice,
    ScheduledQuantity,
    ScheduledStatus,
    ScheduledTerm,
    scheduled,
)
from tests.billing_dsl import (
    Event,
    auto_renew,
    canceled,
    converted,
    of,
    ordered,
    price,
    seats,
    suspended,
)
from tests.projected_accounts import projected_account


def coming(*events: Event, on: str, sub: str = "sub-1") -> Scheduled | None:
    """What is scheduled on a day, of everything that has arrived."""
    return scheduled(projected_account(events, on, sub), date.fromisoformat(on))


def some(*events: Event, on: str, sub: str = "sub-1") -> Scheduled:
    found = coming(*events, on=on, sub=sub)
    assert found is not None
    return found


MONTHLY = ordered(5, on="2026-01-01")
YEARLY = ordered(5, "120.00", on="2026-01-01", term="P1Y")
IN_MONTHS = ordered(5, "120.00", on="2026-01-01", term="P1Y", billing_frequency="P1M")
THREE_YEARS = ordered(5, "3600.00", on="2026-01-01", term="P3Y", billing_frequency="P1M")
NEXT_TERM = of("NextTermScheduled", "2026-03-01", quantity=20)
# It is told in March and counts in June: the timeline is folded as far as that at once.
IN_JUNE = seats(9, on="2026-06-10", known="2026-03-02")


def test_nothing_is_scheduled_of_an_order_alone() -> None:
    assert coming(MONTHLY, on="2025-12-01") is None
    assert coming(MONTHLY, seats(8, on="2026-02-10"), on="2026-02-10") is None


def test_every_scheduled_total_is_shown_until_its_day() -> None:
    known = (YEARLY, IN_JUNE, seats(12, on="2026-08-01", known="2026-03-03"))
    in_june = ScheduledQuantity(9, date(2026, 6, 10))
    in_august = ScheduledQuantity(12, date(2026, 8, 1))

    assert some(*known, on="2026-06-09").quantities == (in_june, in_august)
    assert some(*known, on="2026-06-10").quantities == (in_august,)
    assert coming(*known, on="2026-08-01") is None


def test_of_two_totals_of_one_day_the_last_one_is_shown() -> None:
    known = (YEARLY, IN_JUNE, seats(7, on="2026-06-10", known="2026-03-03"))

    assert some(*known, on="2026-05-01").quantities == (ScheduledQuantity(7, date(2026, 6, 10)),)


def test_what_the_renewal_changes_stands_until_it_has_come() -> None:
    expected = ScheduledTerm(20, None, None, date(2027, 1, 1))

    assert some(YEARLY, NEXT_TERM, on="2026-03-01").next_term == expected
    assert some(YEARLY, NEXT_TERM, on="2026-12-31") == Scheduled((), (), (), expected, None, None, None)
    assert coming(YEARLY, NEXT_TERM, on="2027-01-01") is None


def test_it_is_shown_too_where_something_later_is_known() -> None:
    in_march = of("NextTermScheduled", "2026-03-01", quantity=7)

    found = some(MONTHLY, in_march, IN_JUNE, on="2026-03-15")

    assert found.next_term == ScheduledTerm(7, None, None, date(2026, 4, 1))
    assert found.quantities == (ScheduledQuantity(9, date(2026, 6, 10)),)


def test_a_next_term_of_another_length_is_shown_as_asked_with_or_without_a_list_price() -> None:
    asked = of("NextTermScheduled", "2026-03-01", term="P3Y", billing_frequency="P1Y")
    listed = price("2000.00", since="2026-01-01", term="P3Y", billing_frequency="P1Y")
    expected = ScheduledTerm(None, "P3Y", "P1Y", date(2027, 1, 1))

    for events in ([YEARLY, asked], [listed, YEARLY, asked]):
        assert some(*events, on="2026-03-01").next_term == expected
        assert some(*events, on="2026-03-01").billing_plan is None


@pytest.mark.parametrize(
    "takes_it_back",
    [
        of("NextTermDiscarded", "2026-03-05"),
        seats(6, on="2026-03-05"),
        converted("2026-03-05", "130.00"),
    ],
)
def test_an_instruction_that_fell_is_not_shown(takes_it_back: Event) -> None:
    assert some(YEARLY, NEXT_TERM, on="2026-03-04").next_term is not None
    assert coming(YEARLY, NEXT_TERM, takes_it_back, on="2026-03-05") is None


def test_an_edited_price_is_shown_as_what_a_licence_will_cost_a_cycle() -> None:
    edited = of("PricingEdited", "2026-06-01", unit_price="114.00", applies="next_term")
    expected = ScheduledPrice(Decimal("9.50"), None, date(2027, 1, 1))

    assert some(IN_MONTHS, edited, on="2026-06-01").price == expected
    assert coming(IN_MONTHS, edited, on="2027-01-01") is None


def test_an_edited_rule_counts_from_the_next_cycle_where_there_is_no_billing_plan() -> None:
    edited = of("PricingEdited", "2026-06-10", pricing={"rule": "discount", "rate": "0.10"}, applies="next_term")

    assert some(MONTHLY, edited, on="2026-06-10").price == ScheduledPrice(Decimal("9.00"), None, date(2026, 7, 1))


def test_a_price_that_counts_at_once_waits_for_nothing() -> None:
    edited = of("PricingEdited", "2026-06-10", unit_price="9.00", applies="current_cycle")

    assert coming(MONTHLY, edited, on="2026-06-10") is None


def test_activated_protection_is_shown_with_its_end() -> None:
    activated = of("PriceProtectionActivated", "2026-06-10")

    found = some(MONTHLY, activated, on="2026-06-10")

    assert found.price == ScheduledPrice(Decimal("10.00"), date(2027, 1, 1), date(2026, 7, 1))


def test_protection_of_a_price_that_was_set_by_hand_comes_to_nothing() -> None:
    by_hand = ordered(5, on="2026-01-01", user_price=True)

    assert coming(by_hand, of("PriceProtectionActivated", "2026-06-10"), on="2026-06-10") is None


def test_a_rule_counts_even_where_the_protected_price_beside_it_has_no_effect() -> None:
    protected = ordered(5, on="2026-01-01", price_protection_months=1)
    by_hand = of("PricingEdited", "2026-05-01", unit_price="8.00", applies="current_cycle")
    edited = of(
        "PricingEdited", "2026-06-10", protected_price="9.00", pricing={"rule": "discount", "rate": "0.50"},
        applies="next_term",
    )  # fmt: skip

    found = some(protected, by_hand, edited, on="2026-06-10")

    assert found.price == ScheduledPrice(Decimal("4.00"), None, date(2026, 7, 1))


def test_another_billing_plan_is_shown_until_its_first_charge() -> None:
    switched = of("BillingPlanChanged", "2026-03-10", billing_frequency="P1Y")

    expected = ScheduledPlan("P1Y", date(2026, 4, 1))

    assert some(THREE_YEARS, switched, on="2026-03-31").billing_plan == expected
    assert coming(THREE_YEARS, switched, on="2026-04-01") is None


def test_a_scheduled_conversion_is_one_thing_with_its_seats() -> None:
    upgrade = converted("2026-03-01", "30.00", quantity=7, effective_at="2026-05-01")

    found = some(MONTHLY, upgrade, on="2026-03-01")

    assert found.conversions == (ScheduledConversion("suite", 7, "P1M", "P1M", Decimal("30.00"), date(2026, 5, 1)),)
    assert found.quantities == ()
    assert coming(MONTHLY, upgrade, on="2026-05-01") is None


def test_a_conversion_that_keeps_the_seats_says_no_quantity() -> None:
    upgrade = converted("2026-03-01", "30.00", effective_at="2026-05-01", term="P1Y", billing_frequency="P1M")

    (found,) = some(MONTHLY, upgrade, on="2026-03-01").conversions

    assert (found.quantity, found.term, found.billing_frequency) == (None, "P1Y", "P1M")
    assert found.unit_price == Decimal("2.50")


def test_a_scheduled_suspension_is_shown_until_its_day() -> None:
    later = of("SubscriptionSuspended", "2026-03-01", effective_at="2026-05-10")

    assert some(MONTHLY, later, on="2026-03-01").statuses == (ScheduledStatus("suspended", date(2026, 5, 10)),)
    assert coming(MONTHLY, later, on="2026-05-10") is None
    assert coming(MONTHLY, suspended(on="2026-03-01"), on="2026-03-01") is None


@pytest.mark.parametrize(
    ("ending", "last_day"),
    [
        (canceled(on="2026-03-10", mode="end_of_cycle"), "2026-03-31"),
        (canceled(on="2026-05-10", known="2026-03-10"), "2026-05-09"),
        (auto_renew(False, on="2026-03-10"), "2026-03-31"),
    ],
)
def test_the_last_day_is_shown_until_it_is_over(ending: Event, last_day: str) -> None:
    last = date.fromisoformat(last_day)

    assert some(MONTHLY, ending, on="2026-03-10").last_day == last
    assert some(MONTHLY, ending, on=last_day).last_day == last
    assert coming(MONTHLY, ending, on=date.fromordinal(last.toordinal() + 1).isoformat()) is None


def test_an_add_on_ends_with_what_it_belongs_to() -> None:
    add_on = ordered(1, on="2026-02-01", sub="sub-2", parent_subscription_id="sub-1")
    ending = canceled(on="2026-03-10", mode="end_of_cycle")

    assert some(MONTHLY, add_on, ending, on="2026-03-10", sub="sub-2").last_day == date(2026, 3, 31)


def test_what_would_come_after_the_end_is_not_shown() -> None:
    edited = of("PricingEdited", "2026-03-01", unit_price="9.00", applies="next_term")
    ending = canceled(on="2026-03-10", mode="end_of_cycle")

    found = some(MONTHLY, edited, ending, on="2026-03-10")

    assert (found.price, found.last_day) == (None, date(2026, 3, 31))
