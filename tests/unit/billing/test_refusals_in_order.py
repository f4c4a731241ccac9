"""What the rules refuse because of what came before, with the whole sentence that people read."""

from __future__ import annotations

import pytest

from tests.billing_dsl import (
    Event,
    Json,
    auto_renew,
    canceled,
    event,
    given,
    imported,
    of,
    ordered,
    product_defined,
    reactivated,
    seats,
    suspended,
)

INSTALLMENTS: Json = {"term": "P1Y", "billing_frequency": "P1M"}
BY_MARGIN: Json = {"rule": "margin", "rate": "0.2"}


def next_term(**fields: object) -> Event:
    return of("NextTermScheduled", "2025-03-10", **fields)


NO_ARREARS = "arrears cannot be combined with installments: make billing_frequency the term"
NEEDS_COST = "a margin needs the cost it is reckoned from: give unit_cost"
INACTIVE = "a next term can be scheduled only for an active subscription: reactivate sub-1 first"
NO_RENEWAL = "a next term can be scheduled only where the term renews: turn auto-renew of sub-1 on first"


@pytest.mark.parametrize(
    ("before", "refused", "sentence"),
    [
        ([suspended(on="2025-03-05")], next_term(quantity=2), INACTIVE),
        ([of("ProvisioningFailed", "2025-03-05")], next_term(quantity=2), INACTIVE),
        ([of("SubscriptionProvisioned", "2025-03-03"), of("ProvisioningFailed", "2025-03-05")],
         next_term(quantity=2), INACTIVE),
        ([auto_renew(False, on="2025-03-05")], next_term(quantity=2), NO_RENEWAL),
        ([canceled(on="2025-03-05", mode="end_of_term")], next_term(quantity=2), NO_RENEWAL),
        ([canceled(on="2025-03-05")], seats(2, on="2025-03-05"),
         "dated 2025-03-05, after subscription sub-1 was canceled with effect from 2025-03-05: date it before that "
         "day, or place a new order"),
        ([canceled(on="2025-03-05")], seats(2, on="2025-03-20"),
         "dated 2025-03-20, after subscription sub-1 was canceled with effect from 2025-03-05: date it before that "
         "day, or place a new order"),
        ([auto_renew(False, on="2025-03-05")], seats(2, on="2025-04-01"),
         "dated 2025-04-01, after subscription sub-1 expired with effect from 2025-04-01: date it before that day, "
         "or place a new order"),
        ([next_term(quantity=2), of("NextTermDiscarded", "2025-03-11")], of("NextTermDiscarded", "2025-03-12"),
         "nothing is scheduled for the next term of sub-1: there is nothing to discard"),
    ],
)  # fmt: skip
def test_a_fact_that_comes_too_late(before: list[Event], refused: Event, sentence: str) -> None:
    assert [one["reason"] for one in given(ordered(1, on="2025-03-01"), *before, refused).refused()] == [sentence]


@pytest.mark.parametrize(
    "before",
    [
        [suspended(on="2025-03-05"), reactivated(on="2025-03-06")],
        [of("ProvisioningFailed", "2025-03-05"), of("SubscriptionProvisioned", "2025-03-06")],
        [suspended(on="2025-03-20")],
    ],
)
def test_what_is_active_again_or_still_can_have_a_next_term(before: list[Event]) -> None:
    assert given(ordered(1, on="2025-03-01"), *before, next_term(quantity=2)).refused() == []


def test_a_fact_of_an_order_that_was_refused_says_why_it_was() -> None:
    result = given(ordered(1, on="2025-03-01", pricing=BY_MARGIN), seats(2, on="2025-03-10")).until("2025-04-01")

    assert [one["reason"] for one in result.rejected] == [
        f"item sub-1: {NEEDS_COST}",
        f"subscription sub-1 does not exist, because its order was refused: item sub-1: {NEEDS_COST}",
    ]


def test_an_order_that_comes_again_rightly_is_accepted() -> None:
    result = given(
        ordered(1, on="2025-03-01", pricing=BY_MARGIN), seats(2, on="2025-03-10"), ordered(1, on="2025-03-05")
    ).until("2025-04-01")

    assert [one["id"] for one in result.rejected] == ["1"]
    assert result.subscription["quantity"] == 2


def test_only_the_first_order_founds_a_subscription_and_what_it_says_stands() -> None:
    refused = ordered(1, on="2025-03-10", pricing=BY_MARGIN)
    result = given(ordered(1, on="2025-03-01"), refused, seats(2, on="2025-03-20")).until("2025-04-01")

    assert [one["reason"] for one in result.rejected] == [
        "subscription sub-1 exists already: give the new one an id of its own"
    ]
    assert result.subscription["quantity"] == 2


def test_a_refusal_names_its_event() -> None:
    refused = {**seats(0, on="2025-03-10"), "id": "change-7", "source": "urn:shop"}
    (rejected,) = given(ordered(1, on="2025-03-01"), refused).until("2025-04-01").simulation.rejected

    assert (rejected.source, rejected.id, rejected.type) == ("urn:shop", "change-7", "LicensesChanged")


def test_an_import_can_be_changed_from_its_own_start_on() -> None:
    result = given(imported(5, started="2025-02-10", billed_from="2025-03-01"), seats(6, on="2025-02-01")).until(
        "2025-03-01"
    )

    assert result.reason == "dated before subscription sub-1 starts: date it on or after the start"


def test_in_installments_by_default_of_the_product_arrears_are_refused_too() -> None:
    defined = product_defined(on="2025-01-01", **INSTALLMENTS)

    result = given(defined, ordered(1, on="2025-03-01", charge="arrears")).until("2025-04-01")

    assert result.reason == f"item sub-1: {NO_ARREARS}, or charge upfront"


def test_a_window_that_is_set_holds_from_when_it_is_known() -> None:
    window = {"scope": "product", "scope_id": "office", "key": "change_window_hours", "value": 24,
              "effective_from": "2025-03-01"}  # fmt: skip
    bought, fewer = ordered(9, on="2025-03-08T12:00:00Z", nce=True), seats(7, on="2025-03-10T12:00:00Z")

    in_time = given(bought, event("SettingChanged", "2025-03-10", window), fewer)
    too_late = given(bought, event("SettingChanged", "2025-03-11", window), fewer)

    assert [one["reason"] for one in in_time.refused()] == [
        "a reduction of subscription sub-1 by 2 on 2025-03-10 is too late: 0 were bought or renewed so recently "
        "that they can be given back, the window of the others closed on 2025-03-09 at 12:00 UTC; "
        "schedule the next term with fewer seats instead"
    ]
    assert too_late.refused() == []


def test_what_is_discarded_is_not_renewed_with() -> None:
    discarded = of("NextTermDiscarded", "2025-03-12")

    history = given(ordered(1, on="2025-03-01"), next_term(quantity=2), discarded, seats(3, on="2025-04-10"))

    assert history.refused() == []
    assert history.until("2025-04-09").subscription["quantity"] == 1


def test_a_change_of_plan_is_taken_back_by_its_opposite() -> None:
    three_years = ordered(1, "3600.00", on="2025-03-01", term="P3Y", billing_frequency="P1M")
    to_years, to_months = (
        of("BillingPlanChanged", f"2025-03-{day}", billing_frequency=frequency)
        for day, frequency in ((10, "P1Y"), (11, "P1M"))
    )

    result = given(three_years, to_years, to_months).until("2025-05-01")

    assert (result.rejected, result.totals[-1]) == ([], "2025-05-01 invoice 100.00")
