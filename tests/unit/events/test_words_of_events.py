"""What an event says in words and as JSON, and what is left out for whom it is not."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from shared.billing.blocks import CustomerBlock, ItemTerms, OrderItem, PricingRule, ProductRef, ResellerBlock
from shared.billing.facts import (
    AutoRenewChanged,
    BillingPlanChanged,
    Body,
    Fact,
    LicensesChanged,
    NextTermScheduled,
    OrderExecuted,
    PriceChanged,
    PricingEdited,
    SubscriptionCanceled,
    SubscriptionSuspended,
)
from shared.events.fact_shown import data_of, without_costs, without_reseller
from shared.events.fact_words import words_of

AT = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
MARKUP = (PricingRule("discount", Decimal("0.05")), PricingRule("markup", Decimal("0.10")))
ORDER = OrderExecuted(
    "ord-1", "EUR", CustomerBlock("cus-1"),
    OrderItem(
        "sub-1", ProductRef("office", "Office"), 5, Decimal("120.00"), unit_cost=Decimal("80.00"),
        terms=ItemTerms(term=12, billing_frequency=1, pricing=MARKUP),
    ),
    ResellerBlock("res-1", "Aegean"),
)  # fmt: skip


def fact(body: Body, scope: str = "subscription") -> Fact:
    return Fact("urn:test", "7", type(body).__name__, AT, scope, "sub-1", body)  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (ORDER, "Ordered with ord-1: 5 seats of Office at 120.00 EUR for one licence and 1 year, paid every month, "
                "less 5 %, cost plus 10 %"),
        (LicensesChanged(1, reason="left"), "1 seat from now on (left)"),
        (LicensesChanged(8, effective_at=date(2026, 3, 1), billing="none"),
         "8 seats from now on, billed from the next cycle, effective 2026-03-01"),
        (SubscriptionCanceled("end_of_term"), "Canceled to the end of the running term"),
        (SubscriptionSuspended(), "Suspended"),
        (AutoRenewChanged(False), "Does not renew any more: it ends with its term"),
        (BillingPlanChanged(12), "Paid every year from the next charge on"),
        (NextTermScheduled(quantity=3, term=36), "From the next term on: 3 seats, a term of 3 years"),
        (PricingEdited("next_term", unit_price=Decimal("9.50")),
         "Pricing edited from the next term on: price 9.50 for one licence and term"),
        (PriceChanged("EUR", Decimal("11.00"), date(2026, 6, 1), term=1),
         "List price 11.00 EUR for one licence and 1 month from 2026-06-01"),
    ],
    ids=lambda given: type(given).__name__ if not isinstance(given, str) else "",
)  # fmt: skip
def test_an_event_in_words(body: Body, words: str) -> None:
    assert words_of(fact(body)) == words


def test_the_json_is_named_as_in_the_event() -> None:
    data = data_of(fact(ORDER))

    item = data["item"]
    assert isinstance(item, dict)
    assert (item["term"], item["billing_frequency"], item["unit_price"]) == ("P1Y", "P1M", "120.00")
    assert "terms" not in item


def test_costs_and_what_they_could_be_reckoned_back_from_are_left_out() -> None:
    shown = without_costs(fact(ORDER))

    assert "cost" not in words_of(shown)
    assert "80.00" not in str(data_of(shown))
    assert "pricing" not in str(data_of(shown))
    # A discount says nothing of a cost.
    discount = PricingEdited("next_term", pricing=(PricingRule("discount", Decimal("0.05")),))
    assert without_costs(fact(discount)) == fact(discount)


@pytest.mark.parametrize(("viewer", "seen"), [("res-1", True), ("res-2", False), (None, False)])
def test_a_reseller_is_shown_to_itself(viewer: str | None, seen: bool) -> None:
    assert ("reseller" in data_of(without_reseller(fact(ORDER), viewer))) is seen
