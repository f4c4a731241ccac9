"""Every command on a subscription in every state it can be in: what comes of it, or why nothing does."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.subscriptions.commands.bodies import (
    ActivateProtection,
    Cancel,
    ChangeBillingPlan,
    ChangeQuantity,
    Convert,
    DiscardNextTerm,
    EditPricing,
    Reactivate,
    Request,
    ScheduleNextTerm,
    SetAutoRenew,
    Suspend,
)
from tests.billing_dsl import Event, event, of, ordered
from tests.command_dsl import (
    CUSTOMER,
    INTEGRATION,
    OTHER_RESELLER,
    RESELLER,
    SUCCESS,
    Known,
    events_of,
    known,
    state_after,
)

NOW = "2026-03-10"
ORDERED = ordered(8, on="2026-01-01", reseller={"id": "res-1"})
YEARLY_IN_MONTHS = ordered(8, on="2026-01-01", term="P1Y", billing_frequency="P1M", unit_price="120.00")
SCHEDULED = of("NextTermScheduled", "2026-03-01", quantity=20)


def active(*more: Event) -> Known:
    return known(ORDERED, *more, at=NOW)


def test_more_licences_count_from_what_is_held() -> None:
    decided = active(of("LicensesChanged", "2026-03-10T11:59:59Z", quantity=13)).when(ChangeQuantity(change=3))

    assert events_of(decided) == [("LicensesChanged", {"quantity": 16})]
    assert state_after(decided)["quantity"] == 16
    assert decided.appending[0].stream_id == "subscription-sub-1"


@pytest.mark.parametrize("told", ["2026-03-10T12:00:00Z", "2026-03-10T12:00:02Z", "2026-03-10T12:04:00Z"])
def test_what_upstream_said_with_a_clock_that_is_ahead_counts_too(told: str) -> None:
    decided = active(of("LicensesChanged", told, quantity=13)).when(ChangeQuantity(change=3))

    assert events_of(decided) == [("LicensesChanged", {"quantity": 16})]
    assert state_after(decided)["quantity"] == 16


def test_fewer_licences_and_a_new_total_are_the_same_event() -> None:
    assert events_of(active().when(ChangeQuantity(change=-3))) == events_of(active().when(ChangeQuantity(quantity=5)))


def test_a_total_that_is_held_already_changes_nothing() -> None:
    decided = active().when(ChangeQuantity(quantity=8))

    assert decided.appending == ()
    assert decided.body["events"] == []
    assert state_after(decided)["quantity"] == 8


def test_more_than_all_licences_cannot_be_taken_off() -> None:
    assert "holds 8 licences, so 9 cannot be taken off: cancel it" in active().refused(ChangeQuantity(change=-9))


def test_no_licences_are_no_change() -> None:
    assert "cancel subscription sub-1 instead" in active().refused(ChangeQuantity(change=-8))


def test_a_change_is_scheduled_without_a_billing_plan() -> None:
    decided = active().when(ChangeQuantity(quantity=5, effective_at="2026-04-15"))

    assert events_of(decided) == [("LicensesChanged", {"quantity": 5, "effective_at": "2026-04-15"})]
    assert state_after(decided)["quantity"] == 8


def test_a_scheduled_change_is_counted_from_what_is_held_then() -> None:
    scheduled = of("LicensesChanged", "2026-03-01", quantity=10, effective_at="2026-04-01")

    decided = active(scheduled).when(ChangeQuantity(change=1, effective_at="2026-04-15"))

    assert events_of(decided)[0][1]["quantity"] == 11


def test_with_a_billing_plan_a_change_is_executed_immediately_or_not_at_all() -> None:
    now = known(YEARLY_IN_MONTHS, at=NOW)

    assert events_of(now.when(ChangeQuantity(change=1))) == [("LicensesChanged", {"quantity": 9})]
    refused = now.refused(ChangeQuantity(change=1, effective_at="2026-04-15"))
    assert "scheduled for 2026-04-15, but with a billing plan a change of seats is executed immediately" in refused


def test_a_reduction_outside_the_vendors_window_names_the_date_it_closed() -> None:
    nce = known(ordered(8, on="2026-03-01T09:00:00Z", nce=True), at="2026-03-09T09:00:00Z")

    assert "the window of the others closed on 2026-03-08 at 09:00 UTC" in nce.refused(ChangeQuantity(change=-1))


@pytest.mark.parametrize("mode", ["immediate", "end_of_cycle", "end_of_term"])
def test_a_cancellation_now_with_the_cycle_or_with_the_term(mode: str) -> None:
    decided = active().when(Cancel.model_validate({"mode": mode}))

    assert events_of(decided) == [("SubscriptionCanceled", {"mode": mode})]
    assert state_after(decided)["status"] == ("canceled" if mode == "immediate" else "active")


def test_what_is_canceled_already_is_not_canceled_again() -> None:
    ends = of("SubscriptionCanceled", "2026-03-01", mode="end_of_cycle")

    assert "is canceled already with effect from 2026-04-01" in active(ends).refused(Cancel(mode="end_of_term"))


def test_a_suspension_and_its_end() -> None:
    suspended = of("SubscriptionSuspended", "2026-03-01")

    assert events_of(active().when(Suspend())) == [("SubscriptionSuspended", {})]
    assert state_after(active().when(Suspend()))["status"] == "suspended"
    assert active(suspended).when(Suspend()).appending == ()
    assert events_of(active(suspended).when(Reactivate())) == [("SubscriptionReactivated", {})]
    assert active().when(Reactivate()).appending == ()


def test_auto_renew_is_turned_off_and_on() -> None:
    off = of("AutoRenewChanged", "2026-03-01", auto_renew=False)

    assert state_after(active().when(SetAutoRenew(auto_renew=False)))["auto_renew"] is False
    assert active(off).when(SetAutoRenew(auto_renew=False)).appending == ()
    assert active().when(SetAutoRenew(auto_renew=True)).appending == ()


def test_auto_renew_on_takes_a_scheduled_cancellation_back() -> None:
    ends = of("SubscriptionCanceled", "2026-03-01", mode="end_of_cycle")

    assert events_of(active(ends).when(SetAutoRenew(auto_renew=True))) == [("AutoRenewChanged", {"auto_renew": True})]


def test_an_edited_price_with_installments_waits_for_the_renewal() -> None:
    now = known(YEARLY_IN_MONTHS, at=NOW)

    decided = now.when(EditPricing(unit_price=Decimal("114.00"), applies="next_term"))
    assert state_after(decided)["unit_price"] == "10.00"
    refused = now.refused(EditPricing(unit_price=Decimal("114.00"), applies="current_cycle"))
    assert "running installments keep their price: edit that of the next term instead" in refused


def test_nothing_edited_is_refused() -> None:
    assert active().refused(EditPricing(applies="next_term")).startswith("nothing is edited")


def test_protection_is_activated() -> None:
    assert events_of(active().when(ActivateProtection())) == [("PriceProtectionActivated", {})]


def test_what_is_scheduled_for_the_next_term_can_be_discarded() -> None:
    assert events_of(active().when(ScheduleNextTerm(quantity=20))) == [("NextTermScheduled", {"quantity": 20})]
    assert events_of(active(SCHEDULED).when(DiscardNextTerm())) == [("NextTermDiscarded", {})]
    assert active().refused(DiscardNextTerm()).startswith("nothing is scheduled for the next term")


def test_a_suspended_subscription_schedules_no_next_term() -> None:
    suspended = of("SubscriptionSuspended", "2026-03-01")

    assert "only for an active subscription" in active(suspended).refused(ScheduleNextTerm(quantity=20))


@pytest.mark.parametrize(
    "request_", [ChangeQuantity(change=1), SetAutoRenew(auto_renew=False), Suspend(), Cancel(mode="immediate")]
)
def test_a_pending_instruction_holds_a_reseller_back_and_no_distributor(request_: Request) -> None:
    pending = active(SCHEDULED)

    refused = pending.asked_by(RESELLER).refused(request_)
    assert refused == (
        "a change is scheduled for the next term of sub-1 since 2026-03-01: discard it first, then ask again"
    )
    assert pending.asked_by(SUCCESS).when(request_).appending != ()


PRODUCT = event(
    "ProductDefined",
    "2026-01-01",
    {
        "id": "e3",
        "prices": [
            {"currency": "EUR", "term": "P1M", "billing_frequency": "P1M", "unit_price": "20.00", "unit_cost": "15.00"},
            {"currency": "EUR", "term": "P1Y", "billing_frequency": "P1M", "unit_price": "220.00"},
        ],
        "billing_plans": ["P1M"],
    },
)


def enabled(scope: str, scope_id: str | None = None) -> Event:
    said = {"scope": scope, "key": "billing_plans_enabled", "value": True, "effective_from": "2026-01-01"}
    return event("SettingChanged", "2026-01-01", said if scope_id is None else {**said, "scope_id": scope_id})


def test_an_upgrade_costs_the_list_price_of_the_new_product() -> None:
    decided = active(PRODUCT).when(Convert(product="e3", quantity=10))

    assert events_of(decided) == [
        (
            "SubscriptionConverted",
            {"product": {"id": "e3"}, "unit_price": "20.00", "unit_cost": "15.00", "quantity": 10},
        )
    ]
    assert state_after(decided)["product"] == "e3"


def test_an_upgrade_to_a_plan_without_a_price_of_its_own_costs_what_it_costs_at_once() -> None:
    at_once = {"currency": "EUR", "term": "P3Y", "billing_frequency": "P3Y", "unit_price": "600.00"}
    product = event("ProductDefined", "2026-01-01", {"id": "e5", "prices": [at_once], "billing_plans": ["P1M"]})
    now = active(product, enabled("organisation"), enabled("reseller", "res-1"))

    decided = now.when(Convert.model_validate({"product": "e5", "term": "P3Y", "billing_frequency": "P1M"}))

    ((_, said),) = events_of(decided)
    assert said["unit_price"] == "600.00"


def test_without_a_list_price_an_upgrade_needs_one() -> None:
    assert active().refused(Convert(product="e5")) == (
        "product e5 has no list price in EUR for the term P1M: give unit_price, or the product a list price "
        "for that first"
    )


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([], "billing plans are not enabled for the organisation"),
        ([enabled("organisation")], "billing plans are not enabled for res-1"),
        ([enabled("organisation"), enabled("reseller", "res-2")], "billing plans are not enabled for res-1"),
        ([enabled("reseller", "res-1")], "billing plans are not enabled for the organisation"),
    ],
)
def test_a_plan_is_chosen_only_where_all_three_levels_enable_it(said: list[Event], reason: str) -> None:
    asked = Convert.model_validate({"product": "e3", "term": "P1Y", "billing_frequency": "P1M"})

    assert reason in active(PRODUCT, *said).refused(asked)
    everywhere = active(PRODUCT, enabled("organisation"), enabled("reseller", "res-1"))
    assert state_after(everywhere.when(asked))["billing_plan"] == "Monthly"


def test_a_plan_that_the_product_does_not_list_is_not_offered() -> None:
    now = active(PRODUCT, enabled("organisation"), enabled("customer", "cus-1"))

    asked = {"product": "e3", "term": "P1Y", "billing_frequency": "P3M", "unit_price": "220.00"}
    refused = now.refused(Convert.model_validate(asked))
    assert refused == (
        "subscription sub-1: the billing plan P3M cannot be chosen: product e3 offers P1M; choose from these, or add "
        "it to the product's billing_plans"
    )


def test_the_billing_plan_of_three_years_is_switched() -> None:
    three_years = ordered(1, on="2026-01-01", term="P3Y", billing_frequency="P1M", unit_price="3600.00")
    product = event("ProductDefined", "2026-01-01", {"id": "office", "billing_plans": ["P1M", "P1Y"]})
    now = known(three_years, product, enabled("organisation"), enabled("customer", "cus-1"), at=NOW)

    decided = now.when(ChangeBillingPlan.model_validate({"billing_frequency": "P1Y"}))

    assert events_of(decided) == [("BillingPlanChanged", {"billing_frequency": "P1Y"})]


EVERY_REQUEST: list[Request] = [
    ChangeQuantity(change=1), Cancel(mode="immediate"), Suspend(), SetAutoRenew(auto_renew=False),
    EditPricing(unit_price=Decimal(9), applies="next_term"), ActivateProtection(), ScheduleNextTerm(quantity=3),
    Convert(product="e3", unit_price=Decimal(20)),
]  # fmt: skip


# That a term does not renew is so already of one that has expired.
OF_AN_ENDED: list[Request] = [
    SetAutoRenew(auto_renew=True) if isinstance(one, SetAutoRenew) else one for one in EVERY_REQUEST
]


@pytest.mark.parametrize("request_", OF_AN_ENDED, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(
    ("ended", "word"),
    [
        pytest.param([of("SubscriptionCanceled", "2026-02-10", mode="immediate")], "was canceled", id="canceled"),
        pytest.param([of("AutoRenewChanged", "2026-02-10", auto_renew=False)], "expired", id="expired"),
    ],
)
def test_what_has_ended_is_not_changed(request_: Request, ended: list[Event], word: str) -> None:
    refused = active(*ended).refused(request_)

    assert f"after subscription sub-1 {word} with effect from" in refused


@pytest.mark.parametrize("request_", EVERY_REQUEST, ids=lambda one: type(one).__name__)
def test_what_does_not_exist_is_not_found(request_: Request) -> None:
    assert known(at=NOW).refused(request_, "not-found") == "there is no subscription 'sub-1'"


@pytest.mark.parametrize("request_", EVERY_REQUEST, ids=lambda one: type(one).__name__)
def test_what_has_not_begun_is_not_changed_yet(request_: Request) -> None:
    later = known(ordered(8, on="2026-04-01", known="2026-03-01"), at=NOW)

    assert "subscription sub-1 starts on 2026-04-01: nothing of it can be changed" in later.refused(request_)


def test_a_subscription_whose_order_was_refused_says_why() -> None:
    refused = ordered(8, on="2026-01-01", term="P1Y", billing_frequency="P5M")

    sentence = known(refused, at=NOW).refused(ChangeQuantity(change=1), "not-found")
    assert sentence.startswith("subscription 'sub-1' was never brought into being: item sub-1: billing_frequency P5M")


@pytest.mark.parametrize("request_", EVERY_REQUEST, ids=lambda one: type(one).__name__)
def test_what_is_anothers_is_not_there(request_: Request) -> None:
    sentence = active().asked_by(OTHER_RESELLER).refused(request_, "not-found")

    assert sentence == known(at=NOW).refused(request_, "not-found")


@pytest.mark.parametrize("request_", EVERY_REQUEST, ids=lambda one: type(one).__name__)
def test_a_customer_reads_and_changes_nothing(request_: Request) -> None:
    assert "may not change subscriptions" in active().asked_by(CUSTOMER).refused(request_, "forbidden")


@pytest.mark.parametrize(
    "request_",
    [
        EditPricing(unit_price=Decimal(1), applies="next_term"),
        ActivateProtection(),
        Convert(product="e3", unit_price=Decimal(1)),
        ChangeQuantity(quantity=5, billing="none"),
        ChangeQuantity(quantity=5, effective_at="2026-02-01"),
        Cancel(mode="immediate", effective_at="2026-02-01"),
    ],
)
def test_a_reseller_sets_no_price_and_changes_no_past(request_: Request) -> None:
    active().asked_by(RESELLER).refused(request_, "forbidden")
    assert active(PRODUCT).asked_by(INTEGRATION).when(request_).appending != ()


NCE = ordered(8, on="2026-03-03T12:00:00Z", nce=True, reseller={"id": "res-1"})


def test_a_date_of_today_means_now_for_who_may_not_backdate() -> None:
    """176 hours after the purchase; at today's midnight the window of 168 hours had been open."""
    late = known(NCE, at="2026-03-10T20:00:00Z")

    today = ChangeQuantity(change=-3, effective_at="2026-03-10")
    assert "closed on 2026-03-10 at 12:00 UTC" in late.asked_by(RESELLER).refused(today)
    assert late.asked_by(SUCCESS).when(today).appending != ()


def test_more_licences_than_there_can_be_are_refused() -> None:
    assert "are more than the 1,000,000,000 that there can be: ask for fewer" in active().refused(
        ChangeQuantity(change=1_000_000_000)
    )


def test_a_conversion_to_what_it_is_already_is_none() -> None:
    assert "is of office with these terms already" in active().refused(Convert(product="office"))


def test_with_a_billing_plan_a_conversion_schedules_no_other_number_of_licences() -> None:
    now = known(YEARLY_IN_MONTHS, at=NOW)

    later = Convert(product="e3", unit_price=Decimal(240), quantity=20, effective_at="2026-06-01")
    assert "a change of licences is executed immediately" in now.refused(later)


def test_another_term_that_would_be_paid_in_installments_has_to_be_offered() -> None:
    yearly = known(ordered(8, on="2026-01-01", term="P1Y", unit_price="120.00"), at=NOW)
    asked = ScheduleNextTerm.model_validate({"term": "P3Y", "billing_frequency": "P1Y"})

    assert yearly.refused(asked).startswith("subscription sub-1: the billing plan P1Y cannot be chosen")
    # One that is billed in months today would go on so over three years.
    in_months = known(YEARLY_IN_MONTHS, at=NOW)
    assert in_months.refused(ScheduleNextTerm.model_validate({"term": "P3Y"})).startswith(
        "subscription sub-1: the billing plan P1M cannot"
    )
    # What stays was not chosen.
    assert in_months.when(ScheduleNextTerm(quantity=9)).appending != ()


def test_a_conversion_keeps_a_plan_only_where_the_new_product_offers_it() -> None:
    now = known(YEARLY_IN_MONTHS, PRODUCT, at=NOW)

    assert now.refused(Convert(product="e3")).startswith("subscription sub-1: the billing plan P1M cannot be chosen")
    enabled_now = known(YEARLY_IN_MONTHS, PRODUCT, enabled("organisation"), enabled("customer", "cus-1"), at=NOW)
    assert state_after(enabled_now.when(Convert(product="e3")))["billing_plan"] == "Monthly"


def test_a_version_that_is_no_longer_true_is_refused() -> None:
    read = active()
    version = read.when(Reactivate()).etag

    assert read.when(ChangeQuantity(change=1), if_match=version).etag != version
    later = active(of("LicensesChanged", "2026-03-10T11:00:00Z", quantity=9))
    assert "has changed since version" in later.refused(ChangeQuantity(change=1), "outdated", if_match=version)


def test_commands_of_one_session_see_each_other() -> None:
    now = active()
    session = now.session()

    decided = [session.decide(now.asking(ChangeQuantity(change=2))) for _ in range(3)]

    assert [state_after(one)["quantity"] for one in decided] == [10, 12, 14]
    assert [one.appending[0].expected for one in decided] == [0, 1, 2]
