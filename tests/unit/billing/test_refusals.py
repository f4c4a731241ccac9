"""What the rules refuse, with the whole sentence that people read."""

from __future__ import annotations

import pytest

from tests.billing_dsl import (
    Event,
    Json,
    given,
    of,
    ordered,
    seats,
)

INSTALLMENTS: Json = {"term": "P1Y", "billing_frequency": "P1M"}
THREE_YEARS: Json = {"term": "P3Y", "billing_frequency": "P1M"}
BY_MARGIN: Json = {"rule": "margin", "rate": "0.2"}


def converted(**stated: object) -> Event:
    return of("SubscriptionConverted", "2025-03-10", **{"product": {"id": "suite"}, "unit_price": "20.00", **stated})


def edited(**fields: object) -> Event:
    return of("PricingEdited", "2025-03-10", **{"applies": "next_term", **fields})


def next_term(**fields: object) -> Event:
    return of("NextTermScheduled", "2025-03-10", **fields)


def plan_changed(to: str) -> Event:
    return of("BillingPlanChanged", "2025-03-10", billing_frequency=to)


ONE_TIME_CONVERTED = "subscription sub-1: nothing is converted from or to a one-time charge: place a new order"
ONLY_P3Y = (
    "the billing plan of subscription sub-1 cannot be changed to {}: only a term of P3Y that is billed monthly or "
    "annually changes to the other of the two; convert the subscription instead"
)
FREE_ONLY = (
    "item sub-1: a free period is only for monthly prepaid products on the billing day: leave free_period out, or make "
    "term and billing_frequency P1M, charge upfront and anchor billing_day"
)
NOT_IN_THE_FIRST_TERM = (
    "subscription sub-1: custom_end 2026-03-10 does not lie in the first term, 2025-03-10 to 2026-03-09: "
    "choose a day of it"
)
NOT_AFTER_THE_TRIAL = (
    "subscription sub-1: custom_end 2025-03-15 does not lie in the first term, 2025-03-20 to 2026-03-19: "
    "choose a day of it"
)
NO_ARREARS = "arrears cannot be combined with installments: make billing_frequency the term"
NEEDS_COST = "a margin needs the cost it is reckoned from: give unit_cost"
DOES_NOT_DIVIDE = "{} sub-1: billing_frequency {} does not divide the term {}: choose one that does"
INACTIVE = "a next term can be scheduled only for an active subscription: reactivate sub-1 first"
NO_RENEWAL = "a next term can be scheduled only where the term renews: turn auto-renew of sub-1 on first"


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({"charge": "arrears", **INSTALLMENTS}, f"item sub-1: {NO_ARREARS}, or charge upfront"),
        ({"pricing": BY_MARGIN}, f"item sub-1: {NEEDS_COST}"),
        ({"term": "P3M", "billing_frequency": "P2M"}, DOES_NOT_DIVIDE.format("item", "P2M", "P3M")),
        ({"term": "P1M", "billing_frequency": "P1Y"}, DOES_NOT_DIVIDE.format("item", "P1Y", "P1M")),
        ({"free_period": True, "term": "P1Y"}, FREE_ONLY),
        ({"free_period": True, "charge": "arrears"}, FREE_ONLY),
        ({"free_period": True, "anchor": "order_day"}, FREE_ONLY),
        (
            {"charge": "one_time", "trial_until": "2025-03-10"},
            "item sub-1: a one-time charge has neither a trial nor a custom_end: leave them out",
        ),
        (
            {"charge": "one_time", "custom_end": "2025-03-10"},
            "item sub-1: a one-time charge has neither a trial nor a custom_end: leave them out",
        ),
        (
            {"trial_until": "2025-02-28"},
            "item sub-1: trial_until 2025-02-28 lies before the start on 2025-03-01: date it after the start",
        ),
        (
            {"term": "P1Y", "custom_end": "2025-02-28"},
            "item sub-1: custom_end 2025-02-28 does not lie in the first term, 2025-03-01 to 2026-02-28: "
            "choose a day of it",
        ),
        (
            {"term": "P1Y", "custom_end": "2026-03-01"},
            "item sub-1: custom_end 2026-03-01 does not lie in the first term, 2025-03-01 to 2026-02-28: "
            "choose a day of it",
        ),
        (
            {"term": "P1Y", "trial_until": "2025-04-01", "custom_end": "2025-03-31"},
            "item sub-1: custom_end 2025-03-31 does not lie in the first term, 2025-04-01 to 2026-03-31: "
            "choose a day of it",
        ),
    ],
)
def test_an_order_that_is_refused(order: Json, sentence: str) -> None:
    assert [one["reason"] for one in given(ordered(1, on="2025-03-01", **order)).refused()] == [sentence]


@pytest.mark.parametrize(
    "order",
    [
        {"charge": "one_time"},
        {"trial_until": "2025-03-01"},
        {"term": "P1Y", "custom_end": "2025-03-01"},
        {"term": "P1Y", "custom_end": "2026-02-28"},
        {"pricing": BY_MARGIN, "unit_cost": "5.00"},
        {"pricing": {"rule": "discount", "rate": "0.1"}},
    ],
)
def test_an_order_at_the_edge_of_what_is_allowed(order: Json) -> None:
    assert given(ordered(1, on="2025-03-01", **order)).refused() == []


@pytest.mark.parametrize(
    ("order", "refused", "sentence"),
    [
        ({"charge": "one_time"}, converted(), ONE_TIME_CONVERTED),
        ({"charge": "one_time"}, converted(term="P1M", billing_frequency="P1Y"), ONE_TIME_CONVERTED),
        ({}, converted(charge="one_time"), ONE_TIME_CONVERTED),
        ({"charge": "one_time"}, converted(charge="upfront"), ONE_TIME_CONVERTED),
        (
            {}, converted(charge="arrears", **INSTALLMENTS),
            f"subscription sub-1: {NO_ARREARS}, or charge upfront",
        ),
        (INSTALLMENTS, converted(charge="arrears"), f"subscription sub-1: {NO_ARREARS}, or charge upfront"),
        ({}, converted(pricing=BY_MARGIN), f"subscription sub-1: {NEEDS_COST}"),
        (
            {}, converted(trial_until="2025-04-01"),
            "subscription sub-1 is paid already and has no trial to end: leave trial_until out",
        ),
        ({}, converted(term="P3M", billing_frequency="P2M"), DOES_NOT_DIVIDE.format("subscription", "P2M", "P3M")),
        (
            {"nce": True, "term": "P1Y"}, converted(term="P1M"),
            "subscription sub-1: a term of P1Y cannot be cut to P1M while it runs: schedule the shorter one for the "
            "next term instead",
        ),
        ({}, edited(), "nothing is edited of subscription sub-1: give unit_price, pricing or protected_price"),
        (
            {"charge": "one_time"}, edited(unit_price="9.00"),
            "subscription sub-1 is a one-time charge that is billed already: its price cannot be edited; place a "
            "new order",
        ),
        (
            INSTALLMENTS, edited(unit_price="9.00", applies="current_cycle"),
            "subscription sub-1 has a billing plan, and running installments keep their price: edit that of the next "
            "term instead (applies: next_term)",
        ),
        (
            {}, edited(protected_price="9.00"),
            "subscription sub-1 has no price protection that protected_price could change: edit unit_price, or "
            "activate protection first",
        ),
        ({}, edited(pricing=BY_MARGIN), f"subscription sub-1: {NEEDS_COST}"),
        (
            {"product": {"id": "office", "vendor": "panda"}}, of("PriceProtectionActivated", "2025-03-10"),
            "price protection can be activated for Microsoft subscriptions, and subscription sub-1 is of panda: "
            "leave it without",
        ),
        (
            {"charge": "arrears"}, of("PriceProtectionActivated", "2025-03-10"),
            "price protection is for prepaid recurring subscriptions, and subscription sub-1 is charged in arrears: "
            "leave it without",
        ),
        (
            {"charge": "one_time"}, of("PriceProtectionActivated", "2025-03-10"),
            "price protection is for prepaid recurring subscriptions, and subscription sub-1 is charged once: "
            "leave it without",
        ),
        ({}, converted(term="P1Y", custom_end="2026-03-10"), NOT_IN_THE_FIRST_TERM),
        ({"trial_until": "2025-03-20"}, converted(term="P1Y", custom_end="2025-03-15"), NOT_AFTER_THE_TRIAL),
        ({}, plan_changed("P1Y"), ONLY_P3Y.format("P1Y")),
        (INSTALLMENTS, plan_changed("P1Y"), ONLY_P3Y.format("P1Y")),
        ({"term": "P3Y", "billing_frequency": "P3M"}, plan_changed("P1Y"), ONLY_P3Y.format("P1Y")),
        (THREE_YEARS, plan_changed("P3M"), ONLY_P3Y.format("P3M")),
        (THREE_YEARS, plan_changed("P3Y"), ONLY_P3Y.format("P3Y")),
        (
            THREE_YEARS, plan_changed("P1M"),
            "subscription sub-1 is billed every P1M already: there is nothing to change",
        ),
        (
            {"charge": "one_time"}, next_term(quantity=2),
            "subscription sub-1 is a one-time charge and has no next term: place a new order",
        ),
        (
            {}, next_term(),
            "nothing is scheduled for the next term of sub-1: give quantity, term or billing_frequency",
        ),
        (
            {}, next_term(quantity=0),
            "a next term of 0 seats is a cancellation: cancel subscription sub-1 at the end of its term instead",
        ),
        ({}, next_term(term="P3M", billing_frequency="P2M"), DOES_NOT_DIVIDE.format("subscription", "P2M", "P3M")),
        ({}, next_term(billing_frequency="P1Y"), DOES_NOT_DIVIDE.format("subscription", "P1Y", "P1M")),
        (INSTALLMENTS, next_term(billing_frequency="P5M"), DOES_NOT_DIVIDE.format("subscription", "P5M", "P1Y")),
        (
            {"term": "P1Y", "billing_frequency": "P6M"}, next_term(term="P1M"),
            DOES_NOT_DIVIDE.format("subscription", "P6M", "P1M"),
        ),
        (
            {"charge": "arrears", "term": "P1Y"}, next_term(billing_frequency="P1M"),
            f"subscription sub-1: {NO_ARREARS}",
        ),
        ({"charge": "arrears"}, next_term(term="P1Y", billing_frequency="P1M"), f"subscription sub-1: {NO_ARREARS}"),
        (
            {}, of("NextTermDiscarded", "2025-03-10"),
            "nothing is scheduled for the next term of sub-1: there is nothing to discard",
        ),
        (
            {"charge": "one_time"}, seats(2, on="2025-03-10"),
            "subscription sub-1 is a one-time charge and has no seats to change: place a new order",
        ),
        ({}, seats(0, on="2025-03-10"), "a quantity of 0 is not a change of seats: cancel subscription sub-1 instead"),
        (
            INSTALLMENTS, seats(2, on="2025-03-20", known="2025-03-10"),
            "subscription sub-1: scheduled for 2025-03-20, but with a billing plan a change of seats is executed "
            "immediately: leave effective_at out, or schedule the next term with that quantity",
        ),
        (
            {}, seats(2, on="2025-02-20"),
            "dated before subscription sub-1 starts: date it on or after the start",
        ),
        (
            {}, ordered(1, on="2025-03-10"),
            "subscription sub-1 exists already: give the new one an id of its own",
        ),
    ],
)  # fmt: skip
def test_a_fact_that_is_refused(order: Json, refused: Event, sentence: str) -> None:
    assert given(ordered(1, on="2025-03-01", **order), refused).refused() == [
        {"id": "2", "type": refused["type"], "reason": sentence}
    ]


@pytest.mark.parametrize(
    ("order", "accepted"),
    [
        (INSTALLMENTS, seats(2, on="2025-03-05", known="2025-03-10")),
        (INSTALLMENTS, seats(2, on="2025-03-10T08:00:00Z")),
        ({"nce": True, "term": "P1Y"}, converted(term="P1Y")),
        ({"nce": True, "term": "P1Y"}, converted(term="P3Y")),
        ({"term": "P1Y"}, converted(term="P1M")),
        ({"product": {"id": "office", "vendor": "microsoft"}}, of("PriceProtectionActivated", "2025-03-10")),
        (THREE_YEARS, plan_changed("P1Y")),
        ({"term": "P3Y", "billing_frequency": "P1Y"}, plan_changed("P1M")),
        ({}, next_term(quantity=1)),
        ({"charge": "arrears"}, next_term(quantity=2)),
        ({"charge": "arrears"}, next_term(term="P1Y")),
        ({}, next_term(term="P1Y")),
        (INSTALLMENTS, next_term(term="P3Y")),
        (INSTALLMENTS, next_term(billing_frequency="P1Y")),
        ({"price_protection_months": 6}, edited(protected_price="9.00")),
        ({}, edited(unit_price="9.00", applies="current_cycle")),
    ],
)
def test_a_fact_at_the_edge_of_what_is_allowed(order: Json, accepted: Event) -> None:
    assert given(ordered(1, on="2025-03-01", **order), accepted).refused() == []
